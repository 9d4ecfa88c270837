"""The audit log, read and shown to be whole: seals, their check, the page and its export."""

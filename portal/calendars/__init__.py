"""Working calendars: numbered revisions that staff draft, preview and publish."""

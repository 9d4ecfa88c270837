"""Receipts anyone can verify: their pages, their paper, their keys."""

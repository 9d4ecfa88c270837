"""Receipts: issued, checked, refused."""

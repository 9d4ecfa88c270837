"""Notices: announced, changed, told."""

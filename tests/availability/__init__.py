"""Availability: looked at, kept, counted."""

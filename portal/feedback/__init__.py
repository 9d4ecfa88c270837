"""Complaints, suggestions, comments, thanks and anonymous tips."""

"""Measurements: ``make bench`` serves the portal on a port of its own and prints the figures as Markdown."""

"""Planned outages and incidents: announced, shown, told, measured. Their state follows from the clock."""

"""What each day added up to, and how the installation is: for those who run it."""

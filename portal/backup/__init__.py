"""A backup of the whole place in one encrypted file, and a place made anew from it."""

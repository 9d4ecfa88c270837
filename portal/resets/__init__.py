"""New passwords that an admin helps with and nobody but the person learns; invitations; recovery on the console."""

"""People who sign in: their accounts and how they come in and out."""

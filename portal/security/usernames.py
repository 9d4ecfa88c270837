"""How user names are kept and found. Pure."""

from __future__ import annotations

import unicodedata

from portal.security import passwords


def username_key(username: str) -> str:
    """How a user name is kept and found: keyboards, capitals and spaces around it make no difference."""
    return passwords.folded(unicodedata.normalize("NFKC", username).casefold()).strip()

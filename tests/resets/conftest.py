"""Passwords and codes are hashed at almost no price here, and people of every kind are at hand."""

from __future__ import annotations

from tests.accounts.conftest import cheap_hashing, full_price  # noqa: F401

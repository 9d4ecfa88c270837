"""Accounts are made and signed in to dozens of times here: at full price that would take most of the run."""

import pytest
from argon2 import PasswordHasher

from portal.security import passwords


@pytest.fixture
def full_price() -> None:
    """Ask for this where the price of a password is what is tested."""


@pytest.fixture(autouse=True)
def cheap_hashing(request, monkeypatch):
    if "full_price" not in request.fixturenames:
        monkeypatch.setattr(passwords, "_hasher", PasswordHasher(memory_cost=64, time_cost=2, parallelism=1))
        monkeypatch.setattr(passwords, "MEMORY_KIB", 64)

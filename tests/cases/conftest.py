"""What every test of cases finds: nothing remembered of guesses in the test before."""

import pytest

from portal.security import misses


@pytest.fixture(autouse=True)
def no_guesses_yet(monkeypatch):
    monkeypatch.setattr(misses, "_memory", misses._Memory())

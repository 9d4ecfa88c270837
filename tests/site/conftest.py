"""Services as the sample files have them."""

from __future__ import annotations

import pytest

from portal.services.actions import load_samples
from tests.conftest import OPENED


@pytest.fixture
async def samples(db):
    await load_samples(OPENED)

"""What tests of availability share: the sample services."""

import pytest_asyncio

from portal.services.actions import load_samples
from tests.conftest import OPENED


@pytest_asyncio.fixture
async def samples(db):
    await load_samples(OPENED)

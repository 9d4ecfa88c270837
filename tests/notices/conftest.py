"""What tests of notices share: the sample services, a clerk of every unit."""

import pytest_asyncio

from portal.services.actions import load_samples
from tests.conftest import OPENED
from tests.support.browser import works_everywhere


@pytest_asyncio.fixture
async def samples(db):
    await load_samples(OPENED)


@pytest_asyncio.fixture
async def desk(samples, clerk):
    """A clerk of every unit."""
    await works_everywhere()
    return clerk

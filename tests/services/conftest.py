"""Services as the sample files have them."""

from __future__ import annotations

import pytest

from tests.support.browser import client_of, signed_in


@pytest.fixture
async def manager(db, application):
    async with client_of(application) as client:
        yield await signed_in(client, "zahra", "manager")


@pytest.fixture
async def other(db, application):
    async with client_of(application) as client:
        yield await signed_in(client, "hamid", "manager")

"""Fill the database that the environment names: ``python -m tests.faults.filled N``, for so many cases."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

from bench import stories
from bench.generate import Place, fill
from db.engine import close_pool, open_pool
from portal import demo_feedback, signing
from portal.services.actions import load_samples
from tests.cases.factories import KEY
from tests.conftest import NOON

OPENED = NOON - stories.SPAN - timedelta(days=90)


async def filled(owner_url: str, n: int, folder: Path) -> None:
    """So many cases are there as a desk has them after two years."""
    await open_pool(4)
    await load_samples(OPENED)
    await demo_feedback.offices(OPENED)
    signing.keep_in(folder)
    await fill(Place(owner_url, folder, KEY), n, processes=1, now=NOON)
    await close_pool()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        asyncio.run(filled(os.environ["PORTAL_DATABASE_OWNER_URL"], int(sys.argv[1]), Path(made)))

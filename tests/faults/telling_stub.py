"""A worker process that tells in small batches: ``python -m tests.faults.telling_stub``."""

from __future__ import annotations

import asyncio
import os
from datetime import datetime

from portal import settings, worker
from portal.cases import rules
from portal.courier import courier_of
from portal.notices import mailings, telling
from portal.templating import MailTemplates


async def tell(now: datetime) -> None:
    await telling.tell_due(("mail",), now=now, batch=int(os.environ["TELLING_BATCH"]))


if __name__ == "__main__":
    chosen = settings.load()
    courier = courier_of(chosen, MailTemplates(chosen, rules.NAMES).render)
    asyncio.run(worker.work(courier, asyncio.Event(), {mailings.JOB: ("* * * * *", tell)}))

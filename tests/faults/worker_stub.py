"""A worker process whose mails all say the same: ``python -m tests.faults.worker_stub``."""

from __future__ import annotations

import asyncio

import msgspec

from portal import settings, worker
from portal.courier import courier_of


class Words(msgspec.Struct, frozen=True):
    subject: str = "Registered"
    text: str = "Registered"
    html: str = "<p>Registered</p>"


if __name__ == "__main__":
    chosen = settings.load()
    courier = courier_of(chosen, lambda *_: Words())
    asyncio.run(worker.work(courier, asyncio.Event()))

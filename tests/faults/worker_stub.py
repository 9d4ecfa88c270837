"""A worker process whose mails all say the same: ``python -m tests.faults.worker_stub``.

Its patience with a silent mail server and what it does by the clock can be set from outside.
"""

from __future__ import annotations

import asyncio
import os
from datetime import datetime

import httpx
import msgspec

from portal import outward, settings, smtp, worker
from portal.courier import courier_of
from portal.notices import webhooks
from portal.notices.feeds import Site
from portal.ticks import Ticks, ticks_of

EVERY_FIVE_SECONDS = "* * * * * */5"


class Words(msgspec.Struct, frozen=True):
    subject: str = "Registered"
    text: str = "Registered"
    html: str = "<p>Registered</p>"


def ticks_by(chosen: settings.Settings) -> Ticks:
    """The virus scanner and the webhooks every few seconds, where a scanner is set up; the peer is at a socket."""
    if not chosen.clamd:
        return {}

    async def resolve(host: str, port: int) -> list[str]:
        return ["93.184.215.14"]

    async def tell_webhooks(now: datetime) -> None:
        transport = httpx.AsyncHTTPTransport(uds=os.environ["PEER"])
        async with httpx.AsyncClient(timeout=outward.PATIENCE, transport=transport) as client:
            await webhooks.tell(Site(chosen.base_url, chosen.zone), client=client, resolve=resolve, now=now)

    _each_minute, scan = ticks_of(chosen)["scan"]
    return {"scan": (EVERY_FIVE_SECONDS, scan), "webhooks": (EVERY_FIVE_SECONDS, tell_webhooks)}


if __name__ == "__main__":
    smtp.VERDICT_SECONDS = float(os.environ.get("VERDICT_SECONDS", smtp.VERDICT_SECONDS))
    chosen = settings.load()
    courier = courier_of(chosen, lambda *_: Words())
    asyncio.run(worker.work(courier, asyncio.Event(), ticks_by(chosen)))

"""Notices of the running demo, changed from outside: ``python -m tests.browser.announcing begin …``."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from datetime import UTC, datetime, timedelta

from db.engine import close_pool, open_pool
from portal import serve, settings
from portal.i18n import Words
from tests.browser.demo import ROOT, Demo

SERVICE = "resource-monitoring"
TITLE = {"fa": "کار روی سرورها", "en": "Work on the servers"}
HOUR = timedelta(hours=1)
LONG = timedelta(days=400)
# In SQL: as if it had been posted so much earlier, and all that is due were told by now.
_EARLIER = """
    UPDATE notice SET starts_at = starts_at - {}::interval, ends_at = ends_at - {}::interval,
        published_at = published_at - {}::interval, announced_at = announced_at - {}::interval,
        started_at = started_at - {}::interval, finished_at = finished_at - {}::interval,
        cancelled_at = cancelled_at - {}::interval
    WHERE {} IN (0, no)
"""
_DUE_EARLIER = """
    UPDATE notice_mailing SET due_at = due_at - {}::interval
    WHERE notice IN (SELECT id FROM notice WHERE {} IN (0, no))
"""
_TELL = "INSERT INTO pgqueuer (priority, entrypoint, status) VALUES (1, 'tell', 'queued')"


def announce(demo: Demo, *what: str) -> str:
    """``begin``: an outage that began four hours ago is on, nothing else is; the answer is its number.

    ``another``: one more is on. ``end <no>``: it was over an hour after its beginning. ``pass <no> <hours>``: so much
    time has passed for the notice. ``clear``: whatever was announced is long over.
    """
    command = [sys.executable, "-m", "tests.browser.announcing", *what]
    done = subprocess.run(command, cwd=ROOT, env=demo.environ, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout.strip()


async def _do(what: str, no: int, hours: float) -> None:
    await open_pool(1)
    match what:
        case "begin":
            await _pass(0, LONG)
            print(await _begin(datetime.now(UTC)))
        case "another":
            print(await _begin(datetime.now(UTC)))
        case "end":
            await _end(no, datetime.now(UTC))
        case "pass":
            await _pass(no, hours * HOUR)
        case "clear":
            await _pass(0, LONG)
    await close_pool()


async def _begin(now: datetime) -> int:
    from portal.notices import actions
    from portal.notices.drafts import Draft, Saying

    words = Words(**TITLE)
    saying = Saying(title=words, body=words, services={SERVICE: "unavailable"})
    draft = Draft(kind="planned", saying=saying, starts_at=now - 4 * HOUR, ends_at=now + 2 * HOUR)
    return await actions.post(draft, by=None, now=now - 80 * HOUR)


async def _end(no: int, now: datetime) -> None:
    from portal.notices import actions, queries

    notice = await queries.notice(no)
    assert notice is not None
    await actions.end(no, finished_at=notice.begins + HOUR, seen=notice.version, by=None, now=now)


async def _pass(no: int, span: timedelta) -> None:
    from db.notices import Notice

    await Notice.raw(_EARLIER, *[span] * 7, no)
    await Notice.raw(_DUE_EARLIER, span, no)
    await Notice.raw(_TELL)


if __name__ == "__main__":
    asked, number, passed = [*sys.argv[1:], "0", "0"][:3]
    with serve.database(settings.load()):
        asyncio.run(_do(asked, int(number), float(passed)))

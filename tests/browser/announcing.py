"""An outage of a service of the running demo, posted from outside: ``python -m tests.browser.announcing begin|end``."""

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


def announce(demo: Demo, what: str) -> None:
    """The outage that began four hours ago is on, or was over an hour after its beginning."""
    command = [sys.executable, "-m", "tests.browser.announcing", what]
    subprocess.run(command, cwd=ROOT, env=demo.environ, check=True, capture_output=True)


async def _do(what: str) -> None:
    from portal.notices import actions, queries
    from portal.notices.drafts import Draft, Saying

    await open_pool(1)
    now = datetime.now(UTC)
    if what == "begin":
        words = Words(**TITLE)
        saying = Saying(title=words, body=words, services={SERVICE: "unavailable"})
        draft = Draft(kind="planned", saying=saying, starts_at=now - 4 * HOUR, ends_at=now + 2 * HOUR)
        await actions.post(draft, by=None, now=now - 80 * HOUR)
    else:
        notice = next(one for one in await queries.current(now=now) if one.title.en == TITLE["en"])
        over = notice.begins + HOUR
        await actions.end(notice.no, finished_at=over, seen=notice.version, by=None, now=now)
    await close_pool()


if __name__ == "__main__":
    with serve.database(settings.load()):
        asyncio.run(_do(sys.argv[1]))

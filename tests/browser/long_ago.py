"""A request of long ago in the running demo: ``python -m tests.browser.long_ago waiting|closed <language> <e-mail>``.

Made by the verbs as the clock stood then, so that its history and its dates are what they would be.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from db.accounts import Account
from db.engine import close_pool, open_pool
from portal import codes, serve, settings, signing
from tests.browser.cases import NAME, WORDS, Filed
from tests.browser.demo import ROOT, Demo

SERVICE = "yearbook-qom"
FILED, CLOSED = timedelta(days=60), timedelta(days=50)
"""Before now; the promised times and the days for opening again are over, and the sample services were open."""


async def request_of_long_ago(demo: Demo, what: str, *, language: str, email: str) -> Filed:
    """``waiting``: nobody ever answered it; ``closed``: as done, too long ago to be opened again."""
    command = [sys.executable, "-m", "tests.browser.long_ago", what, language, email]
    run = asyncio.to_thread(
        subprocess.run, command, cwd=ROOT, env=demo.environ, check=True, stdout=subprocess.PIPE, text=True
    )
    number, passcode = (await run).stdout.split()
    return Filed(codes.show_text(int(number)), codes.show_numeric(int(number)), passcode)


async def _make(what: str, language: str, email: str, kept: settings.Settings) -> None:
    from portal.cases import access, actions, desk_actions
    from portal.cases.submission import FilingDraft
    from portal.services.queries import service_by_slug

    await open_pool(1)
    signing.keep_in(kept.data_dir)
    now = datetime.now(UTC)
    service = await service_by_slug(SERVICE, now=now)
    clerk = await Account.select(Account.id).where(Account.username == "staff").first()
    assert service is not None, "the demo has it"
    assert clerk is not None, "the demo has them"
    draft = FilingDraft(
        submission_id=uuid4(),
        audience="citizen",
        contact_name=NAME,
        contact_email=email,
        locale=language,
        body=f"{WORDS} ({email})",
        answers={},
    )
    filed = await actions.file_case(
        draft, service=service, browser="", applicant=None, key=kept.secret_key, now=now - FILED
    )
    await desk_actions.take(filed.case_id, clerk=clerk["id"], seen=1, now=now - FILED)
    if what == "closed":
        ended = {"outcome": "done", "reason": "Everything was sent.", "where_to": ""}
        await desk_actions.close(filed.case_id, clerk=clerk["id"], seen=2, now=now - CLOSED, **ended)
    passcode = await access.start_anew(filed.case_id, key=kept.secret_key, now=now)
    print(filed.number, passcode)
    await close_pool()


if __name__ == "__main__":
    loaded = settings.load()
    with serve.database(loaded):
        asyncio.run(_make(sys.argv[1], sys.argv[2], sys.argv[3], loaded))

"""How long a calendar's change takes to move open cases: ``python -m bench.moving [cases]`` (default 100000).

Prints Markdown. Copies of one case in a database of its own; nobody else works on it meanwhile.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import uuid4

import msgspec

_COPY = """
    WITH made AS (
        INSERT INTO "case" (id, number, service, sla_version, form_version, audience, contact_name, locale, answers,
            body, salt, search_key, state, unit, channel, submission_id, submission_sha256, version, filed_at,
            first_answer_due_at, result_due_at, next_due_at, owed_since, risk_at, next_check_at, changed_at)
        SELECT gen_random_uuid(), 2000000000000000000 + n, service, sla_version, form_version, audience, contact_name,
            locale, answers, body, salt, search_key, state, unit, channel, gen_random_uuid(), submission_sha256,
            version,
            filed_at, first_answer_due_at, result_due_at, next_due_at, owed_since, risk_at, next_check_at, changed_at
        FROM "case", generate_series(1, $1::integer) AS n LIMIT $1
        RETURNING id)
    INSERT INTO case_event (id, "case", n, kind, actor_role, data, text_hash, at, prev_hash, hash)
    SELECT gen_random_uuid(), made.id, e.n, e.kind, e.actor_role, e.data, e.text_hash, e.at, e.prev_hash, e.hash
    FROM case_event e, made
"""


def main() -> None:
    """Fill a database of its own, change the calendar, move the cases, print, clean up."""
    n_cases = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    folder = Path(tempfile.mkdtemp(prefix="rahgir-bench-"))
    os.environ["PORTAL_DATA_DIR"] = str(folder)
    from portal import serve, settings

    try:
        with serve.database(settings.load()) as known:
            asyncio.run(serve.migrate(known))
            for line in asyncio.run(_measure(n_cases)):
                print(line, flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _measure(n_cases: int) -> list[str]:
    from db.engine import atomic, close_pool, connection_of_transaction, open_pool
    from portal.cases import actions, recount
    from portal.services.actions import load_samples
    from portal.services.queries import service_by_slug

    now = datetime.now(UTC)
    await open_pool(2)
    await load_samples(now)
    service = await service_by_slug("yearbook-qom", now=now)
    assert service, "the samples are there"
    draft = actions.FilingDraft(
        submission_id=uuid4(), audience="citizen", agency_name="", contact_name="م", contact_email=None,
        contact_phone="+989000000000", locale="fa", body="…", answers={},
    )  # fmt: skip
    await actions.file_case(draft, service=service, browser="", applicant=None, key=b"k" * 48, now=now)

    @atomic
    async def fill() -> None:
        await connection_of_transaction().execute(_COPY, n_cases)

    await fill()
    n = await _close_a_day(now)
    began, cpu = time.perf_counter(), time.process_time()
    moved = await recount.run(f"{n}:iran-office".encode(), now=datetime.now(UTC))
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    await close_pool()
    return [
        f"{moved:,} open cases moved to a calendar's new revision, {date.today()}, {os.cpu_count()} cores",  # noqa: DTZ011
        "",
        f"- {seconds:.1f} s by the clock, {moved / seconds:,.0f} cases/s; {cpu:.1f} s of processor time in Python",
    ]


async def _close_a_day(now: datetime) -> int:
    """The office's calendar has a next revision with a closed day; its number."""
    from db.calendars import Calendar, CalendarRevision
    from portal.calendars import queries
    from portal.office_hours import Day

    newest = (await queries.newest())["iran-office"]
    days = {**newest.calendar.days, now.date(): Day(en="Smog", fa="آلودگی هوا")}
    document = msgspec.json.encode(msgspec.structs.replace(newest.calendar, days=days)).decode()
    row = await Calendar.select(Calendar.id).where(Calendar.name == "iran-office").first()
    assert row, "the samples have their calendar"
    await CalendarRevision.insert(
        CalendarRevision(calendar=row["id"], n=newest.n + 1, document=document, made_at=now, note="bench")
    )
    return newest.n + 1


if __name__ == "__main__":
    main()

"""What a calendar's change costs: ``python -m bench.moving [cases]`` (default 100000), how long open cases take to move
and how much slower others file meanwhile.

Prints Markdown. Copies of one case in a database of its own. The second move is stopped and goes on every few seconds,
so that filing with and without it is measured side by side, whatever else the machine does.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec

AT_ONCE = 4  # filings under way
WINDOW = 2.0  # seconds with the move, then as many without
_COPY = """
    WITH made AS (
        INSERT INTO "case" (id, number, service, sla_version, form_version, audience, contact_name, contact_email,
            locale, answers, body, salt, search_key, state, unit, channel, submission_id, submission_sha256, version,
            filed_at, first_answer_due_at, result_due_at, next_due_at, owed_since, risk_at, next_check_at, changed_at)
        SELECT uuidv7(), 2000000000000000000 + n, service, sla_version, form_version, audience, contact_name,
            n || '@agency.example', locale, answers, body, salt, search_key, state, unit, channel, gen_random_uuid(),
            submission_sha256, version, filed_at, first_answer_due_at, result_due_at, next_due_at, owed_since, risk_at,
            next_check_at, changed_at
        FROM "case", generate_series(1, $1::integer) AS n LIMIT $1
        RETURNING id)
    INSERT INTO case_event (id, "case", n, kind, actor_role, data, text_hash, at, prev_hash, hash)
    SELECT uuidv7(), made.id, e.n, e.kind, e.actor_role, e.data, e.text_hash, e.at, e.prev_hash, e.hash
    FROM case_event e, made
"""


def main() -> None:
    """Fill a database of its own, change the calendar, move the cases, print, clean up."""
    if sys.argv[1:2] == ["move"]:
        asyncio.run(_only_move(int(sys.argv[2])))
        return
    n_cases = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    folder = Path(tempfile.mkdtemp(prefix="rahgir-bench-"))
    os.environ["PORTAL_DATA_DIR"] = str(folder)
    from portal import serve, settings, signing

    signing.keep_in(folder)
    try:
        with serve.database(settings.load()) as known:
            asyncio.run(serve.migrate(known))
            asyncio.run(_measure(n_cases))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _measure(n_cases: int) -> None:
    from db.engine import atomic, close_pool, connection_of_transaction, open_pool
    from db.outbox import OutboxMessage
    from portal.cases import recount

    now = datetime.now(UTC)
    await open_pool(AT_ONCE + 1)
    file = await _filing(now)
    await file()

    @atomic
    async def fill() -> None:
        await connection_of_transaction().execute(_COPY, n_cases)

    await fill()
    began, cpu = time.perf_counter(), time.process_time()
    moved = await recount.run(await _close_a_day(now, 1), now=datetime.now(UTC))
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    told = await OutboxMessage.count().where(OutboxMessage.template == "cases/mail/recounted")
    print(f"{moved:,} open cases moved to a calendar's new revision, {now.date()}, {os.cpu_count()} cores\n")
    print(f"- {told:,} applicants told", flush=True)
    print(
        f"- {seconds:.1f} s by the clock, {moved / seconds:,.0f} cases/s; {cpu:.1f} s of processor time in Python"
    )
    job = await _close_a_day(now, 2)
    with_move, without = await _side_by_side(file, int(job.partition(b":")[0]))
    slower = 1 - statistics.median(with_move) / statistics.median(without)
    print(
        f"- filings/s, median of {len(with_move)} windows: {statistics.median(without):.0f} alone, "
        f"{statistics.median(with_move):.0f} while cases move ({slower:.0%} fewer)"
    )
    await close_pool()


async def _side_by_side(
    file: Callable[[], Awaitable[object]], revision: int
) -> tuple[list[float], list[float]]:
    """Filings per second in each window: with the move to ``revision`` running, and with it stopped."""
    mover = await asyncio.create_subprocess_exec(sys.executable, "-m", "bench.moving", "move", str(revision))
    await asyncio.sleep(WINDOW)
    rates: tuple[list[float], list[float]] = ([], [])
    while True:
        rates[0].append(await _rate(file))
        if mover.returncode is not None:
            break
        mover.send_signal(signal.SIGSTOP)
        rates[1].append(await _rate(file))
        mover.send_signal(signal.SIGCONT)
    return rates[0][: len(rates[1])], rates[1]


async def _rate(file: Callable[[], Awaitable[object]]) -> float:
    began, n = time.perf_counter(), 0

    async def go_on() -> None:
        nonlocal n
        while time.perf_counter() - began < WINDOW:
            await file()
            n += 1

    await asyncio.gather(*[go_on() for _ in range(AT_ONCE)])
    return n / (time.perf_counter() - began)


async def _filing(now: datetime) -> Callable[[], Awaitable[object]]:
    from portal.cases import actions, submission
    from portal.services.actions import load_samples
    from portal.services.queries import service_by_slug

    await load_samples(now)

    async def file() -> object:
        service = await service_by_slug("yearbook-qom", now=now)
        assert service, "the samples are there"
        draft = submission.FilingDraft(
            submission_id=uuid4(), audience="citizen", agency_name="", contact_name="م",
            contact_email="a@agency.example", contact_phone="+989000000000", locale="fa", body="…", answers={},
        )  # fmt: skip
        return await actions.file_case(
            draft, service=service, browser="", applicant=None, key=b"k" * 48, now=now
        )

    return file


async def _only_move(revision: int) -> None:
    from db.engine import open_pool
    from portal.cases import recount

    await open_pool(2)
    await recount.run(f"{revision}:iran-office".encode(), now=datetime.now(UTC))


async def _close_a_day(now: datetime, ahead: int) -> bytes:
    """The office's calendar has a next revision with one more closed day; the job that moves cases to it."""
    from db.calendars import Calendar, CalendarRevision
    from portal.calendars import queries
    from portal.office_hours import Day

    queries.forget()
    newest: Any = (await queries.newest())["iran-office"]
    closed = now.date() + timedelta(days=ahead)
    days = {**newest.calendar.days, closed: Day(en="Smog", fa="آلودگی هوا")}
    document = msgspec.json.encode(msgspec.structs.replace(newest.calendar, days=days)).decode()
    row = await Calendar.select(Calendar.id).where(Calendar.name == "iran-office").first()
    assert row, "the samples have their calendar"
    await CalendarRevision.insert(
        CalendarRevision(calendar=row["id"], n=newest.n + 1, document=document, made_at=now, note="bench")
    )
    return f"{newest.n + 1}:iran-office".encode()


if __name__ == "__main__":
    main()

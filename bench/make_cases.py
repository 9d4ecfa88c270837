"""Fill a database with cases as a desk has them after some years, to measure on. Never for a database in use.

    python -m bench.make_cases postgresql://owner:…@host/database 200000

Nine in ten cases have ended. Texts come from a vocabulary with a long tail, so that some words are in most
cases and some in a few. Hash chains are not computed, and nobody can open these cases with a passcode.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from db.keys import uuid7
from portal import codes, text

BATCH = 10_000
YEARS = 3
OPEN = ("registered", "in_review", "waiting", "referred", "answered")
ENDED = ("closed", "rejected", "withdrawn")
COMMON = [
    "درخواست",
    "آمار",
    "جمعیت",
    "سالنامه",
    "استان",
    "قم",
    "تهران",
    "نامه",
    "پیوست",
    "اعلام",
    "لطفا",
    "ارسال",
    "گزارش",
    "اداره",
    "سازمان",
]
FIRST = ["مریم", "علی", "زهرا", "رضا", "فاطمه", "حسین", "سارا", "محمد", "نرگس", "امیر", "لیلا", "مهدی"]
LAST = ["احمدی", "رضایی", "محمدی", "کریمی", "موسوی", "جعفری", "حسینی", "صادقی", "رحیمی", "نوری"]
LETTERS = "ابپتثجچحخدذرزسشصضطظعغفقکگلمنوهی"

Row = tuple[Any, ...]


class World:
    """Ids of what cases point at; made when the database has none."""

    def __init__(self, services: list[tuple[UUID, UUID]], clerks: list[UUID]) -> None:
        self.services = services
        self.clerks = clerks


class Draw:
    """Random choices of one run, and the words it may use."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        lengths = self.random.choices(range(4, 9), k=30_000)
        self.rare = ["".join(self.random.choices(LETTERS, k=length)) for length in lengths]

    def words(self, n: int) -> str:
        common = self.random.choices(COMMON, k=n // 2)
        # Low places come up far more often: a long tail as in real texts.
        rare = [self.rare[int(self.random.random() ** 3 * len(self.rare))] for _ in range(n - n // 2)]
        return " ".join(common + rare)

    def name(self) -> str:
        return f"{self.random.choice(FIRST)} {self.random.choice(LAST)} {self.random.choice(self.rare)}"

    def past(self, now: datetime, longest: timedelta) -> datetime:
        return now - longest * self.random.random()


async def make(url: str, n: int, *, now: datetime) -> None:
    """``n`` more cases with their events and messages are in the database, and its statistics are fresh."""
    connection = await asyncpg.connect(url)
    try:
        world = await _world(connection, now)
        draw = Draw(n)
        for start in range(0, n, BATCH):
            await _copy(connection, world, draw, min(BATCH, n - start), now)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


async def _copy(connection: Any, world: World, draw: Draw, n: int, now: datetime) -> None:
    cases = [_case(world, draw, now) for _ in range(n)]
    async with connection.transaction():
        await _copy_rows(connection, "case", cases)
        worked_on = [{"id": uuid7(), "case": case["id"], "unit": case["unit"]} for case in cases]
        await _copy_rows(connection, "case_unit", worked_on)
        events = [event for case in cases for event in _events(case, world, draw)]
        await _copy_rows(connection, "case_event", events)
        await _copy_rows(connection, "message", list(_messages(events, draw)))


async def _copy_rows(connection: Any, table: str, rows: list[dict[str, Any]]) -> None:
    columns = list(rows[0])
    records = [tuple(row.values()) for row in rows]
    await connection.copy_records_to_table(table, columns=columns, records=records)


def _case(world: World, draw: Draw, now: datetime) -> dict[str, Any]:
    service, unit = draw.random.choice(world.services)
    number, name, body = codes.new_number(), draw.name(), draw.words(30)
    ended = draw.random.random() < 0.9
    state = draw.random.choice(ENDED if ended else OPEN)
    filed = draw.past(now, timedelta(days=365 * YEARS) if ended else timedelta(days=12))
    due = filed + timedelta(days=draw.random.choice((1, 3, 7, 15)))
    waits = state in ("registered", "in_review", "referred")
    mobile = f"+989{draw.random.randrange(10**9):09}"
    return {
        "id": uuid7(),
        "number": number,
        "service": service,
        "audience": "citizen",
        "agency_name": "",
        "contact_name": name,
        "contact_email": f"person{draw.random.randrange(10**6)}@example.org",
        "contact_phone": mobile,
        "locale": "fa",
        "answers": "{}",
        "body": body,
        "search_key": text.search_key(f"{name} {body}"),
        "state": state,
        "unit": unit,
        "assignee": None if state == "registered" else draw.random.choice(world.clerks),
        "channel": "portal",
        "submission_id": uuid7(),
        "submission_sha256": "0" * 64,
        "version": 1 if state == "registered" else 4,
        "filed_at": filed,
        "owed_since": filed,
        "result_due_at": due,
        "first_answer_due_at": due,
        "next_due_at": due if waits else None,
        "risk_at": filed + (due - filed) * 3 / 4 if waits else None,
        "changed_at": filed,
    }


def _events(case: dict[str, Any], world: World, draw: Draw) -> Iterator[dict[str, Any]]:
    kinds = ["filed", "taken", "noted", case["state"]] if case["version"] > 1 else ["filed"]
    for n, kind in enumerate(kinds, 1):
        yield {
            "id": uuid7(),
            "case": case["id"],
            "n": n,
            "kind": kind,
            "actor_role": "applicant" if n == 1 else "staff",
            "actor": None if n == 1 else draw.random.choice(world.clerks),
            "data": "{}",
            "at": case["filed_at"] + timedelta(hours=n - 1),
            "prev_hash": "",
            "hash": "0" * 64,
        }


def _messages(events: list[dict[str, Any]], draw: Draw) -> Iterator[dict[str, Any]]:
    for event in events:
        if event["kind"] in ("noted", "answered", "closed"):
            yield {
                "id": uuid7(),
                "case": event["case"],
                "event": event["id"],
                "direction": "out",
                "visible_to": "staff" if event["kind"] == "noted" else "applicant",
                "body": draw.words(40),
                "salt": "0" * 32,
                "at": event["at"],
            }


async def _world(connection: Any, now: datetime) -> World:
    if not await connection.fetchval("SELECT EXISTS (SELECT FROM service)"):
        await _make_world(connection, now)
    services = await connection.fetch("SELECT id, unit FROM service")
    clerks = await connection.fetch("SELECT id FROM account WHERE role = 'staff'")
    return World([(row["id"], row["unit"]) for row in services], [row["id"] for row in clerks])


async def _make_world(connection: Any, now: datetime) -> None:
    agency = uuid7()
    await connection.execute("INSERT INTO agency VALUES ($1, 'bench', 'نمونه', 'Bench')", agency)
    units = [uuid7() for _ in range(5)]
    for n, unit in enumerate(units):
        await connection.execute(
            "INSERT INTO unit (id, agency, slug, name_fa, name_en) VALUES ($1, $2, $3, 'واحد', 'Unit')",
            unit, agency, f"unit-{n}",
        )  # fmt: skip
        await connection.execute(
            "INSERT INTO service"
            " (id, slug, agency, unit, title_fa, title_en, audience, intake_channels, sheet)"
            " VALUES ($1, $2, $3, $4, 'خدمت', 'Service', '[]', '[]', '{}')",
            uuid7(), f"service-{n}", agency, unit,
        )  # fmt: skip
    for n in range(40):
        await connection.execute(
            "INSERT INTO account (id, username, display_name, role, unit, password_hash, created_at)"
            " VALUES ($1, $2, $3, 'staff', $4, '', $5)",
            uuid7(), f"clerk{n}", f"Clerk {n}", units[n % 5], now,
        )  # fmt: skip


def main() -> None:
    url, n = sys.argv[1], int(sys.argv[2])
    started = time.perf_counter()
    asyncio.run(make(url, n, now=datetime.now(UTC)))
    print(f"{n:,} cases in {time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()

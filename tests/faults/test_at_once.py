"""Many at the same moment: two clerks on one case, hundreds who file where few codes are left."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from itertools import count
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest

from db.cases import Case, Message
from db.outbox import OutboxMessage
from portal import codes
from portal.cases import actions, desk_actions
from portal.cases.events import broken_link, fold
from portal.cases.record import Stale, standing_of
from portal.errors import Conflict
from portal.services.queries import service_by_slug
from tests.cases.factories import KEY, SLUG, a_case, a_clerk, a_draft, a_service
from tests.cases.test_history import history
from tests.conftest import NOON

pytestmark = pytest.mark.fault
CASES, ROUNDS = 20, 10
SPACE, FILED, CLIENTS = 10_000, 600, 12  # as many as there are connections
WAYS = ("inform", "inform", "ask", "answer", "note")


async def write(way: str, case_id: UUID, clerk: UUID, seen: int, words: str) -> tuple[str, str]:
    """What a clerk wrote, and how it ended: accepted, stale (somebody was faster) or over (no longer possible)."""
    verb = getattr(desk_actions, way)
    try:
        await verb(case_id, clerk=clerk, seen=seen, body=words, now=NOON)
    except Stale:
        return words, "stale"
    except Conflict:
        return words, "over"
    return words, "accepted"


async def test_f10_two_clerks_at_once_lose_no_word_of_each_other(committed, measured):
    clerks = [await a_clerk("one"), await a_clerk("other")]
    ended: Counter[str] = Counter()
    for _case in range(CASES):
        case_id = (await a_case(contact_phone=None)).case_id
        kept: list[str] = []
        for _round in range(ROUNDS):
            ways = random.choices(WAYS, k=2)
            seen = await Case.select(Case.version).where(Case.id == case_id).first()
            both = [
                write(way, case_id, clerk, seen["version"], uuid4().hex)
                for way, clerk in zip(ways, clerks, strict=True)
            ]
            outcomes = await asyncio.gather(*both)
            kept += [words for words, how in outcomes if how == "accepted"]
            ended.update(how for _words, how in outcomes)
            # Notes collide with nothing; of two others at most one is accepted, and the other is told.
            if "note" not in ways:
                assert [how for _words, how in outcomes].count("accepted") <= 1
        await nothing_lost(case_id, kept)
    assert ended["accepted"] >= CASES * ROUNDS
    measured(
        "F10",
        f"{CASES * ROUNDS} times two clerks at once: {ended['accepted']} accepted and all there, {ended['stale']} told "
        f"that the other was faster, {ended['over']} that it can't be done any more",
    )


async def nothing_lost(case_id: UUID, kept: list[str]) -> None:
    """The case has every word that was accepted, each once, and a history that fits its row."""
    rows = await Message.select(Message.body).where(Message.case == case_id)
    assert sorted(row["body"] for row in rows) == sorted(kept)
    chain = await history(case_id)
    assert broken_link(chain) is None
    assert len(chain) == len(kept) + 1
    case: Any = await Case.objects().get(Case.id == case_id)
    assert standing_of(case) == fold(event for event, _hash in chain)


async def test_f18_six_hundred_find_a_free_code_where_few_are_left(committed, monkeypatch, measured):
    await a_service()
    service = await service_by_slug(SLUG, now=NOON)
    draws = count(1)

    def few() -> int:
        next(draws)
        return codes.LOWEST + random.randrange(SPACE)

    monkeypatch.setattr(actions, "codes", SimpleNamespace(new_number=few))
    turns = asyncio.Semaphore(CLIENTS)

    async def file() -> int:
        async with turns:
            filed = await actions.file_case(
                a_draft(), service=service, browser="", applicant=None, key=KEY, now=NOON
            )
            return filed.number

    numbers = await asyncio.gather(*[file() for _ in range(FILED)])
    tries = next(draws) - 1
    assert len(set(numbers)) == FILED
    assert await Case.count() == await OutboxMessage.count() == FILED
    assert FILED <= tries <= FILED * actions.MOST_DRAWS
    measured(
        "F18",
        f"{FILED} filed by {CLIENTS} at once in a space of {SPACE}: {FILED} different codes, "
        f"{tries - FILED} drawn anew",
    )

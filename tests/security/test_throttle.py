"""Limits hold across processes, do not touch each other, and end with their window."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from piccolo.engine import engine_finder

from db.throttle import Throttle
from portal.errors import TooMany
from portal.security import throttle

NOON = datetime(2026, 3, 21, 12, tzinfo=UTC)
TEN = timedelta(minutes=10)


async def hits_of(key, window, now):
    """How often ``key`` happened in the present window."""
    return (await throttle.peek_each([key], window, now))[key]


async def hits(key, n, *, now=NOON, limit=3):
    for _ in range(n):
        await throttle.hit(key, limit=limit, window=TEN, now=now)


async def test_one_more_than_the_limit_is_refused_until_the_window_ends(db):
    await hits("a", 3)
    with pytest.raises(TooMany) as refusal:
        await hits("a", 1, now=NOON + timedelta(minutes=2, seconds=0.5))
    assert refusal.value.retry_after == 480
    await hits("a", 1, now=NOON + TEN)


async def test_one_limit_uses_up_no_other(db):
    await hits("a", 3)
    await hits("b", 3)
    assert await hits_of("a", TEN, NOON) == 3
    assert await hits_of("c", TEN, NOON) == 0


async def test_looking_counts_nothing(db):
    await hits("a", 1)
    for _ in range(5):
        assert await hits_of("a", TEN, NOON) == 1


async def test_hits_at_the_same_time_are_all_counted(committed):
    answers = await asyncio.gather(*(hits("a", 1) for _ in range(30)), return_exceptions=True)
    assert sum(isinstance(answer, TooMany) for answer in answers) == 27
    assert await hits_of("a", TEN, NOON) == 30


async def test_a_count_stays_when_the_request_is_rolled_back(committed):
    await hits("a", 1)
    async with engine_finder().transaction() as transaction:
        await transaction.rollback()
    assert await hits_of("a", TEN, NOON) == 1


async def test_old_counters_are_deleted(db):
    await hits("a", 1)
    await hits("a", 1, now=NOON + TEN)
    await throttle.forget_before(NOON + TEN)
    assert await Throttle.count() == 1

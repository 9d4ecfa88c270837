"""Guessing one secret: five free tries, then waits that double to an hour."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from portal.errors import TooMany
from portal.security import attempts

NOON = datetime(2026, 3, 21, 12, tzinfo=UTC)


async def tries(n, *, now=NOON):
    for _ in range(n):
        await attempts.take_turn("k", now=now)


def test_waits_double_from_the_fifth_try_to_an_hour():
    waits = [attempts.wait_after(n).total_seconds() for n in range(4, 15)]
    assert waits == [0, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]
    assert attempts.wait_after(1000) == timedelta(hours=1)


async def test_the_sixth_try_waits_half_a_minute(db):
    await tries(5)
    with pytest.raises(TooMany) as refusal:
        await tries(1, now=NOON + timedelta(seconds=10))
    assert refusal.value.retry_after == 20
    await tries(1, now=NOON + timedelta(seconds=30))


async def test_asking_too_early_makes_the_wait_no_longer(db):
    await tries(5)
    for second in range(1, 30):
        with pytest.raises(TooMany):
            await tries(1, now=NOON + timedelta(seconds=second))
    await tries(1, now=NOON + timedelta(seconds=30))


async def test_the_right_secret_makes_all_tries_free_again(db):
    await tries(5)
    await attempts.forgive("k")
    await tries(5)


async def test_tries_of_yesterday_are_forgotten(db):
    await tries(5)
    await tries(5, now=NOON + timedelta(days=1, minutes=1))


async def test_guessing_all_day_is_less_than_fifty_guesses(db):
    now, n = NOON, 0
    while now < NOON + timedelta(days=1):
        try:
            await tries(1, now=now)
            n += 1
        except TooMany as refusal:
            now += timedelta(seconds=min(refusal.retry_after, 3600))
    assert n < 50


async def test_fifty_tries_at_once_are_not_fifty_guesses(committed):
    answers = await asyncio.gather(*(tries(1) for _ in range(50)), return_exceptions=True)
    assert sum(answer is None for answer in answers) == 5
    assert all(isinstance(answer, TooMany) for answer in answers if answer is not None)

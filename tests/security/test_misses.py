"""Guessed codes: a neighbourhood is slowed down, and a flood asks everybody for proof."""

from datetime import UTC, datetime, timedelta

import pytest

from db.throttle import Throttle
from portal.errors import TooMany
from portal.security import misses, throttle
from portal.security.misses import breaker_open, note_miss, over_limit
from tests.security.test_throttle import hits_of

NOON = datetime(2026, 3, 21, 12, tzinfo=UTC)
HOME, NEIGHBOUR, FAR = "192.0.2.7", "192.0.2.250", "198.51.100.1"


@pytest.fixture(autouse=True)
def fresh_process(monkeypatch):
    """Each test begins as a process that remembers nothing."""
    restart(monkeypatch)


def restart(monkeypatch):
    monkeypatch.setattr(misses, "_memory", misses._Memory())


async def miss(n, address=HOME, *, now=NOON):
    for _ in range(n):
        await note_miss(address, now)


async def test_ten_misses_in_ten_minutes_are_answered_the_next_one_is_not(db):
    await miss(10)
    assert not over_limit(HOME, NOON)
    with pytest.raises(TooMany) as refusal:
        await miss(1, NEIGHBOUR)
    assert refusal.value.retry_after == 600
    assert over_limit(HOME, NOON)
    assert not over_limit(FAR, NOON)
    await miss(1, now=NOON + timedelta(minutes=10))


async def test_thirty_misses_a_day_are_answered(db):
    for step in range(3):
        await miss(10, now=NOON + timedelta(minutes=20 * step))
    with pytest.raises(TooMany) as refusal:
        await miss(1, now=NOON + timedelta(hours=2))
    assert refusal.value.retry_after == 10 * 3600


async def test_a_restarted_process_still_knows_the_limit(db, monkeypatch):
    await miss(10)
    restart(monkeypatch)
    with pytest.raises(TooMany):
        await miss(1)


async def test_a_neighbourhood_over_its_limit_costs_no_more_rows(db):
    await miss(10)
    with pytest.raises(TooMany):
        await miss(1)
    before = await hits_of("code-miss:10m:192.0.2.0/24", timedelta(minutes=10), NOON)
    for _ in range(20):
        with pytest.raises(TooMany):
            await miss(1)
    assert await hits_of("code-miss:10m:192.0.2.0/24", timedelta(minutes=10), NOON) == before


async def flood(n, *, now):
    """``n`` misses noted by this process, all from a neighbourhood that is over its limit."""
    for _ in range(n):
        with pytest.raises(TooMany):
            await miss(1, now=now)


async def test_two_misses_a_second_for_ten_minutes_open_the_breaker(db):
    await miss(10)
    await flood(1190, now=NOON)
    assert not await breaker_open(NOON + timedelta(seconds=2))
    await flood(1, now=NOON + timedelta(seconds=2))
    assert await breaker_open(NOON + timedelta(seconds=4))


async def test_the_breaker_closes_when_the_flood_is_over(db):
    await miss(10)
    await flood(1300, now=NOON)
    assert await breaker_open(NOON + timedelta(seconds=2))
    assert await breaker_open(NOON + timedelta(minutes=9, seconds=50))
    assert not await breaker_open(NOON + timedelta(minutes=10, seconds=11))


async def test_the_misses_of_other_processes_count(db, monkeypatch):
    await miss(10)
    await flood(1300, now=NOON)
    await breaker_open(NOON + timedelta(seconds=2))
    restart(monkeypatch)
    assert await breaker_open(NOON + timedelta(seconds=2))


async def test_the_database_is_asked_at_most_once_a_second(db, monkeypatch):
    asked = []
    within = throttle.within

    async def counted(key, span, now):
        asked.append(now)
        return await within(key, span, now)

    monkeypatch.setattr(throttle, "within", counted)
    for step in range(30):
        await breaker_open(NOON + timedelta(milliseconds=100 * step))
    assert len(asked) == 3


async def test_a_clock_set_back_does_not_silence_the_breaker(db):
    await breaker_open(NOON + timedelta(days=365))
    await Throttle.insert(Throttle(key="code-miss:all", window_start=NOON, hits=5000))
    assert await breaker_open(NOON)


async def test_when_the_database_is_down_no_miss_is_lost(db, monkeypatch):
    async def down(*args, **kwargs):
        raise ConnectionError

    await miss(10)
    await flood(1300, now=NOON)
    with monkeypatch.context() as broken:
        broken.setattr(throttle, "count", down)
        with pytest.raises(ConnectionError):
            await breaker_open(NOON + timedelta(seconds=2))
    assert await breaker_open(NOON + timedelta(seconds=4))

"""Passwords: the right one is known again from any keyboard, and guessing has its price."""

import asyncio
import statistics
import threading
import time

import pytest
from argon2 import PasswordHasher, extract_parameters

from portal.errors import Busy
from portal.security import passwords
from portal.security.passwords import folded, hash_password, needs_rehash, verify, weakness

PHRASE = "صبح بارانی ۱۴۰۵ کتابخانه"


@pytest.fixture(scope="module")
async def kept():
    return await hash_password(PHRASE)


async def test_the_right_password_is_known_again(kept):
    assert await verify(kept, PHRASE)
    assert not await verify(kept, PHRASE + " ")


@pytest.mark.parametrize(
    "typed",
    [
        "صبح باراني ١٤٠٥ كتابخانه",
        "صبح بارانی 1405 کتابخانه",
        "صبح بارانی １４０５ کتابخانه",
    ],
    ids=["Arabic keyboard", "Latin digits", "full-width digits"],
)
async def test_a_password_survives_another_keyboard(kept, typed):
    assert await verify(kept, typed)


async def test_the_cost_is_the_decided_one(kept):
    parameters = extract_parameters(kept)
    assert kept.startswith("$argon2id$")
    assert (parameters.memory_cost, parameters.time_cost, parameters.parallelism) == (65536, 2, 1)
    assert (parameters.salt_len, parameters.hash_len) == (16, 32)


async def test_a_cheaper_hash_is_made_anew(kept):
    assert not needs_rehash(kept)
    assert needs_rehash(PasswordHasher(memory_cost=19456, time_cost=2, parallelism=1).hash(PHRASE))


async def test_nobody_has_no_password():
    assert not await verify(None, PHRASE)
    assert not await verify("", PHRASE)


@pytest.mark.parametrize("stored", ["!", "imported", "رمز"])
async def test_what_is_no_hash_fits_no_password(stored):
    assert not await verify(stored, PHRASE)
    assert not await verify(stored, stored)


async def test_an_unknown_name_costs_the_same_time(kept):
    async def seconds(stored):
        began = time.process_time()
        await verify(stored, "something else entirely")
        return time.process_time() - began

    pairs = [(await seconds(kept), await seconds(None)) for _ in range(7)]
    known, unknown = (statistics.median(side) for side in zip(*pairs, strict=True))
    assert 0.6 < known / unknown < 1.7


async def test_the_event_loop_goes_on_meanwhile():
    hashing = asyncio.ensure_future(hash_password(PHRASE))
    turns = 0
    while not hashing.done():
        await asyncio.sleep(0.001)
        turns += 1
    assert turns > 5


async def test_a_flood_is_refused_and_leaves_room_afterwards(monkeypatch):
    go = threading.Event()

    class Waiting(PasswordHasher):
        def hash(self, password, *, salt=None):
            go.wait(10)
            return "kept"

    monkeypatch.setattr(passwords, "_hasher", Waiting())
    n = passwords.MAX_AT_ONCE + passwords.MAX_WAITING
    waiting = [asyncio.ensure_future(hash_password(PHRASE)) for _ in range(n)]
    await asyncio.sleep(0)
    with pytest.raises(Busy):
        await hash_password(PHRASE)
    go.set()
    assert await asyncio.gather(*waiting) == ["kept"] * n
    await asyncio.sleep(0.05)
    assert await hash_password(PHRASE) == "kept"


async def test_who_finds_no_room_waits_a_moment_and_is_refused_only_then(monkeypatch):
    monkeypatch.setattr(passwords, "_room", threading.BoundedSemaphore(1))
    monkeypatch.setattr(passwords, "PATIENCE", 0.1)
    passwords._room.acquire()
    waiting = asyncio.ensure_future(passwords.expect_room())
    await asyncio.sleep(0.03)
    assert not waiting.done()
    passwords._room.release()
    await waiting
    passwords._room.acquire()
    with pytest.raises(Busy):
        await passwords.expect_room()


async def test_a_visitor_who_leaves_keeps_no_place(monkeypatch):
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(memory_cost=64, time_cost=1, parallelism=1))
    for _ in range(passwords.MAX_AT_ONCE + passwords.MAX_WAITING + 5):
        leaving = asyncio.ensure_future(hash_password(PHRASE))
        await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)
        await asyncio.sleep(0.002)
    assert await hash_password(PHRASE)


async def test_an_endless_password_is_refused_without_being_read(kept):
    began = time.process_time()
    assert not await verify(kept, "\u0301\u0316" * 500_000)
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    "good", [PHRASE, "copper horse battery window", "k7#mq2xz0vB4wn&", "x1y2z3" * 2 + "pq!"]
)
def test_a_long_password_needs_nothing_else(good):
    assert weakness(good, username="maryam") == ""


@pytest.mark.parametrize(
    "bad",
    ["", "short", "fourteen chars", "aaaaaaaaaaaaaaaaaaaa", "passwordpassword", "123456789012345", "z" * 129,
     "e\u0301" * 600, "maryam-maryam12", "Mohammadreza1234"],
)  # fmt: skip
def test_a_password_that_is_easy_to_guess_is_refused_with_a_reason(bad):
    username = "mohammadreza" if bad.startswith("Moh") else "maryam"
    assert weakness(bad, username=username)


def test_nothing_of_a_password_is_cut_off():
    assert folded(" a\u200cb ") == " a\u200cb "

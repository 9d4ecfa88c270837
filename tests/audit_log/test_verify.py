"""Whoever changes the log behind the portal's back is found, at the very row (S50)."""

from __future__ import annotations

import os
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from portal import audit, cli
from portal.audit_log.actions import seal
from portal.audit_log.verify import Anchor, check_chain, read_anchor
from tests.conftest import NOON

KEY = b"k" * 48
ROWS = 40
Owner = Any
Tamper = Callable[[Owner, int], Awaitable[None]]


@pytest_asyncio.fixture
async def owner(committed) -> AsyncIterator[Owner]:
    """Somebody with the owner's password, beside a chain of 40 rows."""
    for n in range(ROWS):
        await audit.append("denied", object=f"/page/{n}", data={"n": n}, now=NOON)
    await seal(KEY)
    connection = await asyncpg.connect(os.environ["PORTAL_DATABASE_OWNER_URL"])
    yield connection
    await connection.close()


async def entry_of(owner: Owner, seq: int) -> int:
    return await owner.fetchval("SELECT entry FROM audit_seal WHERE seq = $1", seq)


def edited(column: str, value: str) -> Tamper:
    async def edit(owner: Owner, seq: int) -> None:
        await owner.execute(
            f"UPDATE audit_entry SET {column} = {value} WHERE id = $1", await entry_of(owner, seq)
        )

    edit.__name__ = f"{column} edited"
    return edit


async def seal_edited(owner: Owner, seq: int) -> None:
    await owner.execute("UPDATE audit_seal SET mac = repeat('0', 64) WHERE seq = $1", seq)


async def entry_deleted(owner: Owner, seq: int) -> None:
    await owner.execute("DELETE FROM audit_entry WHERE id = $1", await entry_of(owner, seq))


async def seal_deleted(owner: Owner, seq: int) -> None:
    await owner.execute("DELETE FROM audit_seal WHERE seq = $1", seq)


async def row_deleted_and_gap_closed(owner: Owner, seq: int) -> None:
    await entry_deleted(owner, seq)
    await seal_deleted(owner, seq)
    await owner.execute("UPDATE audit_seal SET seq = -seq WHERE seq > $1", seq)
    await owner.execute("UPDATE audit_seal SET seq = -seq - 1 WHERE seq < 0")


async def entries_swapped(owner: Owner, seq: int) -> None:
    """With the next one, everything but their ids."""
    await owner.execute(
        "UPDATE audit_entry e SET object = o.object, data = o.data FROM audit_entry o"
        " WHERE (e.id, o.id) IN (($1, $2), ($2, $1))",
        await entry_of(owner, seq),
        await entry_of(owner, seq + 1),
    )


async def seals_swapped(owner: Owner, seq: int) -> None:
    await owner.execute("UPDATE audit_seal SET seq = -seq WHERE seq BETWEEN $1 AND $2", seq, seq + 1)
    await owner.execute("UPDATE audit_seal SET seq = $1 + seq WHERE seq < 0", 2 * seq + 1)


async def row_inserted(owner: Owner, seq: int) -> None:
    """An entry that never was, with a place in the chain; all that follow move on."""
    await owner.execute("UPDATE audit_seal SET seq = -seq WHERE seq >= $1", seq)
    await owner.execute("UPDATE audit_seal SET seq = 1 - seq WHERE seq < 0")
    await owner.execute(
        "WITH made AS (INSERT INTO audit_entry (role, action, data, at) VALUES ('guest', 'denied', '{}', now())"
        " RETURNING id) INSERT INTO audit_seal (seq, entry, mac) SELECT $1, id, repeat('a', 64) FROM made",
        seq,
    )


TAMPERINGS: list[Tamper] = [
    edited("action", "'signed_in'"),
    edited("role", "'admin'"),
    edited("actor", "gen_random_uuid()"),
    edited("object", "'/page/x'"),
    edited("address", "'10.0.0.1'"),
    edited("data", """'{"n": 99}'"""),
    edited("at", "at + interval '1 microsecond'"),
    seal_edited,
    entry_deleted,
    seal_deleted,
    row_deleted_and_gap_closed,
    entries_swapped,
    seals_swapped,
    row_inserted,
]


@pytest.mark.parametrize("tamper", TAMPERINGS, ids=lambda tamper: tamper.__name__)
async def test_s50_edit_delete_swap_and_insertion_are_found_at_the_exact_row(owner, tamper):
    draw = random.Random(tamper.__name__)
    for seq in (1, ROWS - 1, *draw.sample(range(2, ROWS - 1), 8)):
        attempt = owner.transaction()
        await attempt.start()
        await tamper(owner, seq)
        verdict = await check_chain_on(owner)
        await attempt.rollback()
        assert verdict.broken, (tamper.__name__, seq)
        assert verdict.broken.seq == seq, (tamper.__name__, seq, verdict)
        assert verdict.head.seq == seq - 1
    assert (await check_chain([KEY])).broken is None


async def check_chain_on(connection: Owner, anchor: Anchor | None = None):
    """The check as it would see what ``connection`` has not committed."""
    from piccolo.engine import engine_finder

    async with engine_finder().transaction(connection=connection):
        return await check_chain([KEY], anchor=anchor)


async def test_s50_a_cut_tail_is_found_with_the_anchor_only(owner):
    head = (await check_chain([KEY])).head
    await owner.execute("DELETE FROM audit_entry WHERE id IN (SELECT entry FROM audit_seal WHERE seq > 30)")
    await owner.execute("DELETE FROM audit_seal WHERE seq > 30")
    assert (await check_chain([KEY])).broken is None
    broken = (await check_chain([KEY], anchor=head)).broken
    assert broken
    assert broken.seq == 31


async def test_s50_a_tail_that_was_cut_and_grew_again_is_found_with_the_anchor(owner):
    head = (await check_chain([KEY])).head
    await owner.execute("DELETE FROM audit_entry WHERE id IN (SELECT entry FROM audit_seal WHERE seq > 30)")
    await owner.execute("DELETE FROM audit_seal WHERE seq > 30")
    for _ in range(20):
        await audit.append("signed_out", now=NOON)
    await seal(KEY)
    assert (await check_chain([KEY])).broken is None
    broken = (await check_chain([KEY], anchor=head)).broken
    assert broken
    assert broken.seq == head.seq


async def test_another_key_fits_no_row(owner):
    broken = (await check_chain([b"x" * 48])).broken
    assert broken
    assert broken.seq == 1


async def test_what_is_not_sealed_yet_is_counted_and_no_fault(owner):
    await audit.append("signed_out", now=NOON)
    verdict = await check_chain([KEY])
    assert (verdict.broken, verdict.n_unsealed, verdict.oldest_unsealed) == (None, 1, NOON)


def test_an_anchor_is_read_as_the_mail_writes_it():
    assert read_anchor(f" 12:{'aB' * 32}\n") == Anchor(12, "ab" * 32)
    for typed in ("", "12", "12:", "0:" + "a" * 64, "x:" + "a" * 64, "12:" + "g" * 64, "۱۲:" + "a" * 64):
        assert read_anchor(typed) is None


def test_the_command_refuses_an_anchor_that_is_none(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("PORTAL_DATA_DIR", str(tmp_path))
    assert cli.main(["verify-audit", "--anchor", "12"]) == 2
    assert "--anchor" in capsys.readouterr().err

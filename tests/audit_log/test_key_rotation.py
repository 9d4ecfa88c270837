"""The key of the seals changes: the log still verifies, and the old key seals nothing after that (S52)."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, STDOUT

import asyncpg
import pytest

from portal import audit
from portal.audit_log import chain
from portal.audit_log.actions import seal
from portal.audit_log.verify import check_chain
from tests.conftest import NOON

OLD, NEW = b"q7Tz-pL2wXv9_Rk4mB8cNd1fGh6jKs3aYe5u", b"Jw8e_Vn3xQz5-Ht7rMc2yUb9kPd4sGf6aLi1"
BOTH = (NEW, OLD)
TAKEN_OVER = 20


@pytest.fixture
async def owner(committed):
    """Somebody with the owner's password, beside a chain of 40 rows, the second half under the next key."""
    for key in (OLD, NEW):
        for n in range(TAKEN_OVER):
            await audit.append("denied", object=f"/page/{n}", data={"n": n}, now=NOON)
        await seal(key)
    connection = await asyncpg.connect(os.environ["PORTAL_DATABASE_OWNER_URL"])
    yield connection
    await connection.close()


async def sealed_anew(owner, key, first, last):
    """Entry ``first`` says something else, and the seals up to ``last`` were made to fit with ``key``."""
    await owner.execute(
        "UPDATE audit_entry SET object = '/x' WHERE id = (SELECT entry FROM audit_seal WHERE seq = $1)", first
    )
    mac = await owner.fetchval("SELECT mac FROM audit_seal WHERE seq = $1", first - 1)
    rows = await owner.fetch(
        f"SELECT s.seq, {chain.FIELDS} FROM audit_seal s JOIN audit_entry e ON e.id = s.entry"
        " WHERE s.seq BETWEEN $1 AND $2 ORDER BY s.seq",
        first,
        last,
    )
    for row in rows:
        mac = chain.sealer(key)(row["seq"], mac, row)
        await owner.execute("UPDATE audit_seal SET mac = $2 WHERE seq = $1", row["seq"], mac)


async def test_s52_the_log_verifies_across_a_change_of_the_key(owner):
    verdict = await check_chain(BOTH)
    assert (verdict.broken, verdict.head.seq, verdict.old.seq) == (None, 40, TAKEN_OVER)
    assert (await check_chain([NEW])).broken.seq == 1
    assert (await check_chain([OLD])).broken.seq == TAKEN_OVER + 1


async def test_s52_a_key_that_never_sealed_does_no_harm(owner):
    assert (await check_chain((b"next" * 12, *BOTH))).broken is None
    assert (await check_chain((*BOTH, b"elder" * 12))).broken is None


@pytest.mark.parametrize("last", [30, 40])
async def test_s52_the_old_key_seals_nothing_after_the_new_one(owner, last):
    await sealed_anew(owner, OLD, 30, last)
    verdict = await check_chain(BOTH)
    assert (verdict.broken.seq, verdict.head.seq) == (30, 29)


async def test_s52_who_holds_the_old_key_and_seals_up_to_the_head_moves_the_change_and_misses_the_anchor(
    owner,
):
    honest = await check_chain(BOTH)
    await sealed_anew(owner, OLD, TAKEN_OVER - 1, 40)
    assert (await check_chain(BOTH)).old.seq == 40  # the printed line is not the one that was noted
    assert (await check_chain(BOTH, anchor=honest.old)).broken.seq == TAKEN_OVER
    assert (await check_chain(BOTH, anchor=honest.head)).broken.seq == 40


@pytest.mark.parametrize("seq", [1, TAKEN_OVER, TAKEN_OVER + 1, 40])
async def test_s52_with_two_keys_a_change_is_found_at_the_very_row(owner, seq):
    await owner.execute(
        "UPDATE audit_entry SET object = '/x' WHERE id = (SELECT entry FROM audit_seal WHERE seq = $1)", seq
    )
    assert (await check_chain(BOTH)).broken.seq == seq


async def test_s52_the_command_calls_a_change_of_the_key_no_tampering(owner, tmp_path):
    environ = {**os.environ, "PORTAL_DATA_DIR": str(tmp_path), "PORTAL_SECRET_KEY": NEW.decode()}
    status, said = await command({**environ, "PORTAL_SECRET_KEY_OLD": OLD.decode()})
    assert status == 0, said
    assert "All 40 sealed rows" in said
    assert f"up to {TAKEN_OVER}:" in said
    status, said = await command(environ)
    assert (status, "First wrong: row 1 " in said) == (2, True), said


async def command(environ):
    """Status and words of ``portal verify-audit`` as an operator runs it."""
    run = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "portal.cli", "verify-audit"), env=environ, stdout=PIPE, stderr=STDOUT
    )
    said, _ = await run.communicate()
    return run.returncode, said.decode()

"""Transactions: what concurrent, failing and cancelled verbs leave behind."""

import asyncio
import os
import random

import asyncpg
import pytest
import pytest_asyncio
from pgqueuer import Queries
from pgqueuer.db import AsyncpgDriver
from piccolo.columns import Serial, Varchar
from piccolo.engine import engine_finder
from piccolo.table import Table

from db import engine as engine_module
from db.engine import (
    Contention,
    atomic,
    close_pool,
    connection_of_transaction,
    open_pool,
    serializable,
)


class Scratch(Table, tablename="scratch"):
    """A table of these tests only."""

    id = Serial(primary_key=True)
    name = Varchar(length=20)


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def scratch_table(pool):
    owner = await asyncpg.connect(os.environ["PORTAL_DATABASE_OWNER_URL"])
    await owner.execute("CREATE TABLE scratch (id serial PRIMARY KEY, name varchar(20) UNIQUE)")
    await owner.execute("GRANT ALL ON scratch, scratch_id_seq TO PUBLIC")
    yield
    await owner.execute("DROP TABLE scratch")
    await owner.close()


async def add(name: str) -> bool:
    made = await Scratch.insert(Scratch(name=name)).on_conflict(action="DO NOTHING").returning(Scratch.id)
    return bool(made)


async def names() -> list[str]:
    return await Scratch.select(Scratch.name).order_by(Scratch.name).output(as_list=True)


def open_transaction():
    return engine_finder().current_transaction.get()


async def open_on_server() -> int:
    rows = await Scratch.raw(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND state LIKE 'idle in transaction%' AND pid <> pg_backend_pid()"
    )
    return rows[0]["count"]


async def every_connection_is_free() -> bool:
    """All connections of the pool can be had at once and none is in a transaction."""
    pool = engine_finder().pool
    had = await asyncio.wait_for(asyncio.gather(*[pool.acquire() for _ in range(12)]), 5)
    clean = not any(connection.is_in_transaction() for connection in had)
    for connection in had:
        await pool.release(connection)
    return clean and await open_on_server() == 0


async def test_of_ten_that_insert_the_same_one_succeeds(committed):
    made = await asyncio.gather(*[atomic(add)("water") for _ in range(10)])
    assert sorted(made) == [False] * 9 + [True]
    assert await names() == ["water"]


async def test_a_failing_verb_leaves_nothing(committed):
    @atomic
    async def half() -> None:
        await add("half")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await half()
    assert await names() == []


async def test_a_verb_inside_another_fails_and_succeeds_with_it(committed):
    @atomic
    async def both() -> None:
        await atomic(add)("inner")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await both()
    assert await names() == []


async def test_a_serialization_failure_runs_the_verb_again(committed):
    runs = []

    @atomic
    async def flaky() -> None:
        runs.append(1)
        await add("flaky")
        if len(runs) < 3:
            raise asyncpg.SerializationError("restart transaction")

    await flaky()
    assert len(runs) == 3
    assert await names() == ["flaky"]


async def test_a_conflict_at_commit_runs_the_verb_again_in_a_fresh_transaction(committed):
    """Two verbs read, wait for each other, then write: write skew, so one must run again."""
    runs, first_round = [], asyncio.Barrier(2)

    @serializable
    async def add_if_none(name: str) -> bool:
        runs.append(name)
        if await Scratch.exists():
            return False
        if runs.count(name) == 1:
            await first_round.wait()
        await add(name)
        if runs.count(name) == 1:
            await first_round.wait()
        return True

    made = await asyncio.gather(add_if_none("a"), add_if_none("b"))
    assert sorted(made) == [False, True]
    assert len(runs) == 3
    assert open_transaction() is None
    assert len(await names()) == 1


async def test_read_committed_lets_the_same_write_skew_through(committed):
    """Why ``serializable`` exists: the verb above, only atomic, adds two."""
    both_looked = asyncio.Barrier(2)

    @atomic
    async def add_if_none(name: str) -> None:
        if not await Scratch.exists():
            await both_looked.wait()
            await add(name)

    await asyncio.gather(add_if_none("a"), add_if_none("b"))
    assert await names() == ["a", "b"]


async def test_both_verbs_of_a_deadlock_succeed(committed):
    await add("a")
    await add("b")

    @atomic
    async def rename(first: str, second: str) -> None:
        for name in (first, second):
            await Scratch.update({Scratch.name: name}).where(Scratch.name == name)
            await asyncio.sleep(0.05)

    await asyncio.gather(rename("a", "b"), rename("b", "a"))
    assert await every_connection_is_free()


async def test_endless_contention_is_given_up(committed, monkeypatch):
    monkeypatch.setattr(engine_module, "RETRY_FOR", 0.1)

    @atomic
    async def hopeless() -> None:
        raise asyncpg.DeadlockDetectedError("again")

    with pytest.raises(Contention):
        await hopeless()
    assert open_transaction() is None


async def test_a_serializable_verb_refuses_the_weaker_transaction_of_another(committed):
    with pytest.raises(RuntimeError, match="serializable"):
        await atomic(serializable(add))("weak")


async def test_waiting_for_a_connection_ends_in_contention(committed, monkeypatch):
    monkeypatch.setattr(engine_module, "ACQUIRE_WITHIN", 0.1)
    enough = asyncio.Event()
    hold = atomic(enough.wait)
    holders = [asyncio.create_task(hold()) for _ in range(12)]
    await asyncio.sleep(0.3)
    try:
        with pytest.raises(Contention):
            await atomic(add)("late")
        with pytest.raises(Contention):
            await names()
    finally:
        enough.set()
        await asyncio.gather(*holders, return_exceptions=True)


async def test_verbs_cancelled_at_any_moment_leave_no_connection_behind(committed):
    chance = random.Random(7)

    @atomic
    async def slow(name: str) -> None:
        await add(name)
        await Scratch.raw("SELECT pg_sleep(0.002)")

    async def cut_short(name: str) -> None:
        task = asyncio.create_task(slow(name))
        await asyncio.sleep(chance.uniform(0, 0.03))
        task.cancel()
        await asyncio.sleep(chance.uniform(0, 0.001))
        task.cancel()  # also in the middle of the clean-up
        await asyncio.gather(task, return_exceptions=True)

    for turn in range(8):
        await asyncio.gather(*[cut_short(f"{turn}-{n}") for n in range(30)])
    assert await every_connection_is_free()
    assert open_transaction() is None


async def test_a_connection_lost_in_a_verb_does_not_spoil_the_next_one(committed):
    @atomic
    async def unlucky() -> None:
        await add("lost")
        await connection_of_transaction().execute("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        await unlucky()
    assert open_transaction() is None
    await atomic(add)("next")
    assert await names() == ["next"]


async def test_a_commit_that_fails_leaves_no_transaction_open(committed):
    @atomic
    async def broken() -> None:
        await add("broken")
        await connection_of_transaction().execute("ROLLBACK")  # then COMMIT has nothing to commit
        connection_of_transaction().terminate()

    with pytest.raises(asyncpg.InterfaceError):
        await broken()
    assert open_transaction() is None
    assert await every_connection_is_free()


async def test_a_job_is_queued_only_if_its_verb_succeeds(committed):
    @atomic
    async def queue(fail: Exception | None) -> None:
        await Queries(AsyncpgDriver(connection_of_transaction())).enqueue("job", None)
        if fail:
            raise fail

    with pytest.raises(RuntimeError):
        await queue(RuntimeError())
    await queue(None)
    assert (await Scratch.raw("SELECT count(*) FROM pgqueuer"))[0]["count"] == 1


async def test_outside_a_verb_there_is_no_connection_to_queue_with():
    with pytest.raises(RuntimeError, match="no open transaction"):
        connection_of_transaction()


async def test_what_a_test_writes_is_rolled_back_first(db):
    await add("gone")
    assert await names() == ["gone"]


async def test_what_a_test_writes_is_rolled_back_second():
    assert await names() == []
    assert open_transaction() is None


async def test_a_pool_whose_connection_is_never_given_back_still_closes(committed, monkeypatch):
    monkeypatch.setattr(engine_module, "CLOSE_WITHIN", 0.1)
    await engine_finder().pool.acquire()
    try:
        await close_pool()
        assert engine_finder().pool is None
    finally:
        await open_pool(12)
    assert await every_connection_is_free()

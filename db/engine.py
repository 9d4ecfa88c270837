"""The connection pool and the ways to open a write transaction."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import random
import time
from collections.abc import Awaitable, Callable, Generator
from types import TracebackType
from typing import Any, Literal, ParamSpec, TypeVar, cast

import asyncpg
from piccolo.engine import engine_finder
from piccolo.engine.postgres import PostgresEngine, PostgresTransaction

P = ParamSpec("P")
T = TypeVar("T")
Verb = Callable[P, Awaitable[T]]
Isolation = Literal["read_committed", "serializable"]

RETRIED = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError)
RETRY_FOR = 2.0  # seconds
LONGEST_PAUSE = 0.4  # seconds
ACQUIRE_WITHIN = 3.0  # seconds
CLOSE_WITHIN = 10.0  # seconds
MOST_WAITING = 100  # for a connection
MANY_WAITING, LONG_WAIT = 10, 0.25  # seconds; a request waits several times
LOST = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError)  # what a dead connection answers


class Contention(Exception):  # the situation, as in portal.errors
    """Others kept the database too busy; the same call may well succeed a moment later."""


AWAY = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # asyncpg 0.32, when a connection is cut just as it is used
    asyncpg.InsufficientResourcesError,  # no room on the disk, no connection free
    asyncpg.OperatorInterventionError,
    asyncpg.PostgresConnectionError,
    Contention,
)
"""What a database raises that restarts, is away, overrun or out of room."""


def atomic(verb: Verb[P, T]) -> Callable[P, Awaitable[T]]:
    """``verb`` runs in one READ COMMITTED transaction, joining an open one.

    The verb first inserts (ON CONFLICT) or locks its aggregate's row, then decides. It may only touch the
    database: a deadlock runs it again, for up to 2 seconds. Raises Contention after that.
    """
    return _in_transaction(verb, isolation="read_committed")


def serializable(verb: Verb[P, T]) -> Callable[P, Awaitable[T]]:
    """Like ``atomic``, but as if verbs ran one after another.

    For write skew only, beside a test that shows it: look-up-then-insert under load loses many runs. Raises
    RuntimeError when called inside an ``atomic`` verb, whose transaction is weaker.
    """
    return _in_transaction(verb, isolation="serializable")


def connection_of_transaction() -> Any:
    """The asyncpg connection of the open transaction, to queue a job in it. RuntimeError outside one."""
    transaction = _engine().current_transaction.get()
    if transaction is None:
        raise RuntimeError("There is no open transaction: call this from an @atomic verb.")
    return transaction.connection


async def open_pool(size: int) -> None:
    """Up to ``size`` connections are shared from now on; waiting over 3 s for one raises Contention."""
    await _engine().start_connection_pool(min_size=min(1, size), max_size=size)


def is_overrun() -> bool:
    """More wait for a connection of this process than can soon have one, or many do and the first has waited long.

    A few who wait while the disk stands still for a moment are no crowd.
    """
    pool = _engine().pool
    return isinstance(pool, _PatientPool) and pool.is_overrun()


async def close_pool() -> None:
    """There is no pool any more. Who uses a connection has 10 s to finish, then it is cut."""
    engine, pool = _engine(), _engine().pool
    if pool is None:
        return
    try:
        await asyncio.wait_for(engine.close_connection_pool(), CLOSE_WITHIN)
    except TimeoutError:
        pool.terminate()
        engine.pool = None


class Engine(PostgresEngine):
    """Piccolo's engine with transactions that always tidy up and a pool that doesn't wait for ever.

    Making one doesn't connect, so importing ``piccolo_conf`` is cheap and works while the server is down. An
    empty ``url`` is refused at the first use: writing a migration needs no server.
    """

    def __init__(self, url: str) -> None:
        super().__init__({"dsn": url}, extensions=())

    async def check_version(self) -> None:
        """Piccolo 1.38 connects here, at import."""

    async def get_new_connection(self) -> Any:
        self._refuse_unknown_address()
        return await super().get_new_connection()

    async def start_connection_pool(self, **kwargs: Any) -> None:
        self._refuse_unknown_address()
        await super().start_connection_pool(reset=_keep, **kwargs)
        if isinstance(self.pool, asyncpg.Pool):
            self.pool = cast(Any, _PatientPool(self.pool))

    def transaction(
        self, allow_nested: bool = True, isolation: Isolation | None = None, connection: Any = None
    ) -> Transaction:
        """``isolation`` None: the server's default. ``connection``: this one, which stays open."""
        return Transaction(self, allow_nested, isolation, connection)

    def _refuse_unknown_address(self) -> None:
        if not self.config["dsn"]:  # asyncpg would try whatever listens on localhost
            raise RuntimeError("PORTAL_DATABASE_URL is not set. Start through the portal command, or set it.")


class Transaction(PostgresTransaction):
    """However it ends, the connection is back in the pool and ``current_transaction`` is empty again.

    Piccolo 1.38 forgets both when BEGIN, COMMIT or ROLLBACK fails or is cancelled: the next verb of the same
    task would then run outside any transaction, and the pool would lose a connection for good.
    """

    __slots__ = ("isolation", "lent", "pool")

    def __init__(
        self, engine: Engine, allow_nested: bool, isolation: Isolation | None, connection: Any
    ) -> None:
        super().__init__(engine, allow_nested)
        self.isolation = isolation
        self.lent = connection
        self.pool = None if connection else engine.pool

    async def __aenter__(self) -> PostgresTransaction:
        if self._parent is not None:
            return self._parent
        self.connection = self.lent or await self.get_connection()  # type: ignore[no-untyped-call]
        try:
            self.transaction: Any = self.connection.transaction(isolation=self.isolation)
            await self.transaction.start()
        except BaseException:
            await self._give_back()
            raise
        self.engine.current_transaction.set(self)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if self._parent is not None:
            return False
        try:
            if self._rolled_back or self._committed:
                return False
            if error is None:
                await self.transaction.commit()
            else:
                with contextlib.suppress(*LOST):  # the error itself says more
                    await self.transaction.rollback()
        finally:
            self.engine.current_transaction.set(None)
            await self._give_back()
        return False

    async def _give_back(self) -> None:
        # Both wait for what still runs, roll back what is still open, and finish even when cancelled.
        if self.pool is not None:
            await self.pool.release(self.connection)
        elif self.lent is None:
            await self.connection.close(timeout=ACQUIRE_WITHIN)


async def _keep(connection: Any) -> None:
    """Nothing to undo: asyncpg has rolled back what was open, and we change no session's settings.

    Its default sends a RESET after every use, a fifth of the cost of a small query.
    """


class _PatientPool:
    """What Piccolo and we use of asyncpg's pool."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self._waits: dict[_Acquired, float] = {}  # since when, the longest first
        self.close = pool.close
        self.release = pool.release
        self.terminate = pool.terminate

    def acquire(self) -> _Acquired:
        return _Acquired(self._pool, self._waits)

    def is_overrun(self) -> bool:
        if len(self._waits) < MANY_WAITING:
            return False
        return (
            len(self._waits) >= MOST_WAITING
            or time.monotonic() - next(iter(self._waits.values())) > LONG_WAIT
        )


class _Acquired:
    """A connection to await or to use in ``async with``, as asyncpg's own."""

    def __init__(self, pool: Any, waits: dict[_Acquired, float]) -> None:
        self._pool = pool
        self._waits = waits

    def __await__(self) -> Generator[Any, None, Any]:
        return self._acquire().__await__()

    async def __aenter__(self) -> Any:
        self._connection = await self._acquire()
        return self._connection

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._pool.release(self._connection)

    async def _acquire(self) -> Any:
        if self._pool.get_idle_size():  # nothing to wait for: no need to pay for a clock
            return await self._pool.acquire()
        self._waits[self] = time.monotonic()
        try:
            return await self._pool.acquire(timeout=ACQUIRE_WITHIN)
        except TimeoutError as error:
            raise Contention(f"No database connection became free within {ACQUIRE_WITHIN:.0f} s.") from error
        finally:
            del self._waits[self]


def _in_transaction(verb: Verb[P, T], *, isolation: Isolation) -> Callable[P, Awaitable[T]]:
    @functools.wraps(verb)
    async def run(*args: P.args, **kwargs: P.kwargs) -> T:
        engine = _engine()
        outer = engine.current_transaction.get()
        if outer is not None:
            if isolation == "serializable" and cast(Transaction, outer).isolation == "read_committed":
                raise RuntimeError(f"{verb.__qualname__} is serializable; an atomic verb can't call it.")
            return await verb(*args, **kwargs)
        give_up_at = time.monotonic() + RETRY_FOR
        pause = 0.01
        while True:
            try:
                async with engine.transaction(isolation=isolation):
                    return await verb(*args, **kwargs)
            except RETRIED as error:
                if time.monotonic() + pause > give_up_at:
                    raise Contention(f"{verb.__qualname__}: others kept changing the same rows.") from error
            await asyncio.sleep(random.uniform(pause / 4, pause))  # noqa: S311
            pause = min(pause * 2, LONGEST_PAUSE)

    return run


@functools.cache
def _engine() -> Engine:
    engine = engine_finder()
    assert isinstance(engine, Engine), "piccolo_conf.DB is a db.engine.Engine"
    return engine

"""The real verbs on one connection that is kept for thousands of runs; each run is a
transaction that is rolled back."""

from __future__ import annotations

import asyncio
import contextvars
import os
from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
from piccolo.engine import engine_finder

from db.accounts import Account, ContactPoint, Session
from db.audit import AuditEntry
from db.outbox import OutboxMessage
from db.resets import ResetRequest
from portal.security import sessions
from tests.resets.people import person
from tests.support.database import empty_tables

ROLES = {"alice": "citizen", "clerk": "staff", "admin1": "admin", "admin2": "admin", "admin3": "admin"}
MAILS = 2
"""Addresses on file of each person; every notice goes to both."""
RUNS_TO_VACUUM = 10


class Lab:
    """One event loop, one connection, one transaction at a time. ``ids`` are the accounts by name."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        # Every task runs in this context: there the open transaction is found.
        self.context = contextvars.copy_context()
        self.ids: dict[str, UUID] = {}
        self.runs = 0
        self.do(self._open())

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(self.loop.create_task(work, context=self.context))

    async def _open(self) -> None:
        self.connection = await asyncpg.connect(os.environ["PORTAL_DATABASE_URL"])
        self.owner = await asyncpg.connect(os.environ["PORTAL_DATABASE_OWNER_URL"])
        async with engine_finder().transaction(connection=self.connection):
            for name, role in ROLES.items():
                mails = tuple(f"{name}{n}@sample.example" for n in range(MAILS))
                self.ids[name] = await person(name, role, mails=mails, age=timedelta(days=90))
        await self._begin()

    async def _begin(self) -> None:
        self.transaction = engine_finder().transaction(connection=self.connection)
        await self.transaction.__aenter__()

    def undo(self) -> None:
        """As before the run."""
        self.do(self._undo())

    async def _undo(self) -> None:
        await self._end()
        self.runs += 1
        if self.runs % RUNS_TO_VACUUM == 0:  # what was rolled back still slows every look at the table
            await self.owner.execute("VACUUM outbox_message, audit_entry, session, reset_request, throttle")
        await self._begin()

    async def _end(self) -> None:
        await self.transaction.rollback()
        await self.transaction.__aexit__(None, None, None)

    def close(self) -> None:
        """Nothing of it is left in the database."""
        self.do(self._close())
        self.loop.close()

    async def _close(self) -> None:
        await self._end()
        await self.connection.close()
        await self.owner.close()
        await empty_tables(os.environ["PORTAL_DATABASE_OWNER_URL"])

    # ---- Looking ----

    def hashes(self) -> dict[str, str]:
        rows = self.do(self._rows(Account.select(Account.username, Account.password_hash)))
        return {row["username"]: row["password_hash"] for row in rows}

    def requests(self) -> dict[int, tuple[str, int]]:
        rows = self.do(
            self._rows(ResetRequest.select(ResetRequest.no, ResetRequest.state, ResetRequest.tries))
        )
        return {row["no"]: (row["state"], row["tries"]) for row in rows}

    def sessions(self) -> dict[str, int]:
        rows = self.do(self._rows(Session.select(Session.account)))
        open_for = [row["account"] for row in rows]
        return {name: open_for.count(account) for name, account in self.ids.items()}

    def notices(self, notice: str, name: str) -> int:
        query = OutboxMessage.count().where(
            OutboxMessage.template == f"resets/mail/{notice}", OutboxMessage.recipient.like(f"{name}%")
        )
        return int(self.do(self._rows(query)))

    def logged(self, action: str) -> int:
        return int(self.do(self._rows(AuditEntry.count().where(AuditEntry.action == action))))

    def code_mail(self, no: int) -> OutboxMessage | None:
        query = OutboxMessage.objects().where(OutboxMessage.cause == f"reset:{no}:code")
        found: OutboxMessage | None = self.do(self._rows(query.first().output(load_json=True)))
        return found

    async def _rows(self, query: Any) -> Any:
        return await query

    # ---- Doing what is no verb of resets ----

    def sign_in(self, name: str, now: datetime) -> None:
        self.do(sessions.open_session(self.ids[name], device="", now=now))

    def change_address(self, name: str, now: datetime) -> None:
        change = {ContactPoint.changed_at: now}
        where = (ContactPoint.account == self.ids[name], ContactPoint.kind == "phone")
        self.do(self._rows(ContactPoint.update(change).where(*where)))

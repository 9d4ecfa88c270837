"""Random staffs at work on a case and on a complaint about it, and a model that says who may have no part in it.

The real verbs and the real application on one connection; each history is a transaction that is rolled back.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import os
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest
from piccolo.engine import engine_finder

from db.cases import Case
from portal import codes
from portal.cases import actions, complaints, desk_actions, staff_moves
from portal.cases.actions import Filed
from portal.errors import NotAllowed, PortalError
from portal.security import sessions
from tests.cases.complaining import SECRET, a_complaint, hearing_units, somebody
from tests.cases.factories import KEY, a_case
from tests.conftest import NOON
from tests.support.browser import client_of
from tests.support.database import empty_tables

PEOPLE = {
    "clerk": ("staff", ("desk",)),
    "both": ("staff", ("desk", "inspection")),
    "inspector": ("staff", ("inspection",)),
    "second": ("staff", ("inspection", "appeals")),
    "judge": ("staff", ("appeals",)),
    "manager": ("manager", ("desk", "inspection", "appeals")),
    "admin": ("admin", ("desk", "inspection", "appeals")),
    "auditor": ("auditor", ()),
}
NOTE = "یادداشتی که پنهان می‌ماند"
SECRETS = (SECRET, NOTE, "complainer@agency.example", "شاکی پنهان")
DAY = datetime(2026, 12, 5, tzinfo=UTC)

Words = dict[str, Any]
VERBS: dict[str, Callable[[World, str], Words]] = {  # what each verb of the desk is given besides the clerk
    "take": lambda world, other: {},
    "assign": lambda world, other: {"assignee": world.ids[other]},
    "ask": lambda world, other: {"body": NOTE},
    "inform": lambda world, other: {"body": NOTE},
    "extend": lambda world, other: {"expected_on": DAY.date(), "body": NOTE},
    "decide_contest": lambda world, other: {"decision": "denied", "body": NOTE},
    "note": lambda world, other: {"body": NOTE},
    "refer": lambda world, other: {"unit": world.units[unit_of(other)], "body": NOTE},
    "answer": lambda world, other: {"body": NOTE},
    "close": lambda world, other: {"outcome": "done", "reason": NOTE},
    "reject": lambda world, other: {"reason": NOTE},
    "decide": lambda world, other: {"outcome": "upheld", "reasons": NOTE, "remedy": NOTE},
    "name_person": lambda world, other: {"person": world.ids[other]},
    "reissue_passcode": lambda world, other: {"proof": NOTE, "key": KEY},
    "reissue_number": lambda world, other: {"proof": NOTE, "key": KEY},
}
APPLICANT = {
    "reply": actions.reply,
    "contest": actions.contest,
    "reopen": actions.reopen,
    "appeal": complaints.appeal,
}


class Step(msgspec.Struct, frozen=True):
    """``who`` does ``verb`` to the complaint or to the case; ``other`` is whom it names, where it names somebody."""

    on_complaint: bool
    verb: str
    who: str
    other: str


class World:
    """One event loop, one connection, one history at a time. ``acted`` is who did something to which, by the model."""

    def __init__(self, application: Any) -> None:
        self.application = application
        self.loop = asyncio.new_event_loop()
        self.context = contextvars.copy_context()
        self.do(self._open())

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(self.loop.create_task(work, context=self.context))

    async def _open(self) -> None:
        self.connection = await asyncpg.connect(os.environ["PORTAL_DATABASE_URL"])
        now = datetime.now(UTC)
        async with engine_finder().transaction(connection=self.connection):
            self.units = await hearing_units()
            self.ids: dict[str, UUID] = {}
            self.tokens: dict[str, str] = {}
            for name, (role, units) in PEOPLE.items():
                person = await somebody(name, *(self.units[unit] for unit in units), role=role)
                self.ids[name] = person.account_id
                self.tokens[name] = await sessions.open_session(person.account_id, device="test", now=now)
        await self._begin()

    async def _begin(self) -> None:
        self.transaction = engine_finder().transaction(connection=self.connection)
        await self.transaction.__aenter__()

    async def _end(self) -> None:
        await self.transaction.rollback()
        await self.transaction.__aexit__(None, None, None)

    def close(self) -> None:
        self.do(self._close())
        self.loop.close()

    async def _close(self) -> None:
        await self._end()
        await self.connection.close()
        await empty_tables(os.environ["PORTAL_DATABASE_OWNER_URL"])

    # ---- One history ----

    def begin(self) -> None:
        """As before any history, with one request filed."""
        self.do(self._anew())

    async def _anew(self) -> None:
        await self._end()
        await self._begin()
        self.case = await a_case()
        self.complaint: Filed | None = None
        self.acted: dict[bool, set[str]] = {False: set(), True: set()}
        self.before_appeal: set[str] = set()
        self.named, self.about_unit, self.steps = "", "", 0

    async def complain(self, about_unit: str) -> None:
        """A complaint about the case, and perhaps about a unit besides."""
        self.about_unit = about_unit
        self.complaint = await a_complaint(
            self.units["inspection"],
            about_case=self.case.case_id,
            about_unit=self.units[about_unit] if about_unit else None,
            contact_name="شاکی پنهان",
            contact_email="complainer@agency.example",
        )

    @property
    def barred(self) -> set[str]:
        """Who may have no part in the complaint, by the model."""
        of_unit = {name for name, (_role, units) in PEOPLE.items() if self.about_unit in units}
        return self.acted[False] | self.before_appeal | of_unit | ({self.named} - {""})

    async def make(self, step: Step) -> None:
        """The step is made if the verb allows it; the verb must not allow what the model forbids."""
        filed = self.complaint if step.on_complaint else self.case
        if filed is None:
            return
        self.steps += 1
        now = NOON + timedelta(hours=self.steps)
        if step.verb in APPLICANT:
            words = {"body": NOTE} if step.verb == "reply" else {"reason": NOTE}
            if await made(APPLICANT[step.verb](filed.case_id, now=now, **words)) and step.verb == "appeal":
                self.before_appeal = set(self.acted[True])
            return
        forbidden = step.on_complaint and self.touches(step) & self.barred
        version = await self.version(filed)
        verb = known_verbs()[step.verb]
        more = VERBS[step.verb](self, step.other)
        work = verb(filed.case_id, clerk=self.ids[step.who], seen=version, now=now, **more)
        if not forbidden:
            if await made(work):
                self.acted[step.on_complaint] |= self.touches(step)
                self.named = step.other if step.verb == "name_person" else self.named
            return
        # These look first whether there is such a person or unit.
        kind = PortalError if step.verb in ("assign", "name_person", "refer") else NotAllowed
        with pytest.raises(kind):
            await work
        assert await self.version(filed) == version

    def touches(self, step: Step) -> set[str]:
        """Who takes part in the step."""
        return {step.who, step.other} if step.verb == "assign" else {step.who}

    async def version(self, filed: Filed) -> int:
        row = await Case.select(Case.version).where(Case.id == filed.case_id).first()
        assert row is not None
        return int(row["version"])

    # ---- Looking ----

    async def code(self, filed: Filed | None) -> str:
        """Its tracking code by now: the desk may have given it another."""
        assert filed is not None
        row = await Case.select(Case.number).where(Case.id == filed.case_id).first()
        assert row is not None
        return codes.show_text(row["number"])

    async def get(self, name: str, path: str) -> Any:
        async with client_of(self.application) as client:
            client.cookies.set("session", self.tokens[name])
            return await client.get(path)

    async def post(self, name: str, path: str) -> Any:
        async with client_of(self.application) as client:
            client.cookies.set("session", self.tokens[name])
            return await client.post(path, data={"seen": "9"}, headers={"Sec-Fetch-Site": "same-origin"})


def known_verbs() -> dict[str, Any]:
    """Everything that the desk can do to a case, by the name of the verb."""
    of_forms = {verb.__name__: verb for verb in staff_moves._VERBS.values()}
    of_desk = {
        name: verb
        for name, verb in vars(desk_actions).items()
        if inspect.iscoroutinefunction(inspect.unwrap(verb)) and verb.__module__ == desk_actions.__name__
    }
    return {name: verb for name, verb in {**of_forms, **of_desk}.items() if "case_id" in signature_of(verb)}


def signature_of(verb: Any) -> Any:
    return inspect.signature(verb).parameters


def unit_of(name: str) -> str:
    """Where somebody works first."""
    units = PEOPLE[name][1]
    return units[0] if units else "desk"


async def made(work: Coroutine[Any, Any, Any]) -> bool:
    """Whether the verb did it; every refusal is a kind one."""
    try:
        await work
    except PortalError:
        return False
    return True

"""How this place is run: what a site admin chooses in the browser, in every process within two seconds.

What the machine needs to start (addresses, folders, secrets) is in ``portal.settings`` instead.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from db.engine import atomic
from db.people import Setting
from db.services import Unit
from portal import audit
from portal.errors import BadRequest, Conflict
from portal.forms import version_of
from portal.i18n import N_, _

REMEMBER = 2.0
"""Seconds that the choices are kept in this process: some pages of guests ask for them."""
_LOCK = 7_244_215_640_914
"""Any number, the same in every version: changes are made one after the other."""

Value = int | bool | str


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to choose. ``kind`` says how it is asked; an empty text means ``default``.

    ``least`` and ``most`` limit a number, ``most`` the characters of a text. With ``from_unit`` (a column) the
    default is what the first unit with a telephone has there.
    """

    key: str
    kind: Literal["number", "yes_no", "text", "telephone"]
    group: str
    label: str
    help: str
    default: Value
    least: int = 0
    most: int = 120
    from_unit: str = ""

    def takes(self, value: Value) -> bool:
        """Whether ``value`` is of the right type and within the limits."""
        if self.kind == "number":
            return type(value) is int and self.least <= value <= self.most
        if self.kind == "yes_no":
            return isinstance(value, bool)
        return isinstance(value, str) and len(value) <= self.most


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for one choice, and what would if nobody had chosen.

    ``by`` (a name) and ``at`` are None while nobody has.
    """

    choice: Choice
    value: Value
    default: Value
    by: str | None
    at: datetime | None


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to call about an account and when, in the reader's language; ``phone`` is empty when none is known."""

    phone: str
    name: str
    hours: str


PASSWORDS, ACCOUNTS, NOTICES = N_("Forgotten passwords"), N_("Accounts"), N_("Notices")
OPERATION = N_("Operation")
_ALL = (
    Choice(
        key="reset_approvers",
        kind="number",
        group=PASSWORDS,
        label=N_("Approvals that a reset needs"),
        help=N_("For citizens and people of agencies: 1 or 2. For staff and above it is always 2."),
        default=1,
        least=1,
        most=2,
    ),
    Choice(
        key="reset_contact_name_fa",
        kind="text",
        group=PASSWORDS,
        label=N_("Whom to call, in Persian"),
        help=N_("A unit or an office. Left empty: the first unit with a telephone."),
        default="",
        from_unit="name_fa",
    ),
    Choice(
        key="reset_contact_name_en",
        kind="text",
        group=PASSWORDS,
        label=N_("Whom to call, in English"),
        help=N_("A unit or an office. Left empty: the first unit with a telephone."),
        default="",
        from_unit="name_en",
    ),
    Choice(
        key="reset_contact_phone",
        kind="telephone",
        group=PASSWORDS,
        label=N_("Telephone"),
        help=N_("Who forgot the password calls this number. Left empty: that of the first unit."),
        default="",
        most=40,
        from_unit="phone",
    ),
    Choice(
        key="reset_contact_hours_fa",
        kind="text",
        group=PASSWORDS,
        label=N_("Hours, in Persian"),
        help=N_("When somebody answers there. Left empty: the usual office hours."),
        default="شنبه تا چهارشنبه، ۷:۳۰ تا ۱۴:۳۰",
    ),
    Choice(
        key="reset_contact_hours_en",
        kind="text",
        group=PASSWORDS,
        label=N_("Hours, in English"),
        help=N_("When somebody answers there. Left empty: the usual office hours."),
        default="Saturday to Wednesday, 7:30 to 14:30",
    ),
    Choice(
        key="sign_up_open",
        kind="yes_no",
        group=ACCOUNTS,
        label=N_("Citizens may make an account themselves"),
        help=N_("Nobody needs one to send a request or to follow it."),
        default=True,
    ),
    Choice(
        key="fault_minutes",
        kind="number",
        group=NOTICES,
        label=N_("Minutes until an incident is announced"),
        help=N_("What is promised, counted from when it was first seen. How far it is kept is published."),
        default=30,
        least=1,
        most=1440,
    ),
    Choice(
        key="notice_nag_hours",
        kind="number",
        group=NOTICES,
        label=N_("Hours until an open incident without news is brought to mind"),
        help=N_("Those who may write to it get a mail, once for each silence. 0: never."),
        default=4,
        most=168,
    ),
    Choice(
        key="digest_on",
        kind="yes_no",
        group=OPERATION,
        label=N_("Site admins get a daily digest by mail"),
        help=N_("How the installation is, on a quiet day in three lines. The same stands under Health."),
        default=True,
    ),
    Choice(
        key="digest_hour",
        kind="number",
        group=OPERATION,
        label=N_("Hour of the daily digest"),
        help=N_("It leaves after this hour has struck: 0 to 23."),
        default=7,
        most=23,
    ),
)
CHOICES: dict[str, Choice] = {choice.key: choice for choice in _ALL}
"""Every choice by its key, in the order of the page."""

_FIRST_UNIT = "SELECT name_fa, name_en, phone FROM unit WHERE phone <> '' ORDER BY id LIMIT 1"
_STORED = """
    SELECT s.key, s.value, s.at, a.display_name AS by
    FROM setting s LEFT JOIN account a ON a.id = s.changed_by
    ORDER BY s.key
"""
_KEEP = """
    INSERT INTO setting (key, value, changed_by, at) VALUES ({}, {}::jsonb, {}, {})
    ON CONFLICT (key) DO UPDATE
    SET value = excluded.value, changed_by = excluded.changed_by, at = excluded.at
"""

_remembered: tuple[float, dict[str, Value]] = (0.0, {})


async def get(key: str) -> Any:
    """What holds for ``key``, of its choice's type. Up to 2 seconds old. Raises KeyError for no key of ours."""
    global _remembered
    found_at, values = _remembered
    if not values or time.monotonic() - found_at > REMEMBER:
        found_at = time.monotonic()
        values = {chosen.choice.key: chosen.value for chosen in await choices()}
        _remembered = (found_at, values)
    return values[key]


async def whom_to_call(language: str) -> Desk:
    """What the site admin has set, else the first unit that has a telephone."""
    return Desk(
        phone=await get("reset_contact_phone"),
        name=await get(f"reset_contact_name_{language}"),
        hours=await get(f"reset_contact_hours_{language}"),
    )


def forget() -> None:
    """The next ``get`` is answered by the database."""
    global _remembered
    _remembered = (0.0, {})


async def choices() -> list[Chosen]:
    """What holds for every choice now, who chose it and when."""
    stored = {row["key"]: row for row in await Setting.raw(_STORED)}
    first = await Unit.raw(_FIRST_UNIT)
    unit = first[0] if first else {}
    return [_chosen(choice, stored.get(choice.key), unit) for choice in _ALL]


def version(chosen: list[Chosen]) -> str:
    """What a form with ``chosen`` sends back, for ``change_all`` to see whether they still hold."""
    return version_of([one.value for one in chosen])


@atomic
async def change(key: str, value: Value, *, by: UUID | None, now: datetime) -> bool:
    """``key`` is ``value``, and the log has the old one too; False when it already was.

    An empty text goes back to the default. ``by`` None: the portal itself. Raises KeyError for no key of ours,
    BadRequest for a value beyond the limits.
    """
    choice = CHOICES[key]
    if not choice.takes(value):
        raise BadRequest(_("This value does not fit: %(label)s") % {"label": _(choice.label)})
    await Setting.raw(f"SELECT pg_advisory_xact_lock({_LOCK})")
    before = next(chosen for chosen in await choices() if chosen.choice.key == key)
    if before.value == (before.default if value == "" else value):
        return False
    await Setting.raw(_KEEP, key, msgspec.json.encode(value).decode(), by, now)
    data = {"old": before.value, "new": value}
    await audit.append("setting_changed", object=f"setting:{key}", data=data, now=now)
    forget()
    return True


@atomic
async def change_all(values: Mapping[str, Value], *, seen: str, by: UUID | None, now: datetime) -> list[str]:
    """Every key of ``values`` has its value; returns those that had another before.

    ``seen`` is the ``version`` that whoever chose was shown. Raises Conflict when somebody else has changed
    something since, and what ``change`` raises; then nothing is changed.
    """
    await Setting.raw(f"SELECT pg_advisory_xact_lock({_LOCK})")
    if version(await choices()) != seen:
        raise Conflict(_("Somebody else has changed these settings meanwhile."))
    return [key for key, value in values.items() if await change(key, value, by=by, now=now)]


def _chosen(choice: Choice, row: Mapping[str, Any] | None, unit: Mapping[str, Any]) -> Chosen:
    default = unit.get(choice.from_unit) or choice.default
    stored = msgspec.json.decode(row["value"]) if row else ""
    # A row that another version wrote may no longer fit.
    value = stored if stored != "" and choice.takes(stored) else default
    by, at = (row["by"], row["at"]) if row else (None, None)
    return Chosen(choice=choice, value=value, default=default, by=by, at=at)

"""A small world whose every word was typed by somebody hostile, and a walk through all of its pages."""

from __future__ import annotations

import itertools
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Any

import httpx

from db.accounts import Account, Introduction
from db.cases import Attachment, Case
from portal import codes
from portal.accounts import drafts
from portal.cases import actions, desk_actions
from portal.cases.actions import Filed
from portal.feedback.actions import leave_tip
from portal.resets import actions as resets
from portal.services.actions import load_samples
from portal.uploads import StoredFile
from tests.cases.factories import SLUG, a_clerk
from tests.cases.test_dossier import stored
from tests.cases.visitors import as_filer, filed_now, right_now
from tests.conftest import OPENED
from tests.notices.desk import an_outage
from tests.security.test_route_table import SOMETHING
from tests.support.browser import Browser, client_of, signed_in
from tests.support.sample_files import PDF

HOSTILE = "\"'><script>canary()</script><b onclick=canary()>{{ 7000001 * 3 }}${7000001*3}\u2066=1+1"
WORKED_OUT = "21000003"
EMAIL, PHONE = "canary@agency.example", "+989000009876"
ROLES_OF_WALK = ("filer", "guest", "citizen", "staff", "manager", "admin", "auditor")
# Table, columns that people or admins fill, and nothing that must fit a pattern.
_TYPED = {
    "agency": ("name_fa", "name_en"),
    "unit": ("name_fa", "name_en"),
    "service": ("title_fa", "title_en"),
    "account": ("display_name",),
    '"case"': ("contact_name", "agency_name", "body"),
    "message": ("body",),
    "attachment": ("name",),
    "introduction": ("name",),
    "notice": ("title_fa", "title_en", "body_fa", "body_en"),
    "tip": ("body",),
    "session": ("device",),
}


async def hostile_world(settings: Any) -> dict[str, list[str]]:
    """Cases, files, notices, tips, wishes and drafts with hostile words; by part of a path, what stands for it."""
    now = right_now()
    await load_samples(OPENED)
    filed = await filed_now(settings, contact_email=EMAIL, contact_phone=PHONE, files=(_file(settings, 1),))
    clerk = await a_clerk("worker")
    await desk_actions.note(filed.case_id, clerk=clerk, seen=1, body=HOSTILE, now=now)
    await actions.reply(filed.case_id, body=HOSTILE, files=(_file(settings, 2),), account=None, now=now)
    person = Account(username="maryam", display_name="x", role="liaison", password_hash="!", created_at=now)
    await person.save()
    letter = _letter(person.id, _file(settings, 3), now)
    await letter.save()
    service = (await Case.select(Case.service).first())["service"]
    await leave_tip(letter.id, service=service, about=service, body=HOSTILE, zone=settings.zone, now=now)
    asked = await resets.ask(
        "maryam", by=None, address="192.0.2.1", device=HOSTILE, key=settings.secret_key, now=now
    )
    notice = await an_outage()
    await drafts.save(person.id, SLUG, {"body": [HOSTILE]}, now=now)
    for table, columns in _TYPED.items():
        for column in columns:
            await Case.raw(f"UPDATE {table} SET {column} = {{}}", HOSTILE)
    return _parts(filed, await _file_id(filed), str(person.id), str(letter.id), str(asked.no), str(notice))


def _parts(filed: Filed, file: str, person: str, letter: str, *numbers: str) -> dict[str, list[str]]:
    found = {
        "code": [codes.show_text(filed.number)],
        "symbols": [codes.show_text(filed.number).replace("-", "")],
        "case_id": [str(filed.case_id)],
        "slug": [SLUG],
        "file_id": [file],
        "account_id": [person],
        "letter_id": [letter],
        "tip_id": [letter],
        "no": list(numbers),
    }
    return {name: [*found.get(name, []), value] for name, value in SOMETHING.items()}


def _file(settings: Any, n: int) -> StoredFile:
    return stored(settings, PDF, "x.pdf", n=n)


def _letter(person: Any, scan: StoredFile, now: Any) -> Introduction:
    plain = {name: getattr(scan, name) for name in ("name", "media_type", "size", "sha256", "stored_as")}
    return Introduction(account=person, letter_no="1", letter_date=date(2026, 11, 1), at=now, **plain)


async def _file_id(filed: Filed) -> str:
    return str((await Attachment.select(Attachment.id).where(Attachment.case == filed.case_id).first())["id"])


def addresses(routes: list[tuple[str, str, str]], parts: dict[str, list[str]]) -> list[tuple[str, str]]:
    """Every address that a GET can have in this world, with its route's name."""
    found = []
    for method, path, name in routes:
        wanted = re.findall(r"{(\w+)", path)
        if method == "GET":
            for values in itertools.product(*(parts[one] for one in wanted)):
                found.append((path.format(**dict(zip(wanted, values, strict=True))), name))
    return found


@asynccontextmanager
async def walker(application: Any, role: str) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody in ``role``, whose name is hostile too: ``filer`` has the browser with which the case was filed."""
    async with client_of(application) as client:
        if role == "filer":
            as_filer(Browser(client))
        elif role != "guest":
            await signed_in(client, f"walking-{role}", role)
            await Account.update({Account.display_name: HOSTILE}).where(Account.username == f"walking-{role}")
        yield client


async def snapshot() -> dict[str, str]:
    """A digest of each table as it is now."""
    rows = await Case.raw("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
    digest = "SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) AS digest FROM \"{}\" t"
    return {
        row["tablename"]: (await Case.raw(digest.replace("{}", row["tablename"])))[0]["digest"]
        for row in rows
    }

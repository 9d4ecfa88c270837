"""Who there is in ``portal demo``: one account of each role, and a deputy where something takes two people."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import msgspec

from db.accounts import Account, ContactPoint
from db.engine import atomic
from portal.accounts.actions import make_account
from portal.demo_feedback import APPEALS, INSPECTIONS
from portal.i18n import using
from portal.security import passwords
from portal.settings import SettingError, Settings, write_once

CHANGED = "changed since: the shared password no longer opens it"
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
STATISTICS, EVALUATION, PLANNING = "mpo-qom-statistics", "mpo-qom-human-capital", "mpo-qom-planning"
TEHRAN, TABRIZ = "mpo-tehran-statistics", "economy-east-azerbaijan-desk"


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """One sample account and what it is for.

    ``units`` are slugs, the first is its own; none for people outside the desk. ``email`` and ``phone`` are confirmed.
    """

    username: str
    display_name: str
    role: str
    is_for: str
    units: tuple[str, ...] = ()
    email: str = ""
    phone: str = ""


class Login(msgspec.Struct, frozen=True):
    """How to sign in to a sample account; ``password`` says so where somebody changed it."""

    username: str
    password: str
    is_for: str


PEOPLE = (
    Person(
        username="admin",
        display_name="نرگس آذرنیا، مدیر سایت",
        role="admin",
        is_for="runs the site",
        units=(STATISTICS,),
        email="narges@azarnia.example",
        phone="+989000002185",
    ),
    Person(
        username="admin2",
        display_name="رامین کوهسار، جانشین مدیر سایت",
        role="admin",
        is_for="second admin, where two must agree",
        units=(STATISTICS,),
        email="ramin@kouhsar.example",
        phone="+989000002222",
    ),
    Person(
        username="manager",
        display_name="سهیلا فرازمند، مدیر خدمت",
        role="manager",
        is_for="writes services and statements",
        units=(EVALUATION, STATISTICS),
    ),
    Person(
        username="manager2",
        display_name="مهرداد نیک‌بین، جانشین مدیر خدمت",
        role="manager",
        is_for="second manager, where two must agree",
        units=(EVALUATION, STATISTICS),
    ),
    Person(
        username="staff",
        display_name="بابک دادگر، کارشناس میز خدمت",
        role="staff",
        is_for="clerk, answers requests",
        units=(STATISTICS, EVALUATION, PLANNING, TEHRAN, TABRIZ),
    ),
    Person(
        username="inspector",
        display_name="هما راستگو، بازرس",
        role="staff",
        is_for="clerk, hears complaints",
        units=INSPECTIONS,
    ),
    Person(
        username="board",
        display_name="شهاب داورپناه، عضو هیئت رسیدگی",
        role="staff",
        is_for="clerk, hears appeals",
        units=APPEALS,
    ),
    Person(
        username="evaluator",
        display_name="ژاله خردمند، ارزیاب",
        role="evaluator",
        is_for="evaluator, no work here yet",
    ),
    Person(
        username="liaison",
        display_name="بهزاد فرهمند، رابط آماری",
        role="liaison",
        is_for="files requests for an agency",
    ),
    Person(
        username="citizen",
        display_name="کیان سپهری",
        role="citizen",
        is_for="files requests and complaints",
        email="kian@sepehr.example",
        phone="+989000001074",
    ),
    Person(
        username="auditor",
        display_name="فرهاد راستین، ناظر",
        role="auditor",
        is_for="reads everything, changes nothing",
    ),
)


async def accounts(
    settings: Settings, units: Mapping[str, UUID], reachable: datetime, *, now: datetime
) -> list[Login]:
    """Everybody of PEOPLE has an account, their addresses confirmed at ``reachable``; those that were there stay as
    they are. Raises SettingError for a PORTAL_DEMO_PASSWORD that is too easy.
    """
    password = _password(settings)
    return [await _account(person, password, units, reachable, now) for person in PEOPLE]


async def _account(
    person: Person, password: str, units: Mapping[str, UUID], reachable: datetime, now: datetime
) -> Login:
    kept = await Account.select(Account.password_hash).where(Account.username == person.username).first()
    if kept is None:
        await _make(person, password, units, reachable, now)
    known = kept is None or await passwords.verify(kept["password_hash"], password)
    return Login(person.username, password if known else CHANGED, person.is_for)


@atomic
async def _make(
    person: Person, password: str, units: Mapping[str, UUID], reachable: datetime, now: datetime
) -> None:
    account = await make_account(
        person.username,
        display_name=person.display_name,
        role=person.role,
        password=password,
        units=[units[slug] for slug in person.units],
        now=now,
    )
    for kind, value in (("email", person.email), ("phone", person.phone)):
        if value:
            row = ContactPoint(
                account=account, kind=kind, value=value, verified_at=reachable, changed_at=reachable
            )
            await ContactPoint.insert(row)


def _password(settings: Settings) -> str:
    """The one of PORTAL_DEMO_PASSWORD, else one that was made at random on the first run."""
    if settings.demo_password:
        with using("en"):
            problem = passwords.weakness(settings.demo_password, username="")
        if problem:
            raise SettingError(f"PORTAL_DEMO_PASSWORD: {problem}")
        return settings.demo_password
    path = settings.data_dir / "demo_password"
    if not path.exists():
        made = "-".join("".join(secrets.choice(_LETTERS) for _letter in range(5)) for _group in range(4))
        path.parent.mkdir(parents=True, exist_ok=True)
        write_once(path, made)
    return path.read_text().strip()

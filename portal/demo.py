"""What ``portal demo`` shows: the sample services, one account of each role, cases in every state.

The cases stand in demo_stories. People, agencies and letters are invented; telephone numbers and addresses can't
belong to anybody.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import cast
from urllib.parse import urlsplit
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import msgspec
from piccolo.engine import engine_finder

from db.accounts import Account
from db.cases import Case
from db.engine import Engine, atomic, close_pool, open_pool
from db.operations import DayReport
from db.services import Unit
from portal import demo_feedback, demo_outages, demo_people, signing, uploads
from portal.cases import actions, desk_actions, ratings
from portal.cases.submission import FilingDraft
from portal.demo_people import Login
from portal.demo_stories import Step, Story, stories
from portal.feedback import actions as feedback
from portal.office_hours import IRAN_OFFICE, is_working_day
from portal.operations import actions as operations
from portal.operations import reckoning
from portal.promises import actions as promises
from portal.services.actions import load_samples
from portal.services.queries import service_by_slug
from portal.settings import LOOPBACK, Settings
from portal.text import store
from portal.uploads import StoredFile

ZONE = ZoneInfo(IRAN_OFFICE.zone)
OPENED = 70  # working days before the first run; older than every case
SUBMISSIONS = UUID("3f0f3c1e-7f0e-4a51-9e0b-2d4d1f6a5c10")


class SampleFile(msgspec.Struct):
    """A small text file, as a form would bring it."""

    filename: str
    content_type: str
    file: io.BytesIO


async def load(settings: Settings) -> list[Login]:
    """The samples are there; returns how to sign in to every sample account.

    Running it again adds nothing twice and changes no password. Raises SettingError for a
    PORTAL_DEMO_PASSWORD that is too easy.
    """
    engine = engine_finder()
    assert isinstance(engine, Engine), "piccolo_conf.DB is a db.engine.Engine"
    if engine.pool is not None:
        return await fill(settings, now=datetime.now(UTC))
    await open_pool(4)
    try:
        return await fill(settings, now=datetime.now(UTC))
    finally:
        await close_pool()


async def fill(settings: Settings, *, now: datetime) -> list[Login]:
    """As ``load``, with the cases' times counted back from ``now``."""
    signing.keep_in(settings.data_dir)
    opened = _ago(OPENED, "08:00", now)
    await load_samples(opened)
    await demo_feedback.offices(opened)
    units = {row["slug"]: row["id"] for row in await Unit.select(Unit.slug, Unit.id)}
    accounts = await demo_people.accounts(settings, units, opened, now=now)
    ids = {row["username"]: row["id"] for row in await Account.select(Account.username, Account.id)}
    for story in stories():
        if not await Case.exists().where(Case.submission_id == _submission(story)):
            await _tell(story, await _files(story, settings), settings.secret_key, {**units, **ids}, now)
    await demo_feedback.tips(zone=settings.zone, now=now)
    await demo_outages.fill(zone=settings.zone, now=now)
    await promises.publish(zone=settings.zone, now=now)
    await _reckon_yesterday(settings, now)
    return accounts


def welcome(settings: Settings, logins: Sequence[Login]) -> str:
    """What the console says under the address: how to look around, who there is, where the mail goes."""
    home = settings.base_url
    lines = [f"In English at {home}/en, signing in at {home}/accounts/sign-in"]
    if not settings.smtp_url:
        kept = urlsplit(home).hostname in LOOPBACK
        lines.append(f"Mail is not sent: it lies {f'in {settings.mail_dir} and ' * kept}at {home}/admin/mail")
    lines.append("Sample accounts:")
    lines += [f"  {login.username:<10} {login.password}  ({login.is_for})" for login in logins]
    if settings.second_factor_grace is None:
        lines.append("They need no second step at sign-in; outside of the demo people of the desk do.")
    return "\n".join([*lines, ""])


async def _reckon_yesterday(settings: Settings, now: datetime) -> None:
    """The last whole day has its report, as it was when that day ended: nothing is sent while samples are loaded."""
    today = now.astimezone(settings.zone).date()
    midnight = reckoning.span_of(today, settings.zone).begins
    yesterday = today - reckoning.A_DAY
    if not await DayReport.exists().where(DayReport.day == yesterday):
        await operations.reckon(yesterday, zone=settings.zone, uploads_dir=settings.uploads_dir, now=midnight)


async def _files(story: Story, settings: Settings) -> tuple[StoredFile, ...]:
    if not story.file:
        return ()
    sample = SampleFile(story.file, "text/plain", io.BytesIO("ابلاغ نمونه\nSample notification\n".encode()))
    return (await uploads.receive(sample, settings.uploads_dir, field="notification_file"),)


@atomic
async def _tell(
    story: Story, files: tuple[StoredFile, ...], key: bytes, ids: Mapping[str, UUID], now: datetime
) -> None:
    """The case exists with all of its steps, or nothing of it does."""
    case_id = await _file(story, files, key, ids, now)
    for seen, step in enumerate(story.steps, start=1):
        await _take_step(step, case_id, seen, ids, _ago(step.days, step.time, now))
    if story.score:
        last = story.steps[-1]
        at = _ago(last.days, last.time, now) + timedelta(hours=1)
        (asked,) = await ratings.of_case(case_id, now=at)
        await ratings.rate(asked, score=story.score, comment=story.comment, now=at)


async def _file(
    story: Story, files: tuple[StoredFile, ...], key: bytes, ids: Mapping[str, UUID], now: datetime
) -> UUID:
    service = await service_by_slug(story.service, now=now)
    assert service is not None, "the samples were loaded just now"
    draft = FilingDraft(
        submission_id=_submission(story),
        audience=story.audience,
        agency_name=story.agency,
        contact_name=story.name,
        contact_email=story.email,
        contact_phone=story.phone,
        locale=story.locale,
        body=store(story.body, lines=True),
        kind=story.kind,
        topic=story.topic,
        about_case=await _case_of(story.about),
        answers=story.answers,
        files=files,
    )
    filed_at = _ago(story.days, story.time, now)
    if story.channel == "portal":
        applicant = ids.get(story.account)
        file = actions.file_case if story.kind == "request" else feedback.file_feedback
        filed = await file(draft, service=service, browser="", applicant=applicant, key=key, now=filed_at)
    else:
        filed = await desk_actions.register_case(
            draft,
            service=service,
            channel=story.channel,
            letter_no=story.letter_no,
            letter_date=_local(filed_at) - timedelta(days=2),
            clerk=ids["staff"],
            key=key,
            now=filed_at,
        )
    return filed.case_id


_SAYS = {
    "take": (),
    "note": ("body",),
    "ask": ("body",),
    "refer": ("unit", "body"),
    "answer": ("body",),
    "close": ("outcome", "reason", "where_to"),
    "reject": ("reason",),
}
"""What each verb of the desk is told."""


async def _take_step(step: Step, case_id: UUID, seen: int, ids: Mapping[str, UUID], at: datetime) -> None:
    if step.verb == "reply":
        await actions.reply(case_id, body=step.body, now=at)
    elif step.verb == "withdraw":
        await actions.withdraw(case_id, reason=step.body, now=at)
    else:
        said = {
            "body": step.body,
            "reason": step.body,
            "outcome": step.outcome,
            "where_to": step.where_to,
            "unit": ids.get(step.unit),
        }
        verb = getattr(desk_actions, step.verb)
        told = {name: said[name] for name in _SAYS[step.verb]}
        await verb(case_id, clerk=ids[step.by], seen=seen, now=at, **told)


async def _case_of(key: str) -> UUID | None:
    """The case that the story ``key`` has become; None for no key."""
    if not key:
        return None
    row = await Case.select(Case.id).where(Case.submission_id == uuid5(SUBMISSIONS, key)).first()
    assert row, "a complaint stands below the story it is about"
    return cast(UUID, row["id"])


def _submission(story: Story) -> UUID:
    return uuid5(SUBMISSIONS, story.key)


def _ago(days: int, clock: str, now: datetime) -> datetime:
    """The UTC instant ``days`` working days before today's at ``clock``; with 0 days, ``clock`` before now."""
    hours, minutes = map(int, clock.split(":"))
    if not days:
        return now - timedelta(hours=hours, minutes=minutes)
    day = _local(now)
    while days:
        day -= timedelta(days=1)
        days -= is_working_day(IRAN_OFFICE, day)
    return datetime.combine(day, time(hours, minutes), ZONE).astimezone(UTC)


def _local(moment: datetime) -> date:
    return moment.astimezone(ZONE).date()

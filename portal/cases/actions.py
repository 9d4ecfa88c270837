"""What an applicant does: file a case, answer a question, withdraw. Each verb is one transaction."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from db.cases import AccessGrant, Case
from db.engine import atomic
from db.keys import uuid7
from portal import codes, text
from portal.calendars import queries as calendar_queries
from portal.cases import access, clock, clock_terms, contests, mails, record, reopening
from portal.cases.clock import Dues, Past, Terms
from portal.cases.events import Event, text_hash
from portal.cases.record import APPLICANT, Actor, Words
from portal.errors import Conflict
from portal.i18n import _
from portal.services.queries import ServiceView
from portal.uploads import StoredFile

MOST_DRAWS = 8
_WORD = re.compile(r"[^\W_]+")


class FilingDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A filled form, read and checked. ``answers``: key -> text, whole number, list of choices or ISO date."""

    submission_id: UUID
    audience: str
    agency_name: str = ""
    contact_name: str
    contact_email: str | None = None
    contact_phone: str | None = None
    locale: str
    body: str = ""
    answers: dict[str, Any]
    files: tuple[StoredFile, ...] = ()


class Intake(msgspec.Struct, frozen=True, kw_only=True):
    """How a case came: ``portal``, or by letter and the like, then with its number and day."""

    channel: str = "portal"
    letter_no: str | None = None
    letter_date: Any = None
    actor: Actor = APPLICANT


class Filed(msgspec.Struct, frozen=True, kw_only=True):
    """A case exists. ``replayed``: it existed before this call; ``same_browser``: the caller is who filed it."""

    case_id: UUID
    number: int
    replayed: bool = False
    same_browser: bool = True


class DifferentSubmission(Conflict):
    """The form was sent before with other content.

    ``number`` is the case it made; None for somebody who may not know it.
    """

    def __init__(self, number: int | None) -> None:
        super().__init__(_("This form was sent before, with other content."))
        self.number = number


@atomic
async def file_case(
    draft: FilingDraft,
    *,
    service: ServiceView,
    browser: str,
    applicant: UUID | None,
    key: bytes,
    now: datetime,
    intake: Intake = Intake(),  # noqa: B008 - frozen
) -> Filed:
    """A case with a new tracking number, its first event, passcode and mail exist; ``browser`` sees it for a day.

    The same submission again gives the same case. Raises DifferentSubmission when its id came with other content.
    """
    service = await _with_calendars_of_now(service)
    dues = _first_dues(service, now)
    case = _new_case(draft, service, intake, dues, applicant=applicant, now=now)
    event = _first_event(case, service, intake, draft, dues, now=now)
    if not await _insert(case):
        return await _replay(draft, browser=browser, key=key, now=now)
    await record.write(event, files=draft.files)
    grants = [access.new_passcode(key, case.id, now=now)]
    if browser:
        grants.append(access.browser_grant(key, case.id, browser, tier=2, now=now))
    await AccessGrant.insert(*grants)
    await mails.tell_applicant(case, event, now=now)
    return Filed(case_id=case.id, number=case.number)


@atomic
async def reply(
    case_id: UUID, *, body: str, files: Sequence[StoredFile] = (), account: UUID | None = None, now: datetime
) -> None:
    """The applicant's words and files stand in the history; a case that waited for them is in review again.

    Raises Conflict when the case has ended.
    """
    case = await record.locked(case_id)
    actor = Actor("applicant", account)
    await record.append(case, "replied", actor, words=Words(body), files=files, now=now)


@atomic
async def withdraw(case_id: UUID, *, reason: str, account: UUID | None = None, now: datetime) -> None:
    """The case has ended by the applicant's wish. Raises Conflict when it had ended before."""
    case = await record.locked(case_id)
    await record.append(case, "withdrawn", Actor("applicant", account), words=Words(reason), now=now)


@atomic
async def contest(case_id: UUID, *, reason: str, account: UUID | None = None, now: datetime) -> None:
    """Somebody of the desk who did not ask has to decide whether the case had to wait at all, for this ``reason``.

    Raises Conflict when it does not wait, or when this pause was contested before.
    """
    case = await record.locked(case_id)
    pause = contests.contestable(await contests.pauses_of(case_id))
    if pause is None:
        raise Conflict(_("This pause was contested before."))
    data, words = {"pause": pause.n}, Words(reason)
    await record.append(case, "contested", Actor("applicant", account), data=data, words=words, now=now)


@atomic
async def reopen(case_id: UUID, *, reason: str, account: UUID | None = None, now: datetime) -> None:
    """The case is worked on again, for this ``reason``, and its result is owed anew.

    Raises Conflict when it has not ended, or its last day for that has passed.
    """
    case = await record.locked(case_id)
    end = reopening.last_end((await clock_terms.past_of(case_id))[0])
    if case.state in reopening.ENDS and end and reopening.until(end.at, end.data) < now:
        raise Conflict(_("The time to open this request again has passed. Please file a new one."))
    await record.append(case, "reopened", Actor("applicant", account), words=Words(reason), now=now)


def _new_case(
    draft: FilingDraft,
    service: ServiceView,
    intake: Intake,
    dues: Dues,
    *,
    applicant: UUID | None,
    now: datetime,
) -> Case:
    return Case(
        id=uuid7(),
        number=codes.new_number(),
        service=service.id,
        sla_version=service.sla_id,
        form_version=service.form_id,
        applicant=applicant,
        audience=draft.audience,
        agency_name=draft.agency_name,
        contact_name=draft.contact_name,
        contact_email=draft.contact_email,
        contact_phone=draft.contact_phone,
        locale=draft.locale,
        answers=draft.answers,
        body=draft.body,
        salt=access.new_token(),
        search_key=search_key(draft, service, intake),
        state="registered",
        unit=service.unit_id,
        channel=intake.channel,
        letter_no=intake.letter_no,
        letter_date=intake.letter_date,
        submission_id=draft.submission_id,
        submission_sha256=content_sha256(draft, service.id),
        version=1,
        filed_at=now,
        changed_at=now,
        **msgspec.structs.asdict(dues),
    )


def search_key(draft: FilingDraft, service: ServiceView, intake: Intake) -> str:
    """What the desk's search looks in: every word that was filed and the service's name, as search keys.

    Single spaces stand between words: PostgreSQL's parser would take "province/county" or an address for one word.
    """
    words = [
        service.title.fa,
        service.title.en,
        draft.contact_name,
        draft.agency_name,
        draft.body,
        intake.letter_no or "",
    ]
    words += [value for value in draft.answers.values() if isinstance(value, str)]
    # A compound is found by its whole (the key drops half-spaces) and by its parts.
    words += [word.replace("\u200c", " ") for word in " ".join(words).split() if "\u200c" in word]
    return " ".join(_WORD.findall(text.search_key(" ".join(words))))[:20_000]


def _first_event(
    case: Case, service: ServiceView, intake: Intake, draft: FilingDraft, dues: Dues, *, now: datetime
) -> Event:
    data: dict[str, Any] = {"channel": intake.channel, "unit": str(service.unit_id)}
    data |= {"calendars": service.calendar_revisions, **record.stamps(dues)}
    if draft.files:
        data["files"] = [file.sha256 for file in draft.files]
    return Event(
        case=case.id,
        n=1,
        kind="filed",
        actor_role=intake.actor.role,
        actor=intake.actor.account,
        data=data,
        text_hash=text_hash(case.salt, _canonical({"answers": draft.answers, "body": draft.body})),
        at=now,
        prev_hash="",
    )


def _first_dues(service: ServiceView, filed_at: datetime) -> Dues:
    """When each promise of the statement in force falls due for a case filed now, by its own calendar."""
    targets = service.statement.targets if service.statement else ()
    terms = Terms(targets, service.calendars, service.watch)
    return clock.dues(terms, [Past(1, "filed", filed_at, {})], now=filed_at)


async def _with_calendars_of_now(service: ServiceView) -> ServiceView:
    """As the calendars say now: since the service was looked up, files may have taken minutes to arrive.

    No query of its own, so up to 2 seconds old; ``recount`` finds whoever was filed under an earlier revision.
    """
    held = await calendar_queries.newest()
    newer = [held[name] for name, n in service.calendar_revisions.items() if held[name].n > n]
    return msgspec.structs.replace(
        service,
        calendars={**service.calendars, **{one.name: one.calendar for one in newer}},
        calendar_revisions={**service.calendar_revisions, **{one.name: one.n for one in newer}},
    )


async def _insert(case: Case) -> bool:
    """The row exists; False when its submission was filed before. A number that is taken is drawn again."""
    for _draw in range(MOST_DRAWS):
        if await Case.insert(case).on_conflict(action="DO NOTHING").returning(Case.id):
            return True
        if await Case.exists().where(Case.submission_id == case.submission_id):
            return False
        case.number = codes.new_number()
    raise RuntimeError("no free tracking number in eight draws: the number table must be broken")


async def _replay(draft: FilingDraft, *, browser: str, key: bytes, now: datetime) -> Filed:
    row = (
        await Case.select(Case.id, Case.number, Case.service, Case.submission_sha256)
        .where(Case.submission_id == draft.submission_id)
        .first()
    )
    assert row is not None, "the submission was there a moment ago"
    tier = await access.tier_of(
        row["id"], tokens=[browser] if browser else [], account=None, applicant=None, keys=[key], now=now
    )
    if row["submission_sha256"] != content_sha256(draft, row["service"]):
        raise DifferentSubmission(row["number"] if tier == 2 or not browser else None)
    return Filed(case_id=row["id"], number=row["number"], replayed=True, same_browser=tier == 2)


def content_sha256(draft: FilingDraft, service_id: UUID) -> str:
    """SHA-256 of what was sent, file contents by their digests; not of which page sent it or where files lie."""
    sent: Mapping[str, Any] = {
        **msgspec.structs.asdict(draft),
        "files": [(file.name, file.sha256) for file in draft.files],
        "service": service_id,
        "submission_id": "",
        "locale": "",  # the same form sent from the other language's page is the same form
    }
    return hashlib.sha256(msgspec.json.encode(sent, order="deterministic")).hexdigest()


def _canonical(value: Any) -> str:
    return msgspec.json.encode(value, order="deterministic").decode()

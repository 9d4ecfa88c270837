"""What an applicant does: file a case, answer a question, withdraw. Each verb is one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from db.cases import AccessGrant, Case
from db.engine import atomic
from db.keys import uuid7
from portal import codes
from portal.calendars import queries as calendar_queries
from portal.cases import access, attest, clock, clock_terms, contests, dead_numbers, mails, record, reopening
from portal.cases.clock import Dues, Past, Terms
from portal.cases.events import Event, filed_text, text_hash
from portal.cases.record import Actor, Words
from portal.cases.submission import FilingDraft, Intake, content_sha256, search_key
from portal.errors import Conflict
from portal.i18n import _
from portal.services.queries import ServiceView
from portal.uploads import StoredFile

MOST_DRAWS = 8
_AS_SENT = tuple(name for name in FilingDraft.__struct_fields__ if name != "files")


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
    """A case with a new number, its first event, receipt, passcode and mail exist; ``browser`` sees it for a day.

    The same submission again gives the same case. Raises DifferentSubmission when its id came with other content.
    """
    service = await _with_calendars_of_now(service)
    dues = _first_dues(draft.kind, service, now)
    case = _new_case(draft, service, intake, dues, applicant=applicant, now=now)
    event = _first_event(case, service, intake, draft, dues, now=now)
    if not await _insert(case):
        return await _replay(draft, browser=browser, key=key, now=now)
    await record.write(event, files=draft.files, receipt=attest.of_filing(case, event, service))
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
        form_version=service.form_id if draft.kind == "request" else None,
        applicant=applicant,
        salt=access.new_token(),
        search_key=search_key(draft, service, intake),
        state="registered",
        unit=service.unit_id,
        channel=intake.channel,
        letter_no=intake.letter_no,
        letter_date=intake.letter_date,
        submission_sha256=content_sha256(draft, service.id),
        version=1,
        filed_at=now,
        changed_at=now,
        **{name: getattr(draft, name) for name in _AS_SENT},
        **msgspec.structs.asdict(dues),
    )


def _first_event(
    case: Case, service: ServiceView, intake: Intake, draft: FilingDraft, dues: Dues, *, now: datetime
) -> Event:
    data: dict[str, Any] = {"channel": intake.channel, "unit": str(service.unit_id)}
    data |= {"calendars": service.calendar_revisions, **record.stamps(dues)}
    if draft.kind != "request":
        data["kind"] = draft.kind
    if draft.files:
        data["files"] = [file.sha256 for file in draft.files]
    return Event(
        case=case.id,
        n=1,
        kind="filed",
        actor_role=intake.actor.role,
        actor=intake.actor.account,
        data=data,
        text_hash=text_hash(case.salt, filed_text(draft.answers, draft.body)),
        at=now,
        prev_hash="",
    )


def _first_dues(kind: str, service: ServiceView, filed_at: datetime) -> Dues:
    """When each promise of the statement in force falls due for a case filed now, by its own calendar."""
    targets = service.statement.targets if service.statement else ()
    terms = Terms(clock.targets_of(kind, targets), service.calendars, service.watch)
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
        if await record.insert_case(case):
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
    if tier < 2 and browser and await dead_numbers.was_renumbered(row["id"]):
        raise DifferentSubmission(None)  # whoever only holds the old form is not told the new number
    return Filed(case_id=row["id"], number=row["number"], replayed=True, same_browser=tier == 2)

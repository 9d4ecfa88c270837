"""What the desk does with a case. Each verb is one transaction and is refused when the case has moved on.

Only the people of the unit that has the case may (NotAllowed), and of a complaint only those whom
``independence`` does not bar from it. ``seen`` is the version the clerk saw: two clerks
on one case never overwrite each other (``record.Stale``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from db.cases import Case
from db.engine import atomic
from portal.cases import (
    access,
    clock_terms,
    complaints,
    contests,
    independence,
    ratings,
    record,
    rules,
)
from portal.cases.actions import Filed, file_case
from portal.cases.events import Event
from portal.cases.record import Actor, Words
from portal.cases.submission import FilingDraft, Intake
from portal.errors import BadRequest, Conflict, NotAllowed, NotFound
from portal.i18n import _, using
from portal.services import unit_people
from portal.services.queries import ServiceView
from portal.uploads import StoredFile

USUAL_PAUSE = timedelta(days=14)
"""How long the applicant has to answer when nothing else is said."""
SPEAKING = frozenset({"asked", "answered", "closed", "rejected", "decided", "informed", "extended"})
"""Whoever tells the applicant something has the case, unless somebody had it before."""


class NotAwaited(BadRequest):
    """Nobody can say yet that the applicant did not answer. ``until``: they have so long; None: nothing was asked."""

    def __init__(self, until: datetime | None) -> None:
        if until is None:
            words = _(
                "Nothing is open between you and the applicant. Ask first, and let the day you give them pass."
            )
        else:
            words = _("The applicant still has time to answer.")
        super().__init__(words)
        self.until = until


@atomic
async def take(case_id: UUID, *, clerk: UUID, seen: int, now: datetime) -> None:
    """The clerk works on the case; one not yet in review is now."""
    await _append(case_id, "taken", clerk, seen, now, data={"assignee": str(clerk)})


@atomic
async def assign(case_id: UUID, *, clerk: UUID, seen: int, assignee: UUID, now: datetime) -> None:
    """``assignee``, somebody of the case's unit, works on it. Raises NotFound for anybody else, Barred for a complaint
    that the assignee may have nothing to do with.
    """
    case = await record.locked(case_id)
    if not await unit_people.works_for(assignee, case.unit):
        raise NotFound(_("Nobody of that name works in this unit."))
    await independence.check(assignee, case_id, kind=case.kind)
    await _append(case_id, "assigned", clerk, seen, now, data={"assignee": str(assignee)})


@atomic
async def ask(
    case_id: UUID, *, clerk: UUID, seen: int, body: str, until: datetime | None = None, now: datetime
) -> None:
    """The case waits for the applicant, who has been asked ``body``; its clock rests until the answer or ``until``.

    Without ``until`` that is two weeks.
    """
    data = {"until": (until or now + USUAL_PAUSE).isoformat()}
    await _append(case_id, "asked", clerk, seen, now, data=data, words=Words(body))


@atomic
async def inform(case_id: UUID, *, clerk: UUID, seen: int, body: str, now: datetime) -> None:
    """The applicant has read how things stand; nothing is asked and nothing is decided."""
    await _append(case_id, "informed", clerk, seen, now, words=Words(body))


@atomic
async def extend(
    case_id: UUID, *, clerk: UUID, seen: int, expected_on: date, body: str, now: datetime
) -> None:
    """The applicant knows why it takes longer and by which day to expect the result. The promise stays as it was."""
    data = {"expected_on": expected_on.isoformat()}
    await _append(case_id, "extended", clerk, seen, now, data=data, words=Words(body))


@atomic
async def decide_contest(
    case_id: UUID, *, clerk: UUID, seen: int, decision: str, body: str, now: datetime
) -> None:
    """The applicant knows whether the pause stands (``denied``) or never was (``upheld``), and why.

    Raises Conflict when no pause is contested, NotAllowed for whoever began it.
    """
    case = await record.locked(case_id, seen=seen)
    await check_works_on(clerk, case)
    pause = contests.undecided(await contests.pauses_of(case_id))
    if pause is None:
        raise Conflict(_("No pause of this case is contested."))
    if pause.by == clerk:
        raise NotAllowed(_("Somebody else must decide this: the pause is yours."))
    words = Words(body)
    await record.append(
        case, f"contest_{decision}", Actor("staff", clerk), data={"pause": pause.n}, words=words, now=now
    )


@atomic
async def note(case_id: UUID, *, clerk: UUID, seen: int, body: str, now: datetime) -> None:
    """``body`` stands in the history for the desk only. Notes collide with nothing: ``seen`` does not matter."""
    await _append(case_id, "noted", clerk, None, now, words=Words(body, visible_to="staff"))


@atomic
async def refer(case_id: UUID, *, clerk: UUID, seen: int, unit: UUID, body: str, now: datetime) -> None:
    """Another unit is responsible and nobody of it has the case yet; ``body`` tells that unit why.

    A complaint goes only to units that hear complaints. When all of its unit are barred, a site admin refers it.
    """
    case = await record.locked(case_id)
    if all(one.id != unit for one in await complaints.units_for(case.id)):
        raise NotFound(_("There is no such unit."))
    words = Words(body, visible_to="staff")
    await _append(case_id, "referred", clerk, seen, now, data={"unit": str(unit)}, words=words)


@atomic
async def answer(
    case_id: UUID, *, clerk: UUID, seen: int, body: str, files: Sequence[StoredFile] = (), now: datetime
) -> None:
    """The applicant has the answer ``body`` and its files."""
    await _append(case_id, "answered", clerk, seen, now, words=Words(body), files=files)


@atomic
async def close(
    case_id: UUID, *, clerk: UUID, seen: int, outcome: str, reason: str, where_to: str = "", now: datetime
) -> None:
    """The case has ended with ``outcome`` (``rules.OUTCOMES``) for the reason the applicant reads.

    ``where_to`` says who is responsible when we are not; it stands under the reason. Raises NotAwaited for
    ``rules.NO_ANSWER`` before the day that the applicant was given to answer has passed.
    """
    if outcome == rules.NO_ANSWER:
        await _check_had_time(await record.locked(case_id, seen=seen), clerk, now=now)
    if where_to:
        with using((await record.locked(case_id)).locale):
            reason = "\n".join((reason, "", _("Where to go:"), where_to))
    words = Words(reason)
    case, event = await _append(case_id, "closed", clerk, seen, now, data={"outcome": outcome}, words=words)
    await ratings.invite(case, event, now=now)


@atomic
async def reject(case_id: UUID, *, clerk: UUID, seen: int, reason: str, now: datetime) -> None:
    """The case has ended without being worked on, for the reason the applicant reads."""
    await _append(case_id, "rejected", clerk, seen, now, words=Words(reason))


@atomic
async def decide(
    case_id: UUID, *, clerk: UUID, seen: int, outcome: str, reasons: str, remedy: str = "", now: datetime
) -> None:
    """The complaint has ended with ``outcome`` (``rules.DECISIONS``); the applicant reads reasons and remedy.

    Raises BadRequest for a complaint that is upheld, even in part, while nothing is done about it.
    """
    if outcome not in rules.DECISIONS or (outcome != "not_upheld" and not remedy.strip()):
        raise BadRequest(_("A complaint that is upheld needs a remedy."))
    case = await record.locked(case_id)
    words = Words(complaints.decision_in_words(reasons, remedy, locale=case.locale))
    await _append(case_id, "decided", clerk, seen, now, data={"outcome": outcome}, words=words)


@atomic
async def name_person(case_id: UUID, *, clerk: UUID, seen: int, person: UUID, now: datetime) -> None:
    """The complaint is known to be about ``person``, who from now on has nothing to do with it.

    Raises NotFound for somebody who does not work in the agency.
    """
    if all(one.value != str(person) for one in await complaints.people_of_agency(case_id)):
        raise NotFound(_("Nobody of that name works in this agency."))
    await _append(case_id, "named", clerk, seen, now, data={"person": str(person)})


@atomic
async def reissue_passcode(
    case_id: UUID, *, clerk: UUID, seen: int, proof: str, key: bytes, now: datetime
) -> str:
    """A new passcode is the only one that opens the case; returns its digits, to be told once.

    ``proof`` says how the clerk made sure who is asking; it stays in the history.
    """
    words = Words(proof, visible_to="staff")
    await _append(case_id, "passcode", clerk, seen, now, words=words)
    return await access.start_anew(case_id, key=key, now=now)


async def register_case(
    draft: FilingDraft,
    *,
    service: ServiceView,
    channel: str,
    letter_no: str,
    letter_date: date | None,
    clerk: UUID,
    key: bytes,
    now: datetime,
) -> Filed:
    """What came by letter, fax, office automation or official e-mail is a case like any other.

    Raises NotAllowed for a service of another unit.
    """
    await _check_works_for(clerk, service.unit_id)
    intake = Intake(
        channel=channel, letter_no=letter_no, letter_date=letter_date, actor=Actor("staff", clerk)
    )
    return await file_case(
        draft, service=service, browser="", applicant=None, key=key, now=now, intake=intake
    )


async def _check_works_for(clerk: UUID, unit: UUID) -> None:
    """Raises NotAllowed for somebody of another unit."""
    if not await unit_people.works_for(clerk, unit):
        raise NotAllowed(_("Only the unit that has this case works on it."))


async def _check_had_time(case: Case, clerk: UUID, *, now: datetime) -> None:
    """Raises NotAwaited unless the applicant was asked and let their day pass, but first whatever closing raises."""
    await check_works_on(clerk, case)
    record.check("closed", case)
    until = contests.given_until((await clock_terms.past_of(case.id))[0])
    if until is None or now < until:
        raise NotAwaited(until)


async def check_works_on(clerk: UUID, case: Case) -> None:
    """Raises NotAllowed for somebody of another unit, and for whoever may have no part in this complaint."""
    await _check_works_for(clerk, case.unit)
    await independence.check(clerk, case.id, kind=case.kind)


async def _append(
    case_id: UUID,
    kind: str,
    clerk: UUID,
    seen: int | None,
    now: datetime,
    *,
    data: dict[str, Any] | None = None,
    words: Words | None = None,
    files: Sequence[StoredFile] = (),
) -> tuple[Case, Event]:
    case = await record.locked(case_id, seen=seen)
    if not (kind == "referred" and await independence.may_pass_on(clerk, case_id)):
        await check_works_on(clerk, case)
    if kind in SPEAKING and case.assignee is None:
        data = {**(data or {}), "assignee": str(clerk)}
    actor = Actor("staff", clerk)
    event = await record.append(case, kind, actor, data=data, words=words, files=files, now=now)
    return case, event

"""The desk's page of one case, as it is shown after a look, a mistake and a collision alike."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from litestar import Request
from litestar.response import Template

from portal import audit, codes, sla, uploads
from portal.cases import (
    complaint_pages,
    contests,
    desk_actions,
    independence,
    ratings,
    rules,
)
from portal.cases.desk_case_queries import CaseHead, DeskCase, Happening, case_head, desk_case
from portal.cases.staff_forms import (
    BODIES,
    DECISIONS,
    LABELS,
    MOVES,
    Move,
    SentMove,
    files_again,
    move_labels,
)
from portal.errors import NotAllowed, NotFound
from portal.forms import named
from portal.i18n import N_, _, speak_of
from portal.security.headers import PRIVATE
from portal.security.sessions import SignedIn
from portal.services.labels import AUDIENCES, CHANNELS, TARGETS

C = TypeVar("C", bound=CaseHead)
Visit = Request[SignedIn, Any, Any]
LARGEST_BODY = uploads.MAX_TOTAL + 2**20  # bytes: all files of a form and the words beside them

_HAPPENED = {
    "filed": N_("Request received"),
    "taken": N_("Taken into work"),
    "assigned": N_("Assigned"),
    "asked": N_("Asked the applicant"),
    "informed": N_("Told the applicant how it stands"),
    "extended": N_("Announced a delay"),
    "contested": N_("The applicant contests the pause"),
    "contest_upheld": N_("The contested pause was undone"),
    "contest_denied": N_("The contested pause stands"),
    "reopened": N_("Opened again by the applicant"),
    "decided": N_("Decided"),
    "appealed": N_("Decision appealed by the applicant"),
    "named": N_("Recorded whom the complaint is about"),
    "missed": N_("The promised time has passed"),
    "recounted": N_("Counted anew after a change of the calendar"),
    "credited": N_("Downtime of the service credited"),
    "noted": N_("Internal note"),
    "referred": N_("Referred to another unit"),
    "answered": N_("Answered"),
    "closed": N_("Closed"),
    "rejected": N_("Rejected"),
    "replied": N_("The applicant wrote"),
    "withdrawn": N_("Withdrawn by the applicant"),
    "passcode": N_("New passcode given out"),
    "renumbered": N_("New tracking code given out"),
    "claimed": N_("The applicant put it under their account"),
    "infected": N_("Virus found in a file"),
    "recheck": N_("Asked whether it is still solved"),
    "erased": N_("What names its people was erased"),
}
_MAIL_STATES = {
    "queued": N_("Waiting to be sent"),
    "sent": N_("Taken by the mail server"),
    "failed": N_("Could not be delivered"),
    "dropped": N_("Not sent: nobody waits for it any more"),
    "kept": N_("Kept here: no mail server is set up"),
}


class Promise(msgspec.Struct, frozen=True):
    """One promise of the statement and where it stands."""

    title: str
    due_at: datetime
    met_at: datetime | None
    progress: sla.Progress
    at_risk: bool


def address(number: int) -> str:
    """Where the desk works on the case, without language prefix."""
    return f"/desk/cases/{codes.show_text(number)}"


def channel_name(case: DeskCase) -> str:
    """How the case came, in the reader's language."""
    return _(CHANNELS[case.channel]) if case.channel in CHANNELS else case.channel


async def known_case(code: str, reader: SignedIn) -> DeskCase:
    """The case of the code in an address. Raises as ``known_head``."""
    return await _known(code, reader, desk_case)


async def known_head(code: str, reader: SignedIn) -> CaseHead:
    """Which case the code in an address leads to. Raises NotFound, NotAllowed for a case of other units, and Barred.

    Whoever handles a complaint reads the case it is about, whichever unit has that.
    """
    return await _known(code, reader, case_head)


async def _known(code: str, reader: SignedIn, look_up: Callable[[int], Awaitable[C | None]]) -> C:
    number = codes.parse(code)
    case = None if isinstance(number, codes.Mistake) else await look_up(number)
    if case is None:
        raise NotFound(_("There is no case with this code."))
    await independence.check(reader.account_id, case.id, kind=case.kind)
    speak_of(case.kind)
    by_unit = reader.reads_all or set(case.worked_on_by) & set(reader.units)
    if not by_unit and not await independence.opens(case.id, reader):
        where = f"{case.unit}{_(', ')}\u2066{case.unit_phone}\u2069" if case.unit_phone else case.unit
        raise NotAllowed(_("Only the unit that works on this case reads it: %(unit)s.") % {"unit": where})
    return case


async def case_page(
    case: DeskCase,
    account: SignedIn,
    *,
    now: datetime,
    made: Move | None = None,
    sent: tuple[Move, SentMove] | None = None,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Template:
    """The page of ``case``; the form of the move that was ``sent`` is open, with its input and ``errors``.

    ``made`` is the move that has just been made, which the page then states.
    """
    await note_look(case, now)
    context = {
        **await _forms(case, account, sent, errors or {}, now),
        **_facts(case, now),
        **await complaint_pages.facts(case, account),
        "ratings": [one for one in await ratings.of_case(case.id, now=now) if one.at],
        "made": made,
        "current": "desk",
    }
    return Template("cases/desk_case.html", context=context, status_code=status, headers=PRIVATE)


async def conflict_page(
    case: DeskCase, account: SignedIn, *, move: Move, sent: SentMove, problem: str, now: datetime
) -> Template:
    """What happened to ``case`` since the clerk saw it, and the clerk's own words, ready to be sent again."""
    await note_look(case, now)
    meanwhile = case.since(sent.seen)
    # A tick that was set for the case as it stood says nothing about the case as it stands.
    again = msgspec.structs.replace(sent, typed={**sent.typed, "sure": ""})
    context = {
        **await _forms(case, account, (move, again), files_again(sent.files), now),
        **_facts(case, now),
        "problem": _changed_by(meanwhile[-1], account) if meanwhile else problem,
        "meanwhile": meanwhile,
        "kept": [sent.typed[name] for name in ("body", "reason", "proof") if sent.typed[name].strip()],
        "move": move,
        "current": "desk",
    }
    return Template("cases/conflict.html", context=context, status_code=409, headers=PRIVATE)


async def note_look(case: DeskCase, now: datetime) -> None:
    """The audit log says that this clerk saw who filed the case and what."""
    await audit.append("case_viewed", object=f"case:{case.id}", now=now)


def happened(happening: Happening) -> str:
    """What happened, in the reader's language."""
    return event_words(happening.kind, happening.target)


def event_words(kind: str, target: str | None = None) -> str:
    """What an event of ``kind`` is called at the desk; ``target`` is the promise that was missed."""
    return _(rules.MISSES.get(target or "", _HAPPENED[kind]))


def mail_about(kind: str) -> str:
    """What the mail about an event of ``kind``, or about a ``notice``, says, in the reader's language."""
    return _("A notice about the service") if kind == "notice" else event_words(kind)


def by_whom(happening: Happening) -> str:
    """Who did it; the applicant has no name here, since an account's may differ from the contact's."""
    if happening.actor_role == "applicant":
        return _("the applicant")
    return happening.actor or _("the desk")


def _changed_by(newest: Happening, account: SignedIn) -> str:
    if newest.actor_role == "staff" and newest.actor_id == account.account_id:
        return _("You changed this case yourself, in another window.")
    return _("This case was changed meanwhile by %(who)s.") % {"who": f"\u2068{by_whom(newest)}\u2069"}


async def _forms(
    case: DeskCase,
    account: SignedIn,
    sent: tuple[Move, SentMove] | None,
    errors: dict[str, str],
    now: datetime,
) -> dict[str, Any]:
    """What the forms of the page need: the moves this state allows and what they offer to choose."""
    open_move, typed = (sent[0].name, sent[1].typed) if sent else ("", {})
    works_on_it = account.is_staff and case.unit_id in account.units
    goes_on = works_on_it and case.erased_at is None
    moves = [move for move in MOVES.values() if goes_on and move.is_allowed(case.state, case.kind)]
    if case.kind == "complaint" and await independence.may_pass_on(account.account_id, case.id):
        works_on_it, moves = True, [MOVES["refer"]]
    contested = contests.undecided(await contests.pauses_of(case.id))
    judges = goes_on and contested is not None and contested.by != account.account_id
    unfit = {"take": case.assignee == account.account_id, "decide": not judges}
    return {
        "contested": contested is not None,
        "judges": judges,
        "decisions": [(key, _(label)) for key, label in DECISIONS.items()],
        "usual_until": now + desk_actions.USUAL_PAUSE,
        "moves": [move for move in moves if not unfit.get(move.name)],
        "reads_only": not works_on_it,
        "open_move": open_move,
        "typed": typed,
        "errors": errors,
        "summary": {
            name if name == "form" else f"{open_move}-{name}": text
            for name, text in named(errors, move_labels(open_move)).items()
        },
        "labels": {name: _(label) for name, label in LABELS.items()},
        "outcomes": [(outcome, rules.outcome_label(outcome)) for outcome in rules.outcomes_of(case.kind)],
        **await complaint_pages.choices(case),
        "accept": uploads.ACCEPT,
        "body_words": BODIES,
    }


def _facts(case: DeskCase, now: datetime) -> dict[str, Any]:
    return {
        "case": case,
        "address": address(case.number),
        "promises": _promises(case, now),
        "audience": _(AUDIENCES[case.audience]) if case.audience in AUDIENCES else case.audience,
        "channel": channel_name(case),
        "happened": happened,
        "by_whom": by_whom,
        "mail_about": mail_about,
        "mail_state": lambda state: _(_MAIL_STATES[state]),
    }


def _promises(case: DeskCase, now: datetime) -> list[Promise]:
    """The promises that hold for the case, each measured at ``now`` or at the moment it was met."""
    names = {key: _(label) for key, label in TARGETS.items()}
    # A case is at risk for the promise that is due next; a later one has its own warning still to come.
    soon = case.next_due_at if case.risk_at is not None and case.risk_at <= now else None
    first = _promise(
        names["first_answer"], case.first_answer_due_at, case.filed_at, case.first_answer_at, now, soon=soon
    )
    result = _promise(names["result"], case.result_due_at, case.filed_at, case.result_at, now, soon=soon)
    reply = None
    if case.result_at is not None and case.owed_since is not None:
        # The result was given and the applicant came back: that is owed an answer of its own.
        reply = _promise(
            _("Answer to the applicant's reply"), case.next_due_at, case.owed_since, None, now, soon=soon
        )
    return [promise for promise in (reply, first, result) if promise is not None]


def _promise(
    title: str,
    due_at: datetime | None,
    since: datetime,
    met_at: datetime | None,
    now: datetime,
    *,
    soon: datetime | None,
) -> Promise | None:
    if due_at is None:
        return None
    progress = sla.progress(due_at, since, now, met_at)
    return Promise(
        title=title,
        due_at=due_at,
        met_at=met_at,
        progress=progress,
        at_risk=met_at is None and due_at == soon,
    )

"""What the page of a case shows to each tier. Pure: the template can print nothing that is not put in here.

Tier 0 gets an ``Outline`` and no instant finer than a day; tiers 1 and 2 get the form as filed, masked or whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, tzinfo
from typing import Any, Literal

import msgspec

from portal import codes, identifiers, jalali, sla, text
from portal.cases import rules
from portal.cases.queries import CaseView, FiledForm, Step
from portal.i18n import N_, _, current_language
from portal.services.statement import Field, Words

HIDDEN = "•••"
Proof = Literal["phone", "email"]
Owed = Literal["first_answer", "result", "answer"]
WORDED = {"waiting": "asked", "answered": "answered", "closed": "closed", "rejected": "rejected"}
"""States that the desk puts into words, and the event that brings them."""

STEPS = {
    "filed": N_("Request registered"),
    "taken": N_("Review began"),
    "asked": N_("We asked you something"),
    "replied": N_("You wrote to us"),
    "referred": N_("Passed on"),
    "informed": N_("How it stands"),
    "extended": N_("It takes longer"),
    "contested": N_("You contested the pause"),
    "contest_upheld": N_("The pause was undone"),
    "contest_denied": N_("The pause stands"),
    "answered": N_("Our answer"),
    "closed": N_("Closed"),
    "rejected": N_("Not taken up"),
    "withdrawn": N_("Withdrawn"),
    "reopened": N_("Opened again"),
    "decided": N_("Decided"),
    "appealed": N_("You appealed"),
    "passcode": N_("New passcode"),
    "renumbered": N_("New tracking code"),
    "infected": N_("A virus was found in a file"),
    "recheck": N_("We asked whether it is still solved"),
    "missed": N_("The promised time has passed"),
    "recounted": N_("Our dates were counted anew: the calendar changed"),
    "credited": N_("The service was down: our dates moved by that time"),
    "claimed": N_("You put it under your account"),
    "erased": N_("What names its people was erased"),
    "notice": N_("A notice about the service"),
}
"""What each kind of event, or a message about a notice, is called to the applicant."""


class Promise(msgspec.Struct, frozen=True):
    """One promised day. ``met`` is None while it is still owed, or was never needed; ``late`` as in sla.Progress.

    ``asked``: it was met by asking the applicant back, so nothing was answered yet.
    """

    due: date
    met: date | None
    late: bool
    asked: bool = False


class Outline(msgspec.Struct, frozen=True, kw_only=True):
    """Tier 0: everything that the code alone shows.

    ``state`` is a ``rules.shown_state``. ``title`` is None for a service whose name says too much. ``owed`` is the
    promise that comes next, ``due`` its day, ``share`` the used part of its time in steps of a twentieth (None where
    it was not counted from filing). ``paused_until`` is the applicant's own last day while it is their turn,
    ``expected`` the day we told them to expect beside the promise, None once it has passed. ``erased`` is the day
    when what named people was taken out, None while it stands.
    """

    number: int
    state: str
    title: Words | None
    filed: date
    first_answer: Promise | None
    result: Promise | None
    owed: Owed | None
    due: date | None
    late: bool
    paused_until: date | None
    expected: date | None
    share: float | None
    unit: Words
    agency: Words
    unit_phone: str
    erased: date | None


class Answer(msgspec.Struct, frozen=True):
    """One line of the form as filed."""

    label: str
    text: str


def outline(case: CaseView, *, zone: tzinfo, now: datetime) -> Outline:
    """What the code alone shows of ``case`` at ``now``; days are those of ``zone``."""
    due_at = case.next_due_at
    owed = _owed(case)
    progress = sla.progress(due_at, case.filed_at, now) if due_at else None
    return Outline(
        number=case.number,
        state=rules.shown_state(case.state, level=case.level, taken=case.assignee is not None),
        title=None if case.sensitive else case.title,
        filed=_day(case.filed_at, zone),
        first_answer=_first_answer(case, zone, now),
        result=_promise(case, case.result_due_at, case.result_at, zone, now),
        owed=owed,
        due=_day(due_at, zone) if due_at else None,
        late=progress.late if progress else False,
        paused_until=_day(case.paused_until, zone) if case.paused_until else None,
        expected=case.expected_on if case.expected_on and case.expected_on >= _day(now, zone) else None,
        share=round(progress.share * 20) / 20 if progress and owed != "answer" else None,
        unit=case.unit,
        agency=case.agency,
        unit_phone=case.unit_phone,
        erased=_day(case.erased_at, zone) if case.erased_at else None,
    )


def step_words(kind: str, target: str | None = None) -> str:
    """What happened, told to the applicant in their language; ``target`` is the promise that was missed."""
    return _(rules.MISSES.get(target or "", STEPS[kind]))


def proof_of(case: CaseView) -> Proof | None:
    """What the applicant can prove: a mobile, else an e-mail address; None when neither was given."""
    if case.contact_phone:
        return "phone"
    return "email" if case.contact_email else None


def form_as_filed(form: FiledForm, tier: int, *, zone: tzinfo) -> list[Answer]:
    """The form for tier 1 (personal answers masked) or tier 2 (whole), without what was left empty."""
    lines = _contact_lines(form, tier)
    if tier > 1:
        lines.append((_("What the complaint is about"), about_words(form, zone)))
    lines += [
        (str(field.label), _shown(field, form.answers[field.key], tier, zone)) for field in _asked(form)
    ]
    if form.body:
        lines.append((_("Your request"), form.body if tier > 1 else HIDDEN))
    return [Answer(label, value) for label, value in lines if value]


def about_words(form: FiledForm, zone: tzinfo) -> str:
    """Which request a complaint is about, as its applicant knew it; empty for all else. Not below tier 2."""
    about = form.about
    if about is None:
        return ""
    if about.number is None:
        day = jalali.show_date(about.filed_at, current_language(), zone)
        return _("%(service)s, filed on %(day)s") % {"service": about.title, "day": day}
    return f"{about.title} — \u2068{codes.show_text(about.number)}\u2069"


def last_step(steps: list[Step], state: str) -> Step | None:
    """What the desk said and sent when it brought the case into ``state``; ``steps`` are the newest first."""
    kind = WORDED.get(state)
    kinds = (kind, "decided") if state == "closed" else (kind,)
    return next((step for step in steps if step.kind in kinds), None)


def _contact_lines(form: FiledForm, tier: int) -> list[tuple[str, str]]:
    name, phone, email = (
        form.contact_name,
        identifiers.local_phone(form.contact_phone or ""),
        form.contact_email or "",
    )
    if tier < 2:
        name, phone, email = identifiers.mask_name(name), _mask_phone(phone), _mask_email(email)
    return [
        (_("Name"), name),
        (_("Organisation"), form.agency_name),
        (_("Mobile number"), _digits(phone)),
        (_("E-mail"), email),
    ]


def _asked(form: FiledForm) -> Iterator[Field]:
    return (field for field in form.fields if field.kind != "file" and field.key in form.answers)


def _shown(field: Field, value: Any, tier: int, zone: tzinfo) -> str:
    """One answer in words. Files are not answers; they stand in the history."""
    if value in (None, "", []):
        return ""
    if field.personal and tier < 2:
        return _masked(field, str(value))
    if isinstance(value, list):
        return _("; ").join(field.label_of(choice) for choice in value)
    if field.kind == "choice":
        return field.label_of(value)
    if field.kind == "date":
        return jalali.show_date(date.fromisoformat(value), current_language(), zone)
    if field.kind == "phone":
        return _digits(identifiers.local_phone(value))
    return _digits(str(value)) if field.kind in ("number", "national_id", "legal_id") else str(value)


def _masked(field: Field, value: str) -> str:
    if field.kind == "phone":
        return _digits(_mask_phone(value))
    return _mask_email(value) if field.kind == "email" else HIDDEN


def _mask_phone(phone: str) -> str:
    return identifiers.mask_phone(phone) if phone else ""


def _mask_email(address: str) -> str:
    return identifiers.mask_email(address) if address else ""


def _digits(value: str) -> str:
    return text.persian_digits(value) if current_language() == "fa" else value


def _owed(case: CaseView) -> Owed | None:
    if case.next_due_at is None:
        return None
    if case.first_answer_at is None and case.next_due_at == case.first_answer_due_at:
        return "first_answer"
    # Opened again or appealed: the result was given, another answer is owed, maybe by the very same day.
    return "result" if case.result_at is None and case.next_due_at == case.result_due_at else "answer"


def _first_answer(case: CaseView, zone: tzinfo, now: datetime) -> Promise | None:
    promise = _promise(case, case.first_answer_due_at, case.first_answer_at, zone, now)
    # Every first answer but a question is a result as well.
    asked = case.first_answer_at is not None and case.first_answer_at != case.result_at
    return msgspec.structs.replace(promise, asked=asked) if promise else None


def _promise(
    case: CaseView, due_at: datetime | None, met_at: datetime | None, zone: tzinfo, now: datetime
) -> Promise | None:
    """None where nothing was promised, or nobody waits for it any more (a case withdrawn before)."""
    if due_at is None or (met_at is None and case.next_due_at is None):
        return None
    progress = sla.progress(due_at, case.filed_at, now, met_at)
    return Promise(_day(due_at, zone), _day(met_at, zone) if met_at else None, progress.late)


def _day(moment: datetime, zone: tzinfo) -> date:
    return moment.astimezone(zone).date()

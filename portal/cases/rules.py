"""Pure decisions: what may happen to a case in which state, and what becomes of it."""

from __future__ import annotations

from collections.abc import Mapping

from portal.i18n import N_, _, subject

OPEN_STATES = ("registered", "in_review", "waiting", "referred", "answered")
ENDED_STATES = ("closed", "rejected", "withdrawn")
STATES = OPEN_STATES + ENDED_STATES

STATE_LABELS = {
    "registered": N_("Registered"),
    "in_review": N_("In review"),
    "waiting": N_("Waiting for the applicant"),
    "referred": N_("Referred"),
    "answered": N_("Answered"),
    "closed": N_("Closed"),
    "rejected": N_("Rejected"),
    "withdrawn": N_("Withdrawn"),
    "appealed": N_("Appealed: waiting to be taken"),
}
"""Of the states, and of ``shown_state``."""

KINDS = ("request", "complaint", "suggestion", "comment", "thanks")
FEEDBACK = KINDS[1:]
KIND_LABELS = {
    "request": N_("Request"),
    "complaint": N_("Complaint"),
    "suggestion": N_("Suggestion"),
    "comment": N_("Comment"),
    "thanks": N_("Thanks"),
}
TOPICS = ("case", "service", "person", "unit", "accessibility")
"""What a complaint may be about."""
TOPIC_LABELS = {
    "case": N_("How a case was handled"),
    "service": N_("A service"),
    "person": N_("A person"),
    "unit": N_("A unit"),
    "accessibility": N_("A barrier on these pages"),
}

NOT_OURS, NO_ANSWER = "not_ours", "no_answer"
OUTCOMES = ("done", "partly_done", "not_possible", NOT_OURS, NO_ANSWER)
SOLVED = frozenset({"done", "partly_done"})
"""Outcomes of which one can ask later whether they lasted."""
DECISIONS = ("upheld", "partly_upheld", "not_upheld")
"""How a complaint can end."""
OUTCOME_LABELS = {
    "done": N_("Done"),
    "partly_done": N_("Partly done"),
    "not_possible": N_("Not possible"),
    "not_ours": N_("Not ours to do"),
    "no_answer": N_("No answer from the applicant"),
    "upheld": N_("Upheld"),
    "partly_upheld": N_("Partly upheld"),
    "not_upheld": N_("Not upheld"),
}

MISSES = {
    "first_answer": N_("The promised time for a first answer has passed"),
    "result": N_("The promised time for the result has passed"),
    "keep_in_touch": N_("The promised sign of life did not come in time"),
}
"""What it is called that a promise was missed, where that says more than that its time has passed."""

_WORKING = ("registered", "in_review", "referred", "answered")


def _moves(kind: str, origins: tuple[str, ...], target: str | None) -> dict[tuple[str, str], str]:
    return {(kind, state): target or state for state in origins}


# (kind of event, state before) -> state after. What is not here is not allowed.
MOVES: dict[tuple[str, str], str] = {
    **_moves("taken", ("registered", "in_review", "referred", "waiting", "answered"), None),
    **_moves("taken", ("registered", "referred"), "in_review"),
    **_moves("assigned", OPEN_STATES, None),
    **_moves("asked", _WORKING, "waiting"),
    **_moves("noted", STATES, None),
    **_moves("referred", OPEN_STATES, "referred"),
    **_moves("answered", (*_WORKING, "waiting"), "answered"),
    **_moves("closed", OPEN_STATES, "closed"),
    **_moves("rejected", ("registered", "in_review", "waiting", "referred"), "rejected"),
    **_moves("replied", ("registered", "in_review", "referred"), None),
    **_moves("replied", ("waiting", "answered"), "in_review"),
    **_moves("withdrawn", OPEN_STATES, "withdrawn"),
    **_moves("informed", _WORKING, None),
    **_moves("informed", ("waiting",), None),
    **_moves("extended", ("registered", "in_review", "referred", "waiting"), None),
    **_moves("contested", ("waiting",), None),
    **_moves("contest_denied", OPEN_STATES, None),
    **_moves("contest_upheld", OPEN_STATES, None),
    **_moves("contest_upheld", ("waiting",), "in_review"),
    **_moves("missed", OPEN_STATES, None),
    **_moves("recounted", OPEN_STATES, None),
    **_moves("credited", OPEN_STATES, None),
    **_moves("reopened", ("closed", "rejected"), "in_review"),
    **_moves("decided", (*_WORKING, "waiting"), "closed"),
    **_moves("appealed", ("closed",), "in_review"),
    **_moves("named", OPEN_STATES, None),
    **_moves("passcode", STATES, None),
    **_moves("renumbered", STATES, None),
    **_moves("claimed", STATES, None),
    **_moves("infected", STATES, None),
    **_moves("erased", ENDED_STATES, None),
}
FIRST = {"filed": "registered"}

FIRST_ANSWERS = frozenset({"asked", "answered", "closed", "rejected", "decided"})
"""Events with which the desk has said something of substance for the first time."""
RESULTS = frozenset({"answered", "closed", "rejected", "decided"})
"""Events that give the result."""
OPENING_AGAIN = frozenset({"reopened", "appealed"})
_ONLY_COMPLAINTS = frozenset({"decided", "appealed", "named"})
_NEVER_COMPLAINTS = frozenset({"answered", "closed", "reopened"})


def allowed(kind: str, state: str) -> bool:
    """Whether an event of ``kind`` may happen to a case in ``state``."""
    return (kind, state) in MOVES


def fits(event: str, kind: str) -> bool:
    """Whether an event can happen to a case of ``kind``: a complaint is decided and appealed, all else is answered."""
    return event not in (_NEVER_COMPLAINTS if kind == "complaint" else _ONLY_COMPLAINTS)


def outcomes_of(kind: str) -> tuple[str, ...]:
    """How a case of ``kind`` can end when it is not turned away."""
    return DECISIONS if kind == "complaint" else OUTCOMES


def state_after(kind: str, state: str | None) -> str:
    """The state an event leads to; ``state`` is None before the first. Raises KeyError for a move not allowed."""
    return FIRST[kind] if state is None else MOVES[kind, state]


def shown_state(state: str, *, level: int, taken: bool) -> str:
    """The state as it is told: ``appealed`` after an appeal, until somebody takes it."""
    return "appealed" if state == "in_review" and level > 1 and not taken else state


def state_label(state: str) -> str:
    """The state in the reader's language."""
    return _(STATE_LABELS[state])


def outcome_label(outcome: str) -> str:
    """The outcome in the reader's language."""
    return _(OUTCOME_LABELS[outcome])


def kind_label(kind: str) -> str:
    """What sort of case it is, in the reader's language."""
    return _(KIND_LABELS[kind])


CLOSED = N_("Your request has been closed")
OUTCOME_SUBJECTS: Mapping[str, str] = {
    "done": N_("Your request is done"),
    "partly_done": N_("Your request was closed: only a part could be done"),
    "not_possible": N_("Your request was closed: it can't be done"),
    "not_ours": N_("Your request was closed: another office is responsible"),
    "no_answer": N_("Your request was closed: we did not hear from you"),
}
OUTCOME_SENTENCES: Mapping[str, str] = {
    "done": N_("What you asked for was done."),
    "partly_done": N_("Only a part of what you asked for could be done."),
    "not_possible": N_("What you asked for can't be done."),
    "not_ours": N_("Another office is responsible for this. The reason ends with where you can go."),
    "no_answer": N_("It was not settled: we needed something from you and did not hear from you."),
}
"""What pages and mails say of an outcome; one that has no sentence here is told by its label alone."""
_OF_WISHES = frozenset({"done", "partly_done", "not_possible"})
"""Outcomes of something that was asked for. With a comment or with thanks nobody asks for anything."""


def outcome_subject(outcome: str) -> str:
    """What the mail about a closing is called; empty where no outcome is to be told: only that it is closed."""
    return _(CLOSED if _says_nothing(outcome) else OUTCOME_SUBJECTS.get(outcome, CLOSED))


def outcome_sentence(outcome: str) -> str:
    """The outcome as a sentence to the applicant."""
    sentence = None if _says_nothing(outcome) else OUTCOME_SENTENCES.get(outcome)
    return _(sentence) if sentence else _("Outcome: %(outcome)s.") % {"outcome": outcome_label(outcome)}


def _says_nothing(outcome: str) -> bool:
    return outcome in _OF_WISHES and subject.get() in ("comment", "thanks")


def ending_label(how: str) -> str:
    """How a case ended, in the reader's language: by its outcome, or by the state it is in without one."""
    return outcome_label(how) if how in OUTCOME_LABELS else state_label(how)


NAMES = {
    "state_label": state_label,
    "outcome_label": outcome_label,
    "kind_label": kind_label,
    "outcome_subject": outcome_subject,
    "outcome_sentence": outcome_sentence,
}
"""What pages and mails may call."""

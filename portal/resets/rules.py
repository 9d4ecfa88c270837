"""What a reset takes: how a person is proved to be who they say, how many admins, how long. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import msgspec

from portal.accounts.queries import Contact
from portal.security.lifetimes import latest_end
from portal.security.sessions import OUTSIDE_ROLES

OPEN_FOR = timedelta(hours=72)
BY_VOICE = timedelta(minutes=10)
BY_MAIL = timedelta(hours=24)
TRIES = 5
RECENT = timedelta(days=30)
COOL_OFF = timedelta(hours=24)
ASKED_PER_DAY, ASKED_PER_HOUR = 3, 10
USUAL_APPROVALS = 20
"""More by one admin within a day are an alarm."""

IN_PERSON, CALL_BACK, VIDEO = "in_person", "call_back", "video"
METHODS = (IN_PERSON, CALL_BACK, VIDEO)
NUMBER_ON_FILE = "number_on_file"
CARDS = ("national_card", "passport", "staff_card", "letter")
EVIDENCE = (*CARDS, NUMBER_ON_FILE)
CHECKS_NEEDED = 2
VOICE, MAIL = "voice", "mail"
HAND_OVER = (VOICE, MAIL)


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """How an admin made sure that the person is who they say. ``checks`` are the facts that were compared.

    ``remove_factors``: the person has also lost the second factor.
    """

    method: str
    evidence: str
    checks: tuple[str, ...]
    note: str
    remove_factors: bool = False


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """What an account holds that a person can be asked about; empty where it holds nothing."""

    name: str
    email: str
    phone: str
    agency: str
    unit: str
    case: str
    made_at: datetime

    def facts(self) -> dict[str, str]:
        """Those to choose two from, by their word. What was typed to ask for the reset is none of them."""
        held = {name: getattr(self, name) for name in ("name", "email", "phone", "agency", "unit", "case")}
        return {**{name: value for name, value in held.items() if value}, "made_at": self.made_at.isoformat()}


def stage(state: str, b_ends_at: datetime | None, ends_at: datetime, now: datetime) -> str:
    """``state``, or ``expired`` for a request that still waits though its time has run out."""
    until, lasts = (b_ends_at, BY_MAIL) if state == "approved" and b_ends_at else (ends_at, OPEN_FOR)
    over = not now < until <= latest_end(lasts, now)
    return "expired" if state in ("open", "approved") and over else state


def methods(facts: Collection[str]) -> tuple[str, ...]:
    """How a person with these facts on file can be proved: nobody is called back without a number."""
    return METHODS if "phone" in facts else (IN_PERSON, VIDEO)


def evidence(facts: Collection[str]) -> tuple[str, ...]:
    """What an admin may have seen or heard, as ``methods``."""
    return EVIDENCE if "phone" in facts else CARDS


def needed_approvers(role: str, chosen: int) -> int:
    """How many admins it takes: two for everybody of the desk, else as many as the site has chosen."""
    return max(1, min(chosen, 2)) if role in OUTSIDE_ROLES else 2


def gap(proof: Proof, facts: Collection[str]) -> str:
    """Which part of the proof is missing: the name of its field; empty when the proof is whole."""
    if proof.method not in methods(facts):
        return "proof_method"
    if proof.evidence not in evidence(facts) or (proof.evidence == NUMBER_ON_FILE) != (
        proof.method == CALL_BACK
    ):
        return "proof_evidence"
    if len(set(proof.checks) & set(facts)) < CHECKS_NEEDED:
        return "proof_checks"
    if not proof.note.strip():
        return "proof_note"
    if proof.remove_factors and proof.method != IN_PERSON:
        return "remove_factors"
    return ""


def opens_at(
    asked_at: datetime, contacts: Sequence[Contact], *, made_at: datetime, now: datetime
) -> datetime:
    """From when on the request may be approved.

    That is at once, or a day after it was asked when an address or number was changed within the last thirty days:
    the rightful owner then has time to hear of it. What came with the account itself was not changed.
    """
    changed = any(one.changed_at > max(made_at, now - RECENT) for one in contacts)
    return asked_at + COOL_OFF if changed else asked_at


def mail_address(contacts: Sequence[Contact]) -> str:
    """Where half B may be mailed: the confirmed address that has been on file longest; empty without one."""
    fit = [one for one in contacts if one.kind == "email" and one.verified]
    return min(fit, key=lambda one: one.changed_at).value if fit else ""

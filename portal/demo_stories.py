"""The sample cases as they are told in demo_cases.json: in working days before the first run."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import msgspec

CASES = Path(__file__).parent / "demo_cases.json"


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What happened to a case ``days`` working days ago at ``time``, by a sample account or the applicant."""

    days: int
    time: str
    by: Literal["staff", "manager", "inspector", "applicant"]
    verb: Literal["take", "note", "ask", "refer", "answer", "close", "reject", "reply", "withdraw"]
    body: str = ""
    outcome: str = ""
    where_to: str = ""
    unit: str = ""


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """One sample case and what happened to it. ``days`` 0: filed so long ago as ``time`` says, in hours.

    ``about`` is the key of the story that a complaint is about. ``score`` and ``comment`` are what the applicant
    said of the closing an hour later; 0: nothing.
    """

    key: str
    service: str
    days: int
    time: str
    audience: str
    name: str
    phone: str
    body: str
    answers: dict[str, Any]
    email: str | None = None
    agency: str = ""
    account: str = ""
    locale: str = "fa"
    file: str = ""
    channel: str = "portal"
    letter_no: str = ""
    kind: str = "request"
    topic: str = ""
    about: str = ""
    steps: tuple[Step, ...] = ()
    score: int = 0
    comment: str = ""


def stories() -> tuple[Story, ...]:
    """Every sample case, in the order in which they are filed."""
    return msgspec.json.decode(CASES.read_bytes(), type=tuple[Story, ...])

"""What applicants think of how their case was closed: asked at its end and, where the service wants that, once later.

An answer is for the agency to learn from. It changes nothing of the case; who is unhappy is shown the ways on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from db.cases import Case
from db.engine import atomic
from db.keys import uuid7
from db.ratings import Rating
from db.services import Service
from portal import audit, codes
from portal.cases import access, reopening, rules
from portal.cases.events import Event
from portal.errors import Conflict
from portal.i18n import N_, Words, _

PURPOSE = "rating"
OPEN_FOR = timedelta(days=30)
"""How long a question takes an answer."""
POOR = 2
"""The best score with which somebody is unhappy."""
QUESTIONS = {
    "closing": N_("How satisfied are you with how we handled your request?"),
    "later": N_("Is it still solved?"),
}
SCORES: Mapping[str, Mapping[int, str]] = {
    "closing": {
        5: N_("Very satisfied"),
        4: N_("Satisfied"),
        3: N_("Neither satisfied nor dissatisfied"),
        2: N_("Dissatisfied"),
        1: N_("Very dissatisfied"),
    },
    "later": {
        5: N_("Yes, it is still solved"),
        3: N_("Only in part"),
        1: N_("No, it is not solved any more"),
    },
}
"""The answers to each question, the best first."""
# ``current``: the case still stands as it did when it was asked about.
_ASKED = """
    SELECT r.id, r."case", r.moment, r.score, r.comment, r.at, r.expires_at, c.number, c.outcome,
           s.title_fa, s.title_en, s.sensitive, e.at AS ended_at,
           e.data->>'reopen_until' AS reopen_until,
           c.state = 'closed' AND c.erased_at IS NULL AND NOT EXISTS (
               SELECT FROM rating n WHERE n."case" = r."case" AND n.round > r.round
           ) AS current
    FROM rating r JOIN "case" c ON c.id = r."case" JOIN service s ON s.id = c.service
    JOIN case_event e ON e."case" = r."case" AND e.n = r.round
"""
_BY_TOKEN = f"{_ASKED} WHERE r.token_hash = ANY({{}})"
_OF_CASE = f'{_ASKED} WHERE r."case" = {{}} AND r.due_at <= {{}} ORDER BY r.due_at DESC'
_ANSWER = """
    UPDATE rating SET score = {}, comment = {}, at = {}
    WHERE id = {} AND at IS NULL AND due_at <= {} AND expires_at >= {} RETURNING id
"""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One row of ``db.ratings.Rating`` with the case it asks about. ``title`` is None where it would say too much.

    ``reopen_until`` is the last instant to open the case again, None once there is nothing to open.
    """

    id: UUID
    case: UUID
    number: int
    moment: str
    title: Words | None
    outcome: str | None
    score: int | None
    comment: str
    at: datetime | None
    expires_at: datetime
    reopen_until: datetime | None
    current: bool

    def takes_answer(self, now: datetime) -> bool:
        return self.current and self.at is None and now <= self.expires_at

    @property
    def words(self) -> str:
        """The question, in the reader's language."""
        return question_words(self.moment)

    @property
    def answers(self) -> list[tuple[str, str]]:
        return [(str(score), _(words)) for score, words in SCORES[self.moment].items()]

    @property
    def answer_words(self) -> str:
        """What was answered, in the reader's language; empty for nothing."""
        return score_words(self.moment, self.score) if self.score else ""

    @property
    def is_poor(self) -> bool:
        return self.score is not None and self.score <= POOR

    @property
    def complaint_address(self) -> str:
        """Where a complaint about the case is filed, without language prefix."""
        return f"/feedback/new?kind=case&about={codes.show_text(self.number)}"

    def may_reopen(self, now: datetime) -> bool:
        return self.reopen_until is not None and now <= self.reopen_until


def question_words(moment: str) -> str:
    """The question in the reader's language."""
    return _(QUESTIONS[moment])


def score_words(moment: str, score: int) -> str:
    """An answer in the reader's language."""
    return _(SCORES[moment][score])


async def invite(case: Case, closed: Event, *, now: datetime) -> None:
    """Whoever requested something is asked about the closing, and later if the service wants to know whether it lasts.

    In the caller's transaction, which closed the case with the event ``closed``. Who only said something is not asked.
    """
    if case.kind != "request":
        return
    asked = Rating(
        id=uuid7(),
        case=case.id,
        round=closed.n,
        moment="closing",
        due_at=now,
        asked_at=now,
        expires_at=now + OPEN_FOR,
    )
    await Rating.insert(asked)
    service = await Service.select(Service.recheck_days).where(Service.id == case.service).first()
    if service and service["recheck_days"] and closed.data["outcome"] in rules.SOLVED:
        due_at = now + timedelta(days=service["recheck_days"])
        again = Rating(
            id=uuid7(),
            case=case.id,
            round=closed.n,
            moment="later",
            due_at=due_at,
            expires_at=due_at + OPEN_FOR,
        )
        await Rating.insert(again)


async def new_link(key: bytes, case_id: UUID, *, round: int, moment: str) -> str:
    """128 random bits that open this question alone, kept nowhere; an earlier link to it is dead. Empty: not asked."""
    token = access.new_token()
    changed = (
        await Rating.update({Rating.token_hash: access.keyed(key, PURPOSE, token)})
        .where(Rating.case == case_id, Rating.round == round, Rating.moment == moment, Rating.at.is_null())
        .returning(Rating.id)
    )
    return token if changed else ""


async def by_token(token: str, *, keys: Sequence[bytes]) -> Question | None:
    """The question whose mail has this link, answered or not; None for a link that is none. Changes nothing."""
    rows = await Rating.raw(_BY_TOKEN, [access.keyed(key, PURPOSE, token[:60]) for key in keys])
    return _question(rows[0]) if rows else None


async def of_case(case_id: UUID, *, now: datetime) -> list[Question]:
    """Everything that was asked about the case up to ``now``, the newest first."""
    return [_question(row) for row in await Rating.raw(_OF_CASE, case_id, now)]


async def on_page(case_id: UUID, *, now: datetime) -> dict[str, Any]:
    """What the page of the case shows of its present end: the ``question`` that takes an answer, those ``answered``."""
    asked = await of_case(case_id, now=now)
    return {
        "question": next((one for one in asked if one.takes_answer(now)), None),
        "answered": [one for one in asked if one.current and one.at],
    }


@atomic
async def rate(question: Question, *, score: int, comment: str, now: datetime) -> None:
    """The answer stands, and no other can be given. Raises Conflict when one was, or the case has moved on."""
    # Locked against an erasure, which would leave a comment that came a moment later.
    await Case.raw('SELECT FROM "case" WHERE id = {} FOR SHARE', question.case)
    asked = {one.id: one for one in await of_case(question.case, now=now)}.get(question.id)
    if asked is None or not asked.takes_answer(now):
        raise Conflict(_("This question can't be answered any more."))
    if not await Rating.raw(_ANSWER, score, comment, now, asked.id, now, now):
        raise Conflict(_("This question can't be answered any more."))
    await audit.append("case_rated", object=f"case:{asked.case}", now=now)


def _question(row: dict[str, Any]) -> Question:
    plain = {name: row[name] for name in Question.__struct_fields__ if name in row}
    until = reopening.until(row["ended_at"], row)
    return Question(
        **{
            **plain,
            "title": None if row["sensitive"] else Words(fa=row["title_fa"], en=row["title_en"]),
            "reopen_until": until if row["current"] else None,
        }
    )

"""The table of what applicants are asked about an ended case, and what they said."""

from __future__ import annotations

from piccolo.columns import UUID, ForeignKey, Integer, SmallInt, Text, Timestamptz, Varchar
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from db.cases import Case
from db.keys import uuid7
from db.services import KEEP


class Rating(Table, tablename="rating"):
    """One question to the applicant of a closed case, and the one answer it takes.

    ``round`` is the ``n`` of the event that closed the case; ``moment`` is closing (how was it?) or later (is it still
    solved?). It is asked from ``due_at`` on, was asked at ``asked_at`` and is not answered after ``expires_at``.
    ``token_hash`` is the keyed digest of what stands in the mail's link, NULL before there is one. ``score`` is 1 to 5,
    5 the best, given with ``comment`` at ``at``; all of it NULL or empty until then. Times are UTC.
    """

    id = UUID(primary_key=True, default=uuid7)
    case = ForeignKey(Case, on_delete=KEEP, null=False)
    round = Integer()
    moment = Varchar(length=8)
    token_hash = Varchar(length=64, null=True, default=None, unique=True)
    due_at = Timestamptz(default=None)
    asked_at = Timestamptz(null=True, default=None)
    expires_at = Timestamptz(default=None)
    score = SmallInt(null=True, default=None)
    comment = Text(default="")
    at = Timestamptz(null=True, default=None)
    rating_once = Unique([case, round, moment])
    known_moment = Check("moment IN ('closing', 'later')")
    known_score = Check("score BETWEEN 1 AND 5")
    scored_when_answered = Check("(score IS NULL) = (at IS NULL)")

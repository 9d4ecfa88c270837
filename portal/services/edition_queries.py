"""What is asked about the editions of a statement: the one in force, one by its number, how it ends."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from db.services import Service
from portal.services.queries import is_slug, words_of
from portal.services.statement import Cover, Statement, Words, canonical

_LARGEST_EDITION = 2**31 - 1  # what the column holds

_STATEMENT = """
    WITH moment AS (SELECT {}::timestamptz AS now)
    SELECT s.slug, moment.now, v.n, v.sha256, v.document, v.cover, v.in_force_from, v.superseded_at, v.ending,
           e.notice_fa, e.notice_en,
           (SELECT array_agg(o.n ORDER BY o.n DESC) FROM sla_version o WHERE o.service = s.id) AS editions
    FROM service s
    CROSS JOIN moment
    JOIN sla_version v ON v.service = s.id
    LEFT JOIN sla_ending e ON e.sla_version = v.id AND e.notice_at <= moment.now AND e.withdrawn_at IS NULL
    WHERE s.slug = {} AND s.state <> 'draft'
"""
# Of those that have begun, the last one: after a termination that is the one which was in force at the end.
_LATEST = f"{_STATEMENT} AND v.in_force_from <= moment.now ORDER BY v.n DESC LIMIT 1"
_EDITION = f"{_STATEMENT} AND v.n = {{}}"


class Edition(msgspec.Struct, frozen=True, kw_only=True):
    """One published edition of a service's statement; ``editions`` are the numbers of all, the newest first.

    ``canonical`` is the document that ``sha256`` is the digest of: JSON without spaces, keys in the order of
    ``Statement``. ``statement`` has its cover even where the document has none.
    ``state`` at the moment that was asked for: future, in_force, ending (its end is announced), superseded or
    terminated. ``superseded_at`` is its end, None while nothing ends it. ``notice`` is what was said about its end.
    """

    slug: str
    n: int
    state: str
    statement: Statement
    canonical: bytes
    sha256: str
    in_force_from: datetime
    superseded_at: datetime | None
    notice: Words | None
    editions: tuple[int, ...]

    @property
    def cover(self) -> Cover:
        """Title, agency, legal basis and cost, as they were when the edition was published."""
        assert self.statement.cover
        return self.statement.cover

    @property
    def title(self) -> Words:
        return self.cover.title

    @property
    def agency(self) -> Words:
        return self.cover.agency


async def statement_of(slug: str, n: int | None = None, *, now: datetime) -> Edition | None:
    """Edition ``n`` of a service's statement, without ``n`` the one in force at ``now``; None where there is none.

    Once a statement was terminated, the one that was in force last stands in the place of the one in force.
    """
    if not is_slug(slug) or not (n is None or 0 < n <= _LARGEST_EDITION):
        return None
    rows = await (Service.raw(_LATEST, now, slug) if n is None else Service.raw(_EDITION, now, slug, n))
    return _edition(rows[0]) if rows else None


def state_at(now: datetime, begins: datetime, ends: datetime | None, ending: str) -> str:
    """What an edition is at ``now``: future, in_force, ending, superseded or terminated."""
    if ends is not None and ends <= max(now, begins):
        return ending
    if now < begins:
        return "future"
    return "ending" if ending == "terminated" else "in_force"


def with_cover(row: dict[str, Any]) -> Statement:
    """The document of an edition; one from before documents had a cover gets the one that was kept beside it."""
    statement = msgspec.json.decode(row["document"], type=Statement)
    if row["cover"] is None:
        return statement
    return msgspec.structs.replace(statement, cover=msgspec.json.decode(row["cover"], type=Cover))


def _edition(row: dict[str, Any]) -> Edition:
    return Edition(
        slug=row["slug"],
        n=row["n"],
        state=state_at(row["now"], row["in_force_from"], row["superseded_at"], row["ending"]),
        statement=with_cover(row),
        canonical=canonical(msgspec.json.decode(row["document"], type=Statement)),
        sha256=row["sha256"],
        in_force_from=row["in_force_from"],
        superseded_at=row["superseded_at"],
        notice=words_of(row, "notice") if row["notice_fa"] else None,
        editions=tuple(row["editions"]),
    )

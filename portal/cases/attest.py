"""What a receipt attests: a few facts of a case in canonical JSON, signed in the transaction that makes them true.

Filing and every decision are attested with the event itself; at any time the applicant may have the present state
attested. A receipt holds digests and words of our own vocabulary only, so that it stays when the people are forgotten.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from db.cases import Case
from portal import codes, signing
from portal.cases import rules
from portal.cases.clock import Past
from portal.cases.events import Event, Standing
from portal.codes import Mistake
from portal.services.queries import ServiceView

_LINK = re.compile(r"/(?:V|verify)/([^/?#\s]+)", re.IGNORECASE)
# The R in front of a receipt's number, also typed with a keyboard left on Persian.
_PREFIX = re.compile(r"[Rrق]\s*[-‐-―−]?\s*(?=\S)")
# What a receipt says besides the event it is about. In SQL because it joins four tables for one row.
_BASIS = """
    SELECT c.number, c.filed_at, c.state, c.outcome, s.slug, v.n AS edition, v.sha256 AS statement_sha256,
           c.version AS n, last.hash, first.text_hash AS answers,
           ARRAY(
               SELECT f.sha256 FROM case_event e
               CROSS JOIN LATERAL jsonb_array_elements_text(e.data->'files') WITH ORDINALITY f(sha256, place)
               WHERE e."case" = c.id AND e.data ? 'files' ORDER BY e.n, f.place
           ) AS files
    FROM "case" c
    JOIN service s ON s.id = c.service
    JOIN case_event first ON first."case" = c.id AND first.n = 1
    JOIN case_event last ON last."case" = c.id AND last.n = c.version
    LEFT JOIN sla_version v ON v.id = c.sla_version
    WHERE c.id = {}
"""
# For the statement that writes an event; $9 is the case, $16 the time, $20 the receipt's number or NULL. The key is
# published with the first receipt that it signs.
ISSUED = """
    issued AS (
        INSERT INTO receipt (number, "case", at, document, signature)
        SELECT $20::bigint, $9, $16, $21::text, $22::varchar WHERE $20 IS NOT NULL
    ),
    published AS (
        INSERT INTO receipt_key (id, public_key, made_at) SELECT $23::varchar, $24::varchar, $16 WHERE $20 IS NOT NULL
        ON CONFLICT DO NOTHING
    )
"""


class Head(msgspec.Struct, frozen=True):
    """The last link of a case's history: the hash of event ``n`` depends on all before it."""

    hash: str
    n: int


class StatementDigest(msgspec.Struct, frozen=True):
    """The edition of the statement that a case was filed under."""

    edition: int
    sha256: str


class Attested(msgspec.Struct, frozen=True, kw_only=True):
    """What a receipt says. ``kind``: filing, decision or on_demand; ``at`` is when that was, ``filed`` the filing.

    ``answers`` is the SHA-256 of the case's salt and what was filed (``events.filed_text``), ``words`` that of the
    decision's reason, ``files`` those of every file in the history so far. Times are UTC.
    """

    answers: str
    at: str
    code: str
    filed: str
    files: tuple[str, ...]
    head: Head
    key: str
    kind: str
    outcome: str | None
    receipt: str
    service: str
    state: str
    statement: StatementDigest | None
    version: int = 1
    words: str | None = None


class Issued(msgspec.Struct, frozen=True):
    """A signed receipt, not yet saved. ``signature`` is base64; ``public`` belongs to ``key``."""

    number: int
    document: str
    signature: str
    key: str
    public: str


def of_filing(case: Case, event: Event, service: ServiceView) -> Issued:
    """The receipt of a case that ``event`` files."""
    basis = {
        "number": case.number,
        "filed_at": event.at,
        "slug": service.slug,
        "edition": service.edition,
        "statement_sha256": service.sha256,
        "answers": event.text_hash,
    }
    return _of_event(
        event, "filing", basis, state=case.state, outcome=None, files=event.data.get("files", ())
    )


async def of_decision(case: Case, event: Event, standing: Standing, past: Sequence[Past]) -> Issued | None:
    """The receipt of the decision that ``event`` is, after which the case stands so; None for any other event.

    ``past`` are all events, this one included.
    """
    if event.kind not in rules.RESULTS:
        return None
    files = [sha256 for each in past for sha256 in each.data.get("files", ())]
    assert standing.state, "the case has been filed"
    return _of_event(
        event,
        "decision",
        await _basis(case.id),
        state=standing.state,
        outcome=standing.outcome,
        files=files,
        words=event.text_hash,
    )


async def of_present(case_id: UUID, *, now: datetime) -> Issued:
    """A receipt of how the case stands now."""
    row = await _basis(case_id)
    return _signed(
        "on_demand",
        row,
        at=now,
        head=Head(row["hash"], row["n"]),
        state=row["state"],
        outcome=row["outcome"],
        files=row["files"],
    )


def values(receipt: Issued | None) -> tuple[Any, ...]:
    """What ``ISSUED`` asks for, from $20 on."""
    if receipt is None:
        return (None,) * 5
    return receipt.number, receipt.document, receipt.signature, receipt.key, receipt.public


def read(document: str) -> Attested:
    """What a receipt that was signed here says."""
    return msgspec.json.decode(document, type=Attested)


def show_number(number: int) -> str:
    """The number of a receipt: like a tracking code, but nobody takes it for one."""
    return f"R-{codes.show_text(number)}"


def parse_number(typed: str) -> int | Mistake:
    """The receipt's number in what was typed or scanned, with or without its R; never raises."""
    found = _LINK.search(typed)
    typed = (found[1] if found else codes.in_link(typed)).strip()
    whole = codes.parse(typed)
    if whole is not Mistake.LENGTH or len(typed) > codes.LONGEST_TYPED:
        return whole
    rests = (codes.parse(typed[prefix.end() :]) for prefix in _PREFIX.finditer(typed))
    return next((rest for rest in rests if rest is not Mistake.LENGTH), whole)


def instant(moment: datetime) -> str:
    """A time as receipts write it."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


async def _basis(case_id: UUID) -> dict[str, Any]:
    return dict((await Case.raw(_BASIS, case_id))[0])


def _of_event(event: Event, kind: str, basis: dict[str, Any], **said: Any) -> Issued:
    return _signed(kind, basis, at=event.at, head=Head(event.hash, event.n), **said)


def _signed(kind: str, basis: dict[str, Any], *, at: datetime, files: Sequence[str], **said: Any) -> Issued:
    # 62.8 random bits: should two ever be alike, that filing fails and is sent again.
    signer, number, edition = signing.current(), codes.new_number(), basis["edition"]
    attested = Attested(
        answers=basis["answers"],
        at=instant(at),
        code=codes.show_text(basis["number"]),
        filed=instant(basis["filed_at"]),
        files=tuple(files),
        key=signer.id,
        kind=kind,
        receipt=show_number(number),
        service=basis["slug"],
        statement=StatementDigest(edition, basis["statement_sha256"]) if edition else None,
        **said,
    )
    document = msgspec.json.encode(attested, order="sorted")
    signature = base64.b64encode(signer.sign(document)).decode()
    return Issued(number, document.decode(), signature, signer.id, signer.public)

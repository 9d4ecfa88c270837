"""Receipts for tests: made through the verbs of cases, or signed alone where thousands are wanted."""

from __future__ import annotations

import hashlib
from datetime import datetime

from db.receipts import Receipt
from portal.cases import attest
from portal.cases.attest import Head, Issued
from portal.cases.desk_actions import close
from portal.receipts import queries
from portal.receipts.queries import Kept
from tests.cases.factories import a_case, a_clerk
from tests.cases.visitors import FILE
from tests.conftest import NOON


def alone(n: int) -> Issued:
    """A signed receipt of no case; ``n`` makes it unlike others."""
    digest = hashlib.sha256(str(n).encode()).hexdigest()
    basis = {
        "number": 10**18 + n,
        "filed_at": NOON,
        "slug": "yearbook-qom",
        "edition": n or None,
        "statement_sha256": digest,
        "answers": digest,
    }
    head = Head(digest, n % 9 + 1)
    return attest._signed(
        "filing", basis, at=NOON, head=head, files=[digest] * (n % 4), state="registered", outcome=None
    )


async def a_filed_case(**changed):
    """A case with a file and its receipt."""
    filed = await a_case(files=(FILE,), **changed)
    return filed, await the_receipt(filed.case_id)


async def the_receipt(case_id) -> Kept:
    kept = await queries.receipt_of_case(case_id, None)
    assert kept is not None
    return kept


async def close_it(case_id, *, now: datetime = NOON, seen: int = 1):
    clerk = await a_clerk()
    await close(case_id, clerk=clerk, seen=seen, outcome="done", reason="انجام شد", now=now)


async def receipts_of(case_id) -> list[attest.Attested]:
    """What every receipt of the case says, the oldest first."""
    rows = await Receipt.select(Receipt.document).where(Receipt.case == case_id).order_by(Receipt.at)
    return [attest.read(row["document"]) for row in rows]

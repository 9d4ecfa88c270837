"""Whether the audit log is as it was sealed; if not, which row is the first that is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from db.engine import atomic, connection_of_transaction
from portal.audit_log import chain

BATCH = 10_000
# OFFSET 0 makes the planner look each entry up by its key; otherwise it reads the whole table for each batch.
_CHAIN = f"""
    SELECT s.seq, s.entry, s.mac, {chain.FIELDS}
    FROM (SELECT seq, entry, mac FROM audit_seal WHERE seq > $1 ORDER BY seq LIMIT {BATCH}) s
    LEFT JOIN LATERAL (SELECT * FROM audit_entry WHERE id = s.entry OFFSET 0) e ON true
    ORDER BY s.seq
"""  # noqa: S608 - constants
_UNSEALED = """
    SELECT count(*) AS n, min(at) AS oldest FROM audit_entry e
    WHERE NOT EXISTS (SELECT FROM audit_seal s WHERE s.entry = e.id)
"""


class Anchor(msgspec.Struct, frozen=True):
    """The number and MAC of a seal that was written down outside."""

    seq: int
    mac: str


class Broken(msgspec.Struct, frozen=True):
    """The first wrong row: number ``seq`` of the chain. ``entry`` is its id in ``audit_entry`` where one is named."""

    seq: int
    entry: int | None
    why: str

    def __str__(self) -> str:
        entry = f" (audit_entry {self.entry})" if self.entry is not None else ""
        return f"row {self.seq}{entry}: {self.why}"


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a check found: the last good row as ``head`` and the first wrong one, None when all is well.

    ``old`` is the last row under a key before today's, None where there is none. ``n_unsealed`` entries wait for the
    sealer; ``oldest_unsealed`` is when the first of them was written.
    """

    head: Anchor
    broken: Broken | None
    old: Anchor | None = None
    n_unsealed: int = 0
    oldest_unsealed: Any = None


@atomic
async def check_chain(keys: Sequence[bytes], *, anchor: Anchor | None = None) -> Verdict:
    """Every seal was recomputed from its entry, up to the first that does not fit.

    An edited, deleted, exchanged or inserted row is that first one. Rows cut off the end leave a chain that fits:
    only an ``anchor`` beyond the end, or another seal at its number, tells. Of ``keys``, today's first, each may have
    taken over from the next, and none comes back. Over 100,000 rows a second.
    """
    connection, sealers = connection_of_transaction(), [chain.sealer(key) for key in reversed(keys)]
    head, old = Anchor(0, ""), None
    while rows := await connection.fetch(_CHAIN, head.seq):
        for row in rows:
            broken = _wrong(row, head, sealers, anchor)
            if broken:
                return Verdict(head=head, broken=broken, old=old)
            head = Anchor(row["seq"], row["mac"])
            old = head if len(sealers) > 1 else old
    if anchor and anchor.seq > head.seq:
        why = f"the chain ends before it, but row {anchor.seq} is known outside"
        return Verdict(head=head, broken=Broken(head.seq + 1, None, why), old=old)
    unsealed = await connection.fetchrow(_UNSEALED)
    return Verdict(
        head=head, broken=None, old=old, n_unsealed=unsealed["n"], oldest_unsealed=unsealed["oldest"]
    )


def read_anchor(typed: str) -> Anchor | None:
    """The anchor that was typed as ``SEQ:MAC``; None for anything else."""
    seq, _, mac = typed.strip().partition(":")
    if not (seq.isascii() and seq.isdecimal() and int(seq) > 0):
        return None
    is_mac = len(mac) == 64 and set(mac.casefold()) <= set("0123456789abcdef")
    return Anchor(int(seq), mac.casefold()) if is_mac else None


def _wrong(row: Any, before: Anchor, sealers: list[chain.Mac], anchor: Anchor | None) -> Broken | None:
    """What is wrong with ``row``, which should follow ``before``; None when nothing is."""
    seq = before.seq + 1
    if row["seq"] != seq:
        return Broken(seq, None, f"its seal is missing; the next one is of row {row['seq']}")
    if row["id"] is None:
        return Broken(seq, row["entry"], "its entry is missing")
    if not _fits(row, before, sealers):
        return Broken(seq, row["entry"], "is not what was sealed")
    if anchor and anchor.seq == seq and anchor.mac != row["mac"]:
        return Broken(seq, row["entry"], "was sealed anew: outside it is known with another MAC")
    return None


def _fits(row: Any, before: Anchor, sealers: list[chain.Mac]) -> bool:
    """Whether one of ``sealers``, the oldest key's first, made the row's seal.

    Those before it are forgotten: whoever holds a key that was replaced can't go on with it.
    """
    while sealers and sealers[0](before.seq + 1, before.mac, row) != row["mac"]:
        del sealers[0]
    return bool(sealers)

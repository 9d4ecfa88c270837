"""What happens to the audit log: entries are sealed into the chain, its head is told outside."""

from __future__ import annotations

from datetime import datetime

from db.audit import AuditEntry
from db.engine import atomic, connection_of_transaction
from db.outbox import OutboxMessage
from portal import outbox
from portal.audit_log import chain

BATCH = 5_000
LATELY = 10_000
"""How many ids behind the newest seal an entry may show up and still be found by the frequent look."""
ONE_SEALER = 7_244_215_640_914  # any number, the same in every version: one sealer at a time per database
MAIL = "audit_log/mail/head"
_HEAD = "SELECT seq, mac FROM audit_seal ORDER BY seq DESC LIMIT 1"
# An entry of a transaction that was still open at the last look has a lower id than entries already sealed.
# So ids say nothing about what is sealed: what has no seal gets one.
_UNSEALED = f"""
    SELECT {chain.FIELDS} FROM audit_entry e
    WHERE e.id > $1 AND NOT EXISTS (SELECT FROM audit_seal s WHERE s.entry = e.id AND s.entry > $1)
    ORDER BY e.id LIMIT {BATCH}
"""  # noqa: S608 - constants
_SEAL = (
    "INSERT INTO audit_seal (seq, entry, mac) SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[])"
)


async def seal(key: bytes, *, everything: bool = False) -> int:
    """Every entry that was committed before the call is sealed; returns how many were not before.

    Looks at the newest ids only, unless at ``everything``: an entry whose transaction stayed open while 10,000
    others were written waits for that. In batches of one transaction each, so it may be cut short anywhere.
    """
    n_sealed = 0
    while n_new := await _seal_batch(key, everything=everything):
        n_sealed += n_new
        if n_new < BATCH:
            break
    return n_sealed


async def send_head(address: str, locale: str, *, now: datetime) -> None:
    """The newest seal is on its way to ``address``, once each day (UTC); nothing before the first seal.

    Whoever has it can show later that nothing up to it was changed or cut off.
    """
    cause = f"audit-head:{now.date().isoformat()}:{address}"
    if not await OutboxMessage.exists().where(OutboxMessage.cause == cause):
        await _enqueue_head(address, locale, cause, now=now)


@atomic
async def _seal_batch(key: bytes, *, everything: bool) -> int:
    connection = connection_of_transaction()
    await connection.execute("SELECT pg_advisory_xact_lock($1)", ONE_SEALER)
    since = 0
    if not everything:
        since = await connection.fetchval("SELECT max(entry) FROM audit_seal") or 0
    entries = await connection.fetch(_UNSEALED, max(0, since - LATELY))
    if not entries:
        return 0
    head = await connection.fetchrow(_HEAD)
    seq, mac = (head["seq"], head["mac"]) if head else (0, "")
    mac_of, macs = chain.sealer(key), []
    for entry in entries:
        seq += 1
        mac = mac_of(seq, mac, entry)
        macs.append(mac)
    numbers = range(seq - len(macs) + 1, seq + 1)
    await connection.execute(_SEAL, list(numbers), [entry["id"] for entry in entries], macs)
    return len(macs)


@atomic
async def _enqueue_head(address: str, locale: str, cause: str, *, now: datetime) -> None:
    head = await connection_of_transaction().fetchrow(_HEAD)
    if head is None:
        return
    data = {"seq": head["seq"], "mac": head["mac"], "count": await AuditEntry.count()}
    await outbox.enqueue(MAIL, recipient=address, locale=locale, data=data, cause=cause, case=None, now=now)

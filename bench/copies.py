"""A copy of a case: every row that belongs to it anew, about somebody else, in other words, hashed and signed again.

What the clock decided stays as it was, since nothing of it depends on who wrote what. Pure, but for random ids.
"""

from __future__ import annotations

import base64
import random
import secrets
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec

from bench.words import Draw
from portal import codes, signing
from portal.cases import access, attest
from portal.cases.events import Event, filed_text, text_hash
from portal.cases.submission import FilingDraft, Intake, content_sha256, search_key
from portal.services.queries import ServiceView

Row = dict[str, Any]
BY_CASE = (
    "case_unit",
    "case_event",
    "message",
    "attachment",
    "access_grant",
    "clock_fact",
    "clock_alarm",
    "outbox_message",
    "subscription",
    "receipt",
    "rating",
)
"""Tables whose rows name their case in a column of that name; entries of the audit log name it in ``object``."""
NUMBERED = {"audit_entry": "id"}
"""Columns that the database counts by itself."""
_SENT = tuple(name for name in FilingDraft.__struct_fields__ if name not in ("files", "answers"))


class Rows(defaultdict[str, list[tuple[Any, ...]]]):
    """Rows by table, ready to be written."""

    def __init__(self) -> None:
        super().__init__(list)


class Mold(msgspec.Struct, frozen=True):
    """All rows of one case by table, as the database gives them; ``data`` are its events', read once."""

    case: Row
    rows: Mapping[str, Sequence[Row]]
    data: Sequence[Mapping[str, Any]]
    answers: Mapping[str, Any]


class Copy(msgspec.Struct, kw_only=True):
    """What a copy has of its own; ``events`` and ``hashes`` are filled as its history is written."""

    case: UUID
    number: int
    email: str | None
    phone: str | None
    words: dict[UUID, str]
    salts: dict[UUID, str]
    events: dict[UUID, UUID]
    chain: list[Event]


def mold(case: Row, rows: Mapping[str, Sequence[Row]]) -> Mold:
    """``rows`` of the case, with its events in their order."""
    events = sorted(rows["case_event"], key=lambda row: row["n"])
    return Mold(
        case,
        {**rows, "case_event": events},
        [msgspec.json.decode(event["data"]) for event in events],
        msgspec.json.decode(case["answers"]),
    )


def written(table: str, columns: Sequence[str]) -> list[str]:
    """Those of a table's columns that are written."""
    return [name for name in columns if name != NUMBERED.get(table)]


def copy(made_from: Mold, service: ServiceView, draw: Draw, key: bytes, into: Rows) -> UUID:
    """Another case that lived as ``made_from`` did: its rows are added to ``into``. Returns its id."""
    case = _case(made_from, service, draw)
    one = Copy(
        case=case["id"],
        number=case["number"],
        email=case["contact_email"],
        phone=case["contact_phone"],
        words={row["event"]: draw.words(25) for row in made_from.rows["message"]},
        salts={row["event"]: secrets.token_hex(16) for row in made_from.rows["message"]},
        events={row["id"]: key_at(row["at"]) for row in made_from.rows["case_event"]},
        chain=[],
    )
    into["case"].append(tuple(case.values()))
    _write_history(made_from, case, one, into)
    for table in BY_CASE:
        if table != "case_event":
            for row in made_from.rows[table]:
                _add(table, _anew(table, row, one, key), into)
    for row in made_from.rows["audit_entry"]:
        _add("audit_entry", {**row, "object": f"case:{one.case}"}, into)
    return one.case


def key_at(at: datetime) -> UUID:
    """A UUIDv7 as it would have been made at that time."""
    stamp = int(at.timestamp() * 1000)
    return UUID(int=stamp << 80 | 7 << 76 | random.getrandbits(12) << 64 | 2 << 62 | random.getrandbits(62))


def _add(table: str, row: Row, into: Rows) -> None:
    if table in NUMBERED:
        del row[NUMBERED[table]]
    into[table].append(tuple(row.values()))


def _case(made_from: Mold, service: ServiceView, draw: Draw) -> Row:
    old = made_from.case
    own = {
        "contact_name": draw.name(),
        "contact_email": old["contact_email"] and draw.email(),
        "contact_phone": old["contact_phone"] and draw.mobile(),
        "body": draw.words(30),
        "submission_id": uuid4(),
    }
    sent: dict[str, Any] = {name: own.get(name, old[name]) for name in _SENT}
    draft = FilingDraft(**sent, answers=dict(made_from.answers))
    return {
        **old,
        **own,
        "id": key_at(old["filed_at"]),
        "number": codes.new_number(),
        "salt": access.new_token(),
        "search_key": search_key(draft, service, Intake()),
        "submission_sha256": content_sha256(draft, service.id),
    }


def _write_history(made_from: Mold, case: Row, one: Copy, into: Rows) -> None:
    before = ""
    for row, data in zip(made_from.rows["case_event"], made_from.data, strict=True):
        event = Event(
            case=one.case,
            n=row["n"],
            kind=row["kind"],
            actor_role=row["actor_role"],
            actor=row["actor"],
            data=data,
            text_hash=_text_hash(row["id"], made_from, case, one),
            at=row["at"],
            prev_hash=before,
        )
        before = event.hash
        one.chain.append(event)
        own = {"id": one.events[row["id"]], "case": one.case, "text_hash": event.text_hash}
        _add("case_event", {**row, **own, "prev_hash": event.prev_hash, "hash": before}, into)


def _text_hash(event: UUID, made_from: Mold, case: Row, one: Copy) -> str | None:
    if not one.chain:
        return text_hash(case["salt"], filed_text(made_from.answers, case["body"]))
    return text_hash(one.salts[event], one.words[event]) if event in one.words else None


def _anew(table: str, row: Row, one: Copy, key: bytes) -> Row:
    """The row as it stands for the copy."""
    old, row = row["case"], {**row, "case": one.case}
    if table == "receipt":
        return {**row, **_receipt(row, one)}
    row["id"] = key_at(row["at"] if row.get("at") else one.chain[0].at)
    if "event" in row:
        row["event"] = one.events[row["event"]]
    change = _CHANGES.get(table)
    return {**row, **change(row, one, old, key)} if change else row


def _message(row: Row, one: Copy, old: UUID, key: bytes) -> Row:
    event = next(was for was, is_now in one.events.items() if is_now == row["event"])
    return {"body": one.words[event], "salt": one.salts[event]}


def _grant(row: Row, one: Copy, old: UUID, key: bytes) -> Row:
    if row["kind"] != "passcode":
        return {"secret_hash": secrets.token_hex(32)}  # of a token that nobody holds
    grant = access.new_passcode(key, one.case, now=row["created_at"])
    return {"id": grant.id, "secret_hash": grant.secret_hash}


def _mail(row: Row, one: Copy, old: UUID, key: bytes) -> Row:
    data = msgspec.json.decode(row["data"])
    return {
        "id": key_at(row["created_at"]),
        "recipient": one.email if row["channel"] == "mail" else one.phone,
        "cause": row["cause"].replace(str(old), str(one.case)),
        "data": msgspec.json.encode({**data, "number": str(one.number)}).decode(),
    }


_CHANGES: dict[str, Callable[[Row, Copy, UUID, bytes], Row]] = {
    "message": _message,
    "access_grant": _grant,
    "outbox_message": _mail,
    "attachment": lambda row, one, old, key: {"stored_as": uuid4().hex},
    "subscription": lambda row, one, old, key: {"address": one.email or one.phone},
    "rating": lambda row, one, old, key: {"token_hash": row["token_hash"] and secrets.token_hex(32)},
}


def _receipt(row: Row, one: Copy) -> Row:
    """Signed anew: it names the copy's own code, answers, words and last event."""
    said, number, signer = attest.read(row["document"]), codes.new_number(), signing.current()
    event = one.chain[said.head.n - 1]
    attested = msgspec.structs.replace(
        said,
        answers=one.chain[0].text_hash,
        code=codes.show_text(one.number),
        head=attest.Head(event.hash, event.n),
        key=signer.id,
        receipt=attest.show_number(number),
        words=event.text_hash if said.words else None,
    )
    document = msgspec.json.encode(attested, order="sorted")
    signature = base64.b64encode(signer.sign(document)).decode()
    return {"number": number, "document": document.decode(), "signature": signature}

"""The submission ledger of a case: what reached the desk and when, and whether each message about it left.

One query for all of it. Addresses are masked, since a page may be left open in front of others.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby
from typing import Any, Literal
from uuid import UUID

import msgspec

from db.cases import Case
from portal import identifiers, outbox
from portal.cases.mails import TOLD
from portal.cases.queries import UNSEEN_KINDS
from portal.i18n import N_, _

Lacking = Literal["", "address", "record"]
NOTICE = "notice"
"""What a message is of that tells no event of the case."""
# A message tells an event when its cause names both; one about a notice stands for itself.
_LEDGER = """
    WITH own AS (
        SELECT channel, recipient, state, error, created_at, ended_at, id,
               CASE WHEN cause ~ '^case:[^:]+:[0-9]+(:[0-9]+)?$' THEN split_part(cause, ':', 3)::int END AS n
        FROM outbox_message WHERE "case" = {} AND NOT (state = 'dropped' AND cause LIKE 'notice:%')
    )
    SELECT e.n, coalesce(e.kind, 'notice') AS kind, coalesce(e.at, m.created_at) AS at, e.actor_role,
           m.channel, m.recipient, m.state, m.error, m.ended_at, c.contact_email IS NOT NULL AS addressed,
           (SELECT jsonb_agg(jsonb_build_object('name', f.name, 'size', f.size) ORDER BY f.id)
            FROM attachment f WHERE f."case" = e."case" AND f.event = e.id) AS files
    FROM (SELECT * FROM case_event WHERE "case" = {}) e FULL JOIN own m ON m.n = e.n
    JOIN "case" c ON c.id = {}
    ORDER BY at, e.n NULLS LAST, m.id
"""
FATES = {
    ("mail", "queued"): N_("waits to be handed over to the mail server"),
    ("mail", "sent"): N_("handed over to the mail server"),
    ("mail", "failed"): N_("was not sent"),
    ("mail", "dropped"): N_("was not sent"),
    ("mail", "bounced"): N_("sent back by the mail server"),
    ("mail", "unanswered"): N_("given to the mail server, which never said whether it took it"),
    ("mail", "kept"): N_("kept here, as this portal sends no mail"),
    ("sms", "queued"): N_("waits to be handed over to the gateway"),
    ("sms", "sent"): N_("handed over to the gateway"),
    ("sms", "failed"): N_("was not sent"),
    ("sms", "dropped"): N_("was not sent"),
    ("sms", "bounced"): N_("sent back by the gateway"),
    ("sms", "kept"): N_("kept here, as this portal sends no text messages"),
}
LACKS: dict[Lacking, str] = {
    "address": N_("no e-mail was sent: no address was given"),
    "record": N_("no e-mail is on record"),
}


class SentFile(msgspec.Struct, frozen=True):
    """``size`` in bytes; ``name`` is empty where the visitor may not read it, or it was erased."""

    name: str
    size: int


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One message. ``state`` as in ``db.outbox``, or bounced (refused for good by who should take it), or unanswered.

    ``recipient`` is masked, and empty where the visitor may not read it or it was erased. ``at`` is when it ended, None
    while it waits.
    """

    channel: str
    state: str
    recipient: str
    at: datetime | None

    @property
    def fate(self) -> str:
        """What became of it, in the reader's language."""
        return _(FATES[self.channel, self.state])


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that came or was told. ``lacking`` says why it ought to have a message and has none."""

    kind: str
    at: datetime
    received: bool
    files: tuple[SentFile, ...]
    deliveries: tuple[Delivery, ...]
    lacking: Lacking

    @property
    def lack(self) -> str:
        """Why nothing was told, in the reader's language; empty where something was, or need not be."""
        return _(LACKS[self.lacking]) if self.lacking else ""


async def ledger_of(case_id: UUID, *, tier: int) -> list[Entry]:
    """Everything that came for the case and was told to its applicant, the newest first.

    Below tier 2 no address and no name of a file is in it.
    """
    rows = await Case.raw(_LEDGER, case_id, case_id, case_id)
    entries = (_entry(list(same), tier) for _key, same in groupby(rows, lambda row: (row["n"], row["at"])))
    told = [
        one for one in entries if one.received or one.deliveries or one.lacking or one.kind == "renumbered"
    ]
    return told[::-1]


def state_of(state: str, error: str) -> str:
    """``state`` of a message, with those told apart that the other side refused for good or gave no answer to."""
    if state != "failed":
        return state
    if error.startswith(outbox.UNANSWERED):
        return "unanswered"
    return "bounced" if re.match(outbox.SENT_BACK, error) else state


def _entry(rows: list[dict[str, Any]], tier: int) -> Entry:
    row = rows[0]
    kind, received = row["kind"], _was_received(row)
    deliveries = tuple(_deliveries(rows, tier))
    files = msgspec.json.decode(row["files"] or "[]", type=list[SentFile])
    return Entry(
        kind=kind,
        at=row["at"],
        received=received,
        files=tuple(SentFile(file.name if tier > 1 else "", file.size) for file in files) if received else (),
        deliveries=deliveries,
        lacking=_lacking(kind, row["addressed"]) if not deliveries else "",
    )


def _was_received(row: dict[str, Any]) -> bool:
    """Whether something came from the applicant; a letter that the desk registered did, too."""
    unsent = UNSEEN_KINDS | {"renumbered"}
    return row["kind"] == "filed" or row["actor_role"] == "applicant" and row["kind"] not in unsent


def _deliveries(rows: Iterable[dict[str, Any]], tier: int) -> Iterator[Delivery]:
    for row in rows:
        if row["state"]:
            yield Delivery(
                channel=row["channel"],
                state=state_of(row["state"], row["error"]),
                recipient=_masked(row["channel"], row["recipient"]) if tier > 1 else "",
                at=row["ended_at"],
            )


def _masked(channel: str, recipient: str) -> str:
    if not recipient:
        return ""
    return identifiers.mask_phone(recipient) if channel == "sms" else identifiers.mask_email(recipient)


def _lacking(kind: str, addressed: bool) -> Lacking:
    if kind not in TOLD:
        return ""
    return "record" if addressed else "address"

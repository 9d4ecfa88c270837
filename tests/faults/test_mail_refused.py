"""The mail server defers, refuses and keeps silent: nobody gets three copies, and the case says what was refused."""

from __future__ import annotations

import email
from collections import Counter
from datetime import UTC, datetime
from uuid import UUID

import pytest

from db.outbox import OutboxMessage
from portal.cases.ledger import ledger_of
from tests.cases.factories import a_case
from tests.faults.test_worker import start_worker
from tests.mail_server import HANGS_UP, Box, mail_server
from tests.test_worker import eventually, queue_mails

pytestmark = pytest.mark.fault
EACH = 10
WELL, LATER, FULL, SILENT, CUT = (f"{one}@example.org" for one in ("well", "later", "full", "silent", "cut"))
MOODS = {LATER: "451 try later", FULL: "552 too much mail data", SILENT: None, CUT: HANGS_UP}
_UNDER_WAY = (
    "SELECT FROM pgqueuer WHERE entrypoint = 'deliver' AND (status = 'picked' OR execute_after <= now())"
)


class Moody(Box):
    """Answers to a whole mail as ``moods`` says of its recipient."""

    def __init__(self) -> None:
        super().__init__()
        self.moods: dict[str, str | None] = dict(MOODS)

    def verdict(self, recipient: str) -> str | None:
        return self.moods.get(recipient, "250 taken")


async def test_nobody_gets_three_copies_and_what_is_refused_ends_at_once(committed, measured):
    case = (await a_case(contact_email=FULL, now=datetime.now(UTC))).case_id
    for recipient in MOODS:
        await queue_mails(EACH, recipient)
    async with mail_server(Moody()) as box:
        worker = start_worker(box, VERDICT_SECONDS="1")
        try:
            await eventually(each_was_tried, seconds=90)
            del box.moods[LATER]
            for _ in range(3):  # the first brings those back that wait; none is left for the others
                await queue_mails(1, WELL)
                await eventually(each_was_tried, seconds=60)
        finally:
            worker.terminate()
            worker.wait(30)
    given = {recipient: copies(box, recipient) for recipient in MOODS}
    measured("F4", f"{EACH} mails each, given to the server so often: {said(given)}")
    assert given == {LATER: {2: EACH}, FULL: {1: EACH + 1}, SILENT: {2: EACH}, CUT: {2: EACH}}
    assert await states() == {
        (WELL, "sent"),
        (LATER, "sent"),
        (FULL, "failed"),
        (SILENT, "failed"),
        (CUT, "failed"),
    }
    await refusal_stands_in_the_ledger(case)


async def each_was_tried() -> bool:
    """Nothing is under way, and nothing is due."""
    untried = await OutboxMessage.exists().where(OutboxMessage.attempts == 0)
    return not untried and not await OutboxMessage.raw(_UNDER_WAY)


def copies(box: Box, recipient: str) -> Counter[int]:
    """How many mails to ``recipient`` reached the server once, twice …"""
    mails = [email.message_from_bytes(one) for one in box.given]
    each = Counter(mail["Message-ID"] for mail in mails if mail["To"] == recipient)
    return Counter(each.values())


def said(given: dict[str, Counter[int]]) -> str:
    words = {LATER: "451 once", FULL: "552", SILENT: "no answer", CUT: "hung up"}
    return ", ".join(f"{words[one]} {max(times)}×" for one, times in given.items())


async def states() -> set[tuple[str, str]]:
    rows = await OutboxMessage.select(OutboxMessage.recipient, OutboxMessage.state)
    return {(row["recipient"], row["state"]) for row in rows}


async def refusal_stands_in_the_ledger(case: UUID) -> None:
    (entry,) = await ledger_of(case, tier=2)
    (delivery,) = entry.deliveries
    assert delivery.state == "bounced"
    (message,) = await OutboxMessage.objects().where(OutboxMessage.case == case)
    assert (message.attempts, message.error) == (1, "552 too much mail data")

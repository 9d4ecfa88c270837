"""The same words sent again within minutes, from one browser or one network: asked about, never refused.

What is kept for that is a keyed digest over who sent what; neither can be read from it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from db.cases import SentWords
from portal import text
from portal.cases import access
from portal.cases.events import canonical
from portal.cases.submission import FilingDraft
from portal.security.address import network_of

PURPOSE = "same words"
SAME_BROWSER, SAME_NETWORK = timedelta(hours=1), timedelta(minutes=10)
"""For how long the same words count as a repetition: people go back in a browser later than a flood waits."""
LEAST_LETTERS = 20
"""A shorter body is common: many people of one network may send it."""
# The browser's own repetition first: that is the one that can be shown.
_BEFORE = """
    SELECT c.number, s.at, s.digest = {} AS own FROM sent_words s JOIN "case" c ON c.id = s."case"
    WHERE c.submission_id <> {} AND (s.digest = {} AND s.at > {} OR s.digest = {} AND s.at > {})
    ORDER BY own DESC, s.at DESC LIMIT 1
"""
# Not waiting for the disk: a crash may forget that something was just sent.
_REMEMBER = """
    INSERT INTO sent_words (id, digest, "case", at)
    SELECT gen_random_uuid(), digest, {}::uuid, {}::timestamptz FROM unnest({}::text[]) AS new(digest)
    WHERE set_config('synchronous_commit', 'off', true) = 'off'
"""


class Marks(msgspec.Struct, frozen=True):
    """Digests of the words with the browser, and with the network (empty where they are too short for that)."""

    browser: str
    network: str


class Before(msgspec.Struct, frozen=True):
    """The same words made the case ``number`` at ``at``; ``own``: from the same browser."""

    number: int
    at: datetime
    own: bool


def marks_of(draft: FilingDraft, service: UUID, *, browser: str, address: str, key: bytes) -> Marks:
    """What to look for and to remember; spelling, spaces and marks make no difference, nor do name and contact."""
    body = text.search_key(draft.body)
    answers = {
        name: text.search_key(value) if isinstance(value, str) else value
        for name, value in draft.answers.items()
    }
    words = f"{draft.kind}\0{draft.about_case}\0{service}\0{canonical([body, answers])}"
    return Marks(
        access.keyed(key, PURPOSE, f"browser\0{browser}\0{words}"),
        access.keyed(key, PURPOSE, f"network\0{network_of(address)}\0{words}")
        if len(body) >= LEAST_LETTERS
        else "",
    )


async def sent_before(marks: Marks, *, submission: UUID, now: datetime) -> Before | None:
    """The newest case that these words made from another page, the browser's own first; None when there is none."""
    rows = await SentWords.raw(
        _BEFORE,
        marks.browser,
        submission,
        marks.browser,
        now - SAME_BROWSER,
        marks.network,
        now - SAME_NETWORK,
    )
    return Before(**rows[0]) if rows else None


async def remember(marks: Marks, case_id: UUID, *, now: datetime) -> None:
    """These words made this case."""
    await SentWords.raw(_REMEMBER, case_id, now, [one for one in (marks.browser, marks.network) if one])


async def forget_old(*, now: datetime) -> None:
    """Nothing is kept that no question could need any more."""
    await SentWords.delete().where(SentWords.at < now - SAME_BROWSER)

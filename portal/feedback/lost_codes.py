"""A lost tracking code: whoever holds a contact of a request is sent a link that lists the requests with it.

Asking does the same work whether the contact is known, and says nothing; the message is only made for one that is.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import msgspec

from db.cases import AccessGrant, Case
from db.engine import atomic
from db.keys import uuid7
from db.lost_codes import LostCode
from portal import audit, outbox
from portal.cases import access
from portal.cases.rules import ENDED_STATES
from portal.cases.titles import title_of
from portal.errors import NotFound
from portal.i18n import N_, Words, _
from portal.outbox import Unwanted
from portal.security import throttle
from portal.security.address import network_of
from portal.security.lifetimes import latest_end

PURPOSE = "lost code"
Channel = Literal["mail", "sms"]
LIMIT, WINDOW = 20, timedelta(hours=1)
"""Wishes from one neighbourhood of addresses."""
MESSAGES, MESSAGES_WINDOW = 3, timedelta(days=1)
"""Messages to one contact; what is beyond is answered alike and sends nothing."""
LINK_LASTS = timedelta(hours=1)
FORGOTTEN_AFTER = timedelta(days=1)
MOST = 100
"""Requests that one link lists, the open ones and the newest first."""
LAPSED = N_("This link no longer works. Links are good for one hour and for one use.")

# By the indexes case_email and case_phone, whose expressions these are.
_OF_CONTACT = {"mail": "lower(c.contact_email) = lower({})", "sms": "c.contact_phone = {}"}
_CASES = """
    SELECT c.id, c.number, c.kind, c.state, c.filed_at, s.title_fa, s.title_en, s.sensitive
    FROM "case" c JOIN service s ON s.id = c.service
    WHERE OF_CONTACT AND c.erased_at IS NULL
    ORDER BY c.state = ANY({}), c.filed_at DESC LIMIT {}
"""
_SPEND = """
    DELETE FROM lost_code WHERE token_hash = ANY({}) AND token_ends_at > {} AND token_ends_at <= {}
    RETURNING channel, address
"""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One case of the contact; ``title`` is None where the name of its service would say too much."""

    number: int
    state: str
    filed_at: datetime
    title: Words | None


async def ask(
    channel: Channel, address: str, *, locale: str, network: str, key: bytes, now: datetime
) -> None:
    """A message to ``address`` is queued; it leaves if a request has this contact. Raises TooMany."""
    await throttle.hit(f"lost-code:{network_of(network)}", limit=LIMIT, window=WINDOW, now=now)
    reader = access.keyed(key, PURPOSE, f"{channel}:{address.casefold()}")[:32]
    if await throttle.count(f"lost-code:to:{reader}", MESSAGES_WINDOW, now) <= MESSAGES:
        await _record(channel, address, locale=locale, now=now)


async def new_token(wish: UUID, *, key: bytes, now: datetime) -> str:
    """A fresh secret for the link of ``wish``, good for an hour from now; the one before is worth nothing any more.

    Raises Unwanted when the wish is spent or a day old, or no request has its contact.
    """
    row = (
        await LostCode.select().where(LostCode.id == wish, LostCode.asked_at > now - FORGOTTEN_AFTER).first()
    )
    if row is None or not await _cases_of(row["channel"], row["address"], most=1):
        raise Unwanted("no request has this contact, or the wish is over")
    token = access.new_token()
    await LostCode.update(
        {LostCode.token_hash: access.keyed(key, PURPOSE, token), LostCode.token_ends_at: now + LINK_LASTS}
    ).where(LostCode.id == wish)
    return token


async def check(token: str, *, keys: Sequence[bytes], now: datetime) -> None:
    """Raises NotFound for a link without worth; changes nothing."""
    good = LostCode.token_hash.is_in([access.keyed(key, PURPOSE, token) for key in keys])
    if not await LostCode.exists().where(
        good, LostCode.token_ends_at > now, LostCode.token_ends_at <= latest_end(LINK_LASTS, now)
    ):
        raise NotFound(_(LAPSED))


@atomic
async def redeem(token: str, *, browser: str, keys: Sequence[bytes], now: datetime) -> list[Found]:
    """The link is used up, and ``browser`` sees tier 1 of the listed requests for a day. Raises NotFound."""
    hashes = [access.keyed(key, PURPOSE, token) for key in keys]
    spent = await LostCode.raw(_SPEND, hashes, now, latest_end(LINK_LASTS, now))
    if not spent:
        raise NotFound(_(LAPSED))
    cases = await _cases_of(spent[0]["channel"], spent[0]["address"], most=MOST)
    if cases:
        grants = [access.browser_grant(keys[0], one["id"], browser, tier=1, now=now) for one in cases]
        await AccessGrant.insert(*grants)
    for one in cases:
        await audit.append("case_unlocked", object=f"case:{one['id']}", data={"by": "contact"}, now=now)
    return [_found(one) for one in cases]


async def forget_old(*, now: datetime) -> None:
    """Nobody's contact is kept for a wish that is a day old."""
    await LostCode.delete().where(LostCode.asked_at < now - FORGOTTEN_AFTER)


@atomic
async def _record(channel: Channel, address: str, *, locale: str, now: datetime) -> None:
    wish = LostCode(id=uuid7(), channel=channel, address=address, asked_at=now)
    await LostCode.insert(wish)
    await outbox.enqueue(
        f"feedback/{channel}/lost_code",
        channel=channel,
        recipient=address,
        locale=locale,
        data={"wish": str(wish.id), outbox.ONCE: True},
        cause=f"lost-code:{wish.id}",
        case=None,
        now=now,
    )


async def _cases_of(channel: str, address: str, *, most: int) -> list[dict[str, Any]]:
    query = _CASES.replace("OF_CONTACT", _OF_CONTACT[channel])
    rows: list[dict[str, Any]] = await Case.raw(query, address, sorted(ENDED_STATES), most)
    return rows


def _found(row: dict[str, Any]) -> Found:
    return Found(
        number=row["number"],
        state=row["state"],
        filed_at=row["filed_at"],
        title=None if row["sensitive"] else title_of(row["kind"], Words(row["title_fa"], row["title_en"])),
    )

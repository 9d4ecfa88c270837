"""Who hears of notices: subscribing with double opt-in, leaving by one click, and following one's open case.

Whoever subscribes learns nothing about others: page and work are the same whether the address is known. What
happened is told by message, to the owner of the address alone.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import msgspec

from db.engine import atomic
from db.keys import uuid7
from db.services import Service
from db.subscriptions import Subscription
from portal import outbox
from portal.errors import NotFound
from portal.i18n import N_, _
from portal.notices.rules import Kind
from portal.security import throttle
from portal.security.address import network_of

Channel = Literal["mail", "sms"]
KINDS: tuple[Kind, ...] = ("planned", "incident")
LIMIT, WINDOW = 20, timedelta(hours=1)
MESSAGES, MESSAGES_WINDOW = 3, timedelta(days=1)
LINK_LASTS = timedelta(days=3)
MOST_BOUNCES = 3
LAPSED = N_("This link no longer works. Links are good for three days and for one use.")

# For the statement that writes a case's event; $9 is the case, $11 the event's kind, $16 its time. A service that is
# sensitive is not named in anybody's mail unless they asked for it.
FOLLOWING = f"""
    followed AS (
        INSERT INTO subscription
            (id, channel, address, locale, service, kinds, origin, "case", made_at, confirmed_at, bounces)
        SELECT c.id, CASE WHEN c.contact_email <> '' THEN 'mail' ELSE 'sms' END,
            coalesce(nullif(c.contact_email, ''), c.contact_phone), c.locale, c.service,
            '["planned", "incident"]', 'case', c.id, c.filed_at, c.filed_at, 0
        FROM "case" c JOIN service s ON s.id = c.service
        WHERE $11 = 'filed' AND c.id = $9 AND NOT s.sensitive
            AND coalesce(nullif(c.contact_email, ''), c.contact_phone, '') <> ''
        ON CONFLICT DO NOTHING
    ),
    parted AS (
        UPDATE subscription SET ended_at = CASE WHEN $11 NOT IN ('reopened', 'appealed') THEN $16::timestamptz END
        WHERE $11 IN ('closed', 'rejected', 'withdrawn', 'decided', 'reopened', 'appealed')
            AND "case" = $9 AND bounces < {MOST_BOUNCES}
    )
"""  # noqa: S608 - constants
_CONFIRM = """
    UPDATE subscription SET confirmed_at = {}, token_sha256 = NULL
    WHERE token_sha256 = {} AND made_at > {} AND confirmed_at IS NULL AND ended_at IS NULL
    RETURNING id, channel, address, service
"""
ENDED_KEPT = timedelta(days=365)
"""How long a link of an old message still ends what its address hears."""
# What the confirmed one stands for, too. Ended, not deleted: the links of older messages still lead to the address.
_SUPERSEDED = """
    UPDATE subscription SET ended_at = {}
    WHERE ended_at IS NULL AND channel = {} AND address = {} AND id <> {} AND origin = 'asked'
        AND service IS NOT DISTINCT FROM {}
"""
_LEAVE_ALL = """
    DELETE FROM subscription s USING subscription named
    WHERE named.id = {} AND s.channel = named.channel AND s.address = named.address
"""
_HELD = """
    SELECT s.id, s.channel, s.address, s.kinds::text AS kinds, s.ended_at, v.slug, v.title_fa, v.title_en, c.number
    FROM subscription s LEFT JOIN service v ON v.id = s.service LEFT JOIN "case" c ON c.id = s."case"
"""
_OWN = f"""{_HELD}
    WHERE s.confirmed_at IS NOT NULL AND (s.ended_at IS NULL OR s.bounces >= {MOST_BOUNCES})
        AND (s.account = {{}} OR s."case" IN (SELECT id FROM "case" WHERE applicant = {{}})
            OR s.origin = 'asked' AND s.channel = 'mail' AND s.address = ANY({{}}))
    ORDER BY s.id LIMIT 100
"""  # noqa: S608 - constants


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants to hear; ``service`` None: of all."""

    channel: Channel = "mail"
    address: str
    service: UUID | None = None
    kinds: Sequence[Kind] = KINDS


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A subscription as its holder sees it; ``case`` is the number of the open case that it goes with.

    ``service`` is its title in the two languages, None (and ``slug`` empty) for all. ``ended``: its messages came
    back.
    """

    id: UUID
    channel: str
    address: str
    kinds: tuple[str, ...]
    slug: str
    service: tuple[str, str] | None
    case: int | None
    ended: bool


async def subscribe(
    wish: Wish, *, locale: str, network: str, account: UUID | None = None, own: bool = False, now: datetime
) -> None:
    """A message asks the address to confirm; ``own``: it is a confirmed one of ``account``, and hears from now on.

    Raises TooMany (twenty from one network in an hour). To one address go three such messages a day at most; what is
    beyond is answered alike and sends nothing.
    """
    await throttle.hit(f"subscribe:{network_of(network)}", limit=LIMIT, window=WINDOW, now=now)
    if own:
        await _begin(wish, locale=locale, account=account, confirmed=True, now=now)
        return
    reader = hashlib.sha256(f"{wish.channel}:{wish.address.casefold()}".encode()).hexdigest()[:32]
    if await throttle.count(f"subscribe:to:{reader}", MESSAGES_WINDOW, now) <= MESSAGES:
        await _begin(wish, locale=locale, account=account, confirmed=False, now=now)


@atomic
async def _begin(wish: Wish, *, locale: str, account: UUID | None, confirmed: bool, now: datetime) -> None:
    row = Subscription(
        id=uuid7(),
        channel=wish.channel,
        address=wish.address,
        locale=locale,
        service=wish.service,
        kinds=msgspec.json.encode(wish.kinds).decode(),
        account=account,
        made_at=now,
        confirmed_at=now if confirmed else None,
    )
    await Subscription.insert(row)
    if confirmed:
        await Subscription.raw(_SUPERSEDED, now, wish.channel, wish.address, row.id, wish.service)
        return
    await outbox.enqueue(
        f"notices/{wish.channel}/confirm",
        channel=wish.channel,
        recipient=wish.address,
        locale=locale,
        data={"subscription": str(row.id), outbox.ONCE: True},
        cause=f"subscribe:{row.id}",
        case=None,
        now=now,
    )


async def new_token(subscription: UUID, *, now: datetime) -> str:
    """A fresh secret for the link that confirms ``subscription``; the one before is worth nothing any more."""
    token = secrets.token_urlsafe(18)
    await Subscription.update({Subscription.token_sha256: _digest(token)}).where(
        Subscription.id == subscription, Subscription.confirmed_at.is_null()
    )
    return token


async def of_link(token: str, *, now: datetime) -> Wish:
    """What the link with ``token`` would confirm; changes nothing. Raises NotFound for one without worth."""
    row = (
        await Subscription.objects()
        .get(
            (Subscription.token_sha256 == _digest(token))
            & (Subscription.made_at > now - LINK_LASTS)
            & Subscription.confirmed_at.is_null()
            & Subscription.ended_at.is_null()
        )
        .output(load_json=True)
    )
    if row is None:
        raise NotFound(_(LAPSED))
    return Wish(channel=row.channel, address=row.address, service=row.service, kinds=tuple(row.kinds))


@atomic
async def confirm(token: str, *, now: datetime) -> None:
    """The address hears of notices from now on, and the link is used up. Raises NotFound."""
    rows = await Subscription.raw(_CONFIRM, now, _digest(token), now - LINK_LASTS)
    if not rows:
        raise NotFound(_(LAPSED))
    row = rows[0]
    await Subscription.raw(_SUPERSEDED, now, row["channel"], row["address"], row["id"], row["service"])


def leave_token(keys: Sequence[bytes], subscription: UUID) -> str:
    """What a link carries that ends ``subscription`` without any sign-in."""
    return base64.urlsafe_b64encode(subscription.bytes + _seal(keys[0], subscription)).rstrip(b"=").decode()


def subscription_of(token: str, keys: Sequence[bytes]) -> UUID:
    """The subscription that ``leave_token`` was made for. Raises NotFound for what we did not make."""
    try:
        raw = base64.b64decode(token + "=", altchars=b"-_", validate=True) if token.isascii() else b""
    except ValueError:
        raw = b""
    if len(raw) == 32:
        found = UUID(bytes=raw[:16])
        if any(hmac.compare_digest(_seal(key, found), raw[16:]) for key in keys):
            return found
    raise NotFound(_("There is nothing at this address."))


@atomic
async def leave(subscription: UUID, *, everything: bool) -> None:
    """The subscription is gone, with ``everything`` all of its address; doing it again changes nothing."""
    if everything:
        await Subscription.raw(_LEAVE_ALL, subscription)
    else:
        await Subscription.delete().where(Subscription.id == subscription)


async def held_by(account: UUID, addresses: Sequence[str]) -> list[Held]:
    """What ``account`` hears, with its confirmed ``addresses``: what it asked for and what its open cases bring."""
    rows: list[dict[str, Any]] = await Subscription.raw(_OWN, account, account, list(addresses))
    return [_held(row) for row in rows]


async def held(subscription: UUID) -> Held | None:
    """One subscription; None when there is none any more."""
    rows = await Subscription.raw(f"{_HELD} WHERE s.id = {{}}", subscription)
    return _held(rows[0]) if rows else None


async def arrived(subscription: UUID) -> None:
    """A message was delivered: what bounced before does not count any more."""
    await Subscription.raw("UPDATE subscription SET bounces = 0 WHERE id = {} AND bounces > 0", subscription)


async def bounced(subscription: UUID, *, now: datetime) -> None:
    """A message can never be delivered; after three in a row the subscription has ended."""
    await Subscription.raw(
        "UPDATE subscription SET bounces = bounces + 1,"
        " ended_at = CASE WHEN bounces + 1 >= {} THEN {}::timestamptz ELSE ended_at END WHERE id = {}",
        MOST_BOUNCES,
        now,
        subscription,
    )


async def forget_unconfirmed(*, now: datetime) -> None:
    """Addresses that did not confirm within three days are gone, and those that ended a year ago."""
    await Subscription.delete().where(
        Subscription.ended_at < now - ENDED_KEPT, Subscription.origin == "asked"
    )
    await Subscription.delete().where(
        Subscription.confirmed_at.is_null(), Subscription.made_at < now - LINK_LASTS
    )


async def choices() -> list[tuple[UUID, str, str, str]]:
    """Services that one may hear of: id, slug and title in the two languages."""
    rows = (
        await Service.select(Service.id, Service.slug, Service.title_fa, Service.title_en)
        .where(Service.state.is_in(["open", "closed"]))
        .order_by(Service.position, Service.slug)
    )
    return [(row["id"], row["slug"], row["title_fa"], row["title_en"]) for row in rows]


def _held(row: dict[str, Any]) -> Held:
    return Held(
        id=row["id"],
        channel=row["channel"],
        address=row["address"],
        kinds=tuple(msgspec.json.decode(row["kinds"])),
        slug=row["slug"] or "",
        service=(row["title_fa"], row["title_en"]) if row["title_fa"] is not None else None,
        case=row["number"],
        ended=row["ended_at"] is not None,
    )


def _seal(key: bytes, subscription: UUID) -> bytes:
    return hmac.digest(key, b"leave\0" + subscription.bytes, "sha256")[:16]


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()

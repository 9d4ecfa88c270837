"""Who sees how much of a case: tiers by passcode, proof, mail link and browser.

Tier 0 is the code alone. Tier 1 needs proof of contact. Tier 2 needs the passcode, the link from a mail, the browser
that filed (for a day) or the signed-in applicant. Only keyed digests of secrets are kept.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from db.cases import AccessGrant
from db.keys import uuid7
from portal import text
from portal.errors import NotAllowed, PortalError, TooMany
from portal.i18n import N_, _
from portal.security import throttle
from portal.security.lifetimes import latest_start

KEYS = "keys"
"""Name of the cookie that holds this browser's tokens, joined by dots, the browser's own first.

What a page is to say once may stand behind them (``visits.and_say``).
"""
MOST_TOKENS = 8
BROWSER_LASTS = timedelta(days=1)
LINK_LASTS = timedelta(days=30)
PASSCODE_SHOWN = timedelta(minutes=15)
TRIES = 5
TRIES_WINDOW = timedelta(days=1)
WRONG = N_("This does not match the code. Please check it and try again.")


def tokens_in(cookie: str) -> list[str]:
    """The tokens of a KEYS cookie; whatever else it holds is dropped."""
    return [token for token in cookie[:400].split(".") if 16 <= len(token) <= 40][:MOST_TOKENS]


def with_token(tokens: list[str], token: str) -> str:
    """The KEYS cookie that also holds ``token``; the browser's own stays first, the oldest others go."""
    kept = [known for known in tokens if known != token]
    return ".".join([*kept[:1], *kept[1:][-(MOST_TOKENS - 2) :], token])


def new_token() -> str:
    """128 random bits."""
    return secrets.token_urlsafe(16)


async def tier_of(
    case_id: UUID,
    *,
    tokens: list[str],
    account: UUID | None,
    applicant: UUID | None,
    keys: Sequence[bytes],
    now: datetime,
) -> int:
    """0, 1 or 2: how much of the case this visitor may see. Asks the database only for a visitor with tokens."""
    if account is not None and account == applicant:
        return 2
    if not tokens:
        return 0
    return (await _tiers([case_id], tokens=tokens, keys=keys, now=now)).get(case_id, 0)


async def opened_whole(
    case_ids: Sequence[UUID], *, tokens: list[str], keys: Sequence[bytes], now: datetime
) -> frozenset[UUID]:
    """Those of the cases that one of these tokens opens at tier 2."""
    if not case_ids or not tokens:
        return frozenset()
    tiers = await _tiers(case_ids, tokens=tokens, keys=keys, now=now)
    return frozenset(case_id for case_id, tier in tiers.items() if tier == 2)


async def _tiers(
    case_ids: Sequence[UUID], *, tokens: list[str], keys: Sequence[bytes], now: datetime
) -> dict[UUID, int]:
    """How much the tokens show of each case that they open at all."""
    rows = await AccessGrant.raw(
        'SELECT "case", max(tier) AS tier FROM access_grant WHERE "case" = ANY({}) AND kind <> \'passcode\''
        ' AND expires_at > {} AND created_at <= {} AND secret_hash = ANY({}) GROUP BY "case"',
        list(case_ids),
        now,
        latest_start(now),
        [_kept(key, case_id, token) for case_id in case_ids for token in tokens for key in keys],
    )
    return {row["case"]: row["tier"] for row in rows}


def new_passcode(key: bytes, case_id: UUID, *, now: datetime) -> AccessGrant:
    """The grant of a fresh passcode; ``passcode`` tells its digits. Not yet saved."""
    grant_id = uuid7()
    kept = _kept(key, case_id, passcode(key, grant_id))
    return AccessGrant(id=grant_id, case=case_id, kind="passcode", tier=2, secret_hash=kept, created_at=now)


def browser_grant(key: bytes, case_id: UUID, token: str, *, tier: int, now: datetime) -> AccessGrant:
    """The grant that lets the browser with ``token`` in for a day. Not yet saved."""
    return AccessGrant(
        id=uuid7(),
        case=case_id,
        kind="browser",
        tier=tier,
        secret_hash=_kept(key, case_id, token),
        created_at=now,
        expires_at=now + BROWSER_LASTS,
    )


async def new_link(key: bytes, case_id: UUID, *, now: datetime) -> str:
    """A fresh token for the link in a mail opens tier 2 for 30 days; it is kept nowhere."""
    token = new_token()
    await AccessGrant.insert(
        AccessGrant(
            id=uuid7(),
            case=case_id,
            kind="link",
            tier=2,
            secret_hash=_kept(key, case_id, token),
            created_at=now,
            expires_at=now + LINK_LASTS,
        )
    )
    return token


def passcode(key: bytes, grant_id: UUID) -> str:
    """The eight digits of a passcode grant, derived under the server's key: nothing readable is stored."""
    digest = hmac.digest(key, b"passcode\0" + grant_id.bytes, hashlib.sha256)
    return f"{int.from_bytes(digest[:8]) % 10**8:08d}"


async def receipt_passcode(case_id: UUID, *, keys: Sequence[bytes], now: datetime) -> str | None:
    """The passcode for the receipt in the filing browser; None once it is older than a quarter of an hour."""
    grant = (
        await AccessGrant.select(AccessGrant.id, AccessGrant.secret_hash)
        .where(
            AccessGrant.case == case_id,
            AccessGrant.kind == "passcode",
            AccessGrant.created_at > now - PASSCODE_SHOWN,
            AccessGrant.created_at <= latest_start(now),
        )
        .first()
    )
    if grant is None:
        return None
    digits = {_kept(key, case_id, made): made for key in keys if (made := passcode(key, grant["id"]))}
    return digits.get(grant["secret_hash"])


async def fresh_passcode(
    case_id: UUID, *, tokens: list[str], keys: Sequence[bytes], now: datetime
) -> str | None:
    """The passcode made within a quarter of an hour, for the browser that had it made; None for everybody else.

    Only the browser's own token counts here, not those of links from mails.
    """
    own = await tier_of(case_id, tokens=tokens[:1], account=None, applicant=None, keys=keys, now=now)
    return await receipt_passcode(case_id, keys=keys, now=now) if own == 2 else None


async def start_anew(case_id: UUID, *, key: bytes, now: datetime) -> str:
    """A new passcode is the only secret that opens the case; returns its digits."""
    grant = new_passcode(key, case_id, now=now)
    await AccessGrant.delete().where(AccessGrant.case == case_id)
    await AccessGrant.insert(grant)
    return passcode(key, grant.id)


async def unlock_with_passcode(
    case_id: UUID, typed: str, *, browser: str, keys: Sequence[bytes], now: datetime
) -> None:
    """The browser sees tier 2 for a day. Raises NotAllowed, and TooMany from the fifth wrong try of a day on."""
    await check_passcode(case_id, typed, keys=keys, now=now)
    await AccessGrant.insert(browser_grant(keys[0], case_id, browser, tier=2, now=now))


async def check_passcode(case_id: UUID, typed: str, *, keys: Sequence[bytes], now: datetime) -> None:
    """``typed`` is the passcode of the case. Raises NotAllowed, and TooMany from the fifth wrong try of a day on."""
    digits = "".join(text.latin_digits(typed[:60]).split()).replace("-", "")
    left = await _take_try("passcode", case_id, now)
    right = await AccessGrant.exists().where(
        AccessGrant.case == case_id,
        AccessGrant.kind == "passcode",
        AccessGrant.secret_hash.is_in([_kept(key, case_id, digits) for key in keys]),
    )
    if not right:
        raise _wrong(left)
    await _give_back("passcode", case_id, now)


async def unlock_with_proof(
    case_id: UUID,
    typed: str,
    *,
    phone: str | None,
    email: str | None,
    browser: str,
    key: bytes,
    now: datetime,
) -> None:
    """The browser sees tier 1 for a day: ``typed`` are the last four digits of ``phone``, or ``email`` without one.

    Raises NotAllowed, and TooMany from the fifth wrong try of a day on.
    """
    left = await _take_try("proof", case_id, now)
    if not proves(typed, phone=phone, email=email):
        raise _wrong(left)
    await _give_back("proof", case_id, now)
    await AccessGrant.insert(browser_grant(key, case_id, browser, tier=1, now=now))


def proves(typed: str, *, phone: str | None, email: str | None) -> bool:
    """Whether ``typed`` shows knowledge of the contact on file, in constant time."""
    given = "".join(text.latin_digits(typed[:254]).split()).casefold()
    expected = phone[-4:] if phone else (email or "").casefold()
    return bool(expected) and hmac.compare_digest(given.encode(), expected.encode())


async def forget(case_id: UUID, *, tokens: list[str], keys: Sequence[bytes]) -> None:
    """None of these tokens opens the case any more, except through a link that is opened anew from its mail."""
    if not tokens:
        return
    hashes = [_kept(key, case_id, token) for token in tokens for key in keys]
    await AccessGrant.delete().where(
        AccessGrant.case == case_id, AccessGrant.kind == "browser", AccessGrant.secret_hash.is_in(hashes)
    )


async def tries_left(case_id: UUID, *, now: datetime) -> dict[str, int]:
    """How many wrong answers the case takes today, by what is asked for: ``passcode`` and ``proof``."""
    counters = {_counter(kind, case_id): kind for kind in ("passcode", "proof")}
    hits = await throttle.peek_each(list(counters), TRIES_WINDOW, now)
    return {kind: max(0, TRIES - hits[counter]) for counter, kind in counters.items()}


async def _take_try(kind: str, case_id: UUID, now: datetime) -> int:
    """One try fewer is left; returns how many. Raises TooMany when none was left."""
    taken = await throttle.count(_counter(kind, case_id), TRIES_WINDOW, now)
    if taken > TRIES:
        raise TooMany(_(WRONG))
    return TRIES - taken


async def _give_back(kind: str, case_id: UUID, now: datetime) -> None:
    """A right answer is no try: people who open their case often are not locked out."""
    await throttle.count(_counter(kind, case_id), TRIES_WINDOW, now, times=-1)


def _wrong(left: int) -> PortalError:
    return NotAllowed(_(WRONG)) if left else TooMany(_(WRONG))


def _counter(kind: str, case_id: UUID) -> str:
    return f"{kind}:{case_id}"


def keyed(key: bytes, purpose: str, secret: str) -> str:
    """What is kept in place of a secret: with the table alone nothing opens, and no purpose's fits another."""
    return hmac.digest(key, f"{purpose}\0{secret}".encode("utf-8", "replace"), hashlib.sha256).hex()


def _kept(key: bytes, case_id: UUID, secret: str) -> str:
    message = b"grant\0" + case_id.bytes + secret.encode("utf-8", "replace")
    return hmac.digest(key, message, hashlib.sha256).hex()

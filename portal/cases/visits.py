"""Somebody at a tracking code: which case, how much of it they may see, and the page that says so.

A code that is nobody's takes the same path with a stand-in for the case, so that it is answered after the same work.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request
from litestar.datastructures import Cookie
from litestar.response import Redirect, Template

from portal import codes, uploads
from portal.cases import access, page, queries, rules
from portal.cases.queries import CaseView
from portal.errors import TooMany
from portal.i18n import localized
from portal.security import misses
from portal.security.address import client_address
from portal.security.cookies import cleared, cookie, cookie_value
from portal.security.sessions import SignedIn
from portal.settings import Settings

Visitor = Request[SignedIn | None, Any, Any]

PRIVATE = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
_drawn: dict[tuple[object, ...], str] = {}
SAID = frozenset({"replied", "withdrawn", "unlocked", "locked", "link"})
"""What a case page may be asked to say on top; each has its words in templates/cases/_said.html."""


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """``case`` is None for a code that is nobody's; ``case_id`` then is an id that no case has.

    ``tier`` is 0 to 2 (``access``), ``tokens`` what the browser's cookie holds, ``account`` who is signed in.
    """

    number: int
    case: CaseView | None
    case_id: UUID
    tier: int
    tokens: list[str]
    account: UUID | None

    @property
    def browser(self) -> str:
        """This browser's own token; a new one for a browser that has none."""
        return self.tokens[0] if self.tokens else access.new_token()


async def visit(request: Visitor, number: int, settings: Settings, now: datetime) -> Visit:
    """Who looks at ``number`` and how much they may see: one query, a second one for browsers with tokens."""
    case = await queries.case_by_number(number)
    case_id = case.id if case else _nobodys(number, settings.secret_key)
    tokens = access.tokens_in(cookie_value(settings, request, access.KEYS))
    account = request.user.account_id if request.user else None
    tier = await access.tier_of(
        case_id,
        tokens=tokens,
        account=account,
        applicant=case.applicant if case else None,
        keys=settings.keys,
        now=now,
    )
    return Visit(number=number, case=case, case_id=case_id, tier=tier, tokens=tokens, account=account)


async def code_is_not_enough(request: Visitor, now: datetime) -> bool:
    """Codes are being guessed, from everywhere or from this neighbourhood: whoever has no key must bring proof."""
    return misses.over_limit(client_address(request), now) or await misses.breaker_open(now)


async def case_page(
    found: Visit,
    settings: Settings,
    now: datetime,
    *,
    status: int = 200,
    errors: dict[str, str] | None = None,
    typed: str = "",
    said: str = "",
) -> Template:
    """The case as far as this visitor may see it. ``typed`` refills the box of the form that was refused."""
    case = found.case
    assert case is not None, "a code that is nobody's has no page"
    context: dict[str, Any] = {
        "case": page.outline(case, zone=settings.zone, now=now),
        "tier": found.tier,
        "proof": page.proof_of(case) if found.tier == 0 else None,
        "errors": errors or {},
        "said": said if said in SAID else "",
        "once": _once,
        "current": "track",
    }
    if found.tier:
        context |= await _opened(found, case, settings)
        context["typed"] = typed
    return Template("cases/case.html", context=context, status_code=status, headers=PRIVATE)


async def missed(request: Visitor, number: int, now: datetime) -> Template:
    """The well-formed code is nobody's: that is said and counted, as long as it doesn't look like guessing."""
    try:
        await misses.note_miss(client_address(request), now)
    except TooMany as refusal:
        return proof_page(number, status=429, retry_after=refusal.retry_after)
    return track_page(codes.show_text(number), problem="unknown")


def track_page(typed: str = "", *, problem: str = "") -> Template:
    """The box for a code. ``problem`` is a ``codes.Mistake`` or ``unknown``; then the answer is 404."""
    shown = typed[: codes.LONGEST_TYPED]
    context = {
        "typed": shown,
        "problem": str(problem),
        "n_read": sum(map(str.isalnum, shown)),
        "expected": (codes.TEXT_LENGTH, codes.NUMERIC_LENGTH),
        "current": "track",
    }
    return Template("cases/track.html", context=context, status_code=404 if problem else 200, headers=PRIVATE)


def proof_page(
    number: int, *, status: int = 403, refused: bool = False, typed: str = "", retry_after: int | None = None
) -> Template:
    """Asks for proof beside the code and tells nothing, not even whether the code is somebody's.

    ``refused``: proof was brought and did not fit. ``typed``: what the visitor wrote and could not send.
    """
    headers = {**PRIVATE, **({"Retry-After": str(retry_after)} if retry_after is not None else {})}
    context = {"number": number, "refused": refused, "typed": typed, "current": "track"}
    return Template("cases/proof.html", context=context, status_code=status, headers=headers)


def to_case(number: int, *, said: str = "", cookies: list[Cookie] | None = None) -> Redirect:
    """To the page of the case at its one address."""
    path = localized(f"/cases/{codes.show_text(number)}") + (f"?said={said}" if said else "")
    return Redirect(path, status_code=303, cookies=cookies or [], headers=PRIVATE)


def keys(settings: Settings, tokens: list[str]) -> Cookie:
    """The cookie that holds ``tokens``; it goes away with the last one."""
    if not tokens:
        return cleared(settings, access.KEYS)
    return cookie(settings, access.KEYS, ".".join(tokens), max_age=int(access.LINK_LASTS.total_seconds()))


def _once(*key: object, caller: Callable[[], str]) -> str:
    """What ``caller`` draws, drawn once for each ``key``; keys are few and name no case."""
    if key not in _drawn:
        _drawn[key] = caller()
    return _drawn[key]


async def _opened(found: Visit, case: CaseView, settings: Settings) -> dict[str, Any]:
    """What tiers 1 and 2 see besides."""
    steps = await queries.timeline(case.id, found.tier)
    filed = await queries.filed_form(case.id)
    return {
        "steps": steps,
        "answers": page.form_as_filed(filed, found.tier, zone=settings.zone),
        "outcome": case.outcome,
        "told": page.last_step(steps, case.state),
        "may_reply": rules.allowed("replied", case.state),
        "may_withdraw": found.tier > 1 and rules.allowed("withdrawn", case.state),
        "by_account": found.account is not None and found.account == case.applicant,
        "accept": uploads.ACCEPT,
    }


def _nobodys(number: int, key: bytes) -> UUID:
    """Always the same id for the same number, so that tries are counted against it as against a real case."""
    return UUID(bytes=hmac.digest(key, b"nobody's case\0" + str(number).encode(), hashlib.sha256)[:16])

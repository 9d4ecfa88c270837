"""Somebody at a tracking code: which case, how much of it they may see, and the page that says so.

A code that is nobody's takes the same path with a stand-in for the case, so that it is answered after the same work.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request
from litestar.datastructures import Cookie
from litestar.response import Redirect, Template

from portal import audit, codes, uploads
from portal.cases import access, appeals, complaints, history, ledger, mistakes, page, queries
from portal.cases.offers import offers
from portal.cases.queries import CaseView
from portal.cases.why import WhyPage
from portal.errors import PortalError, TooMany
from portal.i18n import N_, _, localized, speak_of, subject
from portal.security import misses
from portal.security.address import client_address
from portal.security.cookies import cleared, cookie, cookie_value
from portal.security.headers import PRIVATE, retry
from portal.security.sessions import SignedIn
from portal.services.labels import usual_words
from portal.services.queries import service_by_id
from portal.settings import Settings

Visitor = Request[SignedIn | None, Any, Any]

_drawn: dict[tuple[object, ...], str] = {}
CLOCK_STATES = {
    "running": N_("running"),
    "paused": N_("paused"),
    "met": N_("kept"),
    "missed": N_("missed"),
    "dropped": N_("no longer needed"),
}
SAID = frozenset(
    {"replied", "withdrawn", "contested", "reopened", "appealed"}
    | {"rated", "unlocked", "locked", "link", "receipt"}
)
"""What a case page can say on top, once; each has its words in templates/cases/_said.html."""


class Mistyped(PortalError):
    """No code looks like that; ``typed`` as it stood in the address."""

    status = 404

    def __init__(self, typed: str, mistake: codes.Mistake) -> None:
        super().__init__()
        self.typed, self.mistake = typed, mistake


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """``case`` is None for a code that is nobody's; ``case_id`` then is an id that no case has.

    ``tier`` is 0 to 2 (``access``), ``tokens`` what the browser's cookie holds, ``account`` who is signed in,
    ``said`` (one of SAID, or empty) what this page was asked to say; all of it holds at ``now``.
    """

    number: int
    case: CaseView | None
    case_id: UUID
    tier: int
    tokens: list[str]
    account: UUID | None
    said: str
    settings: Settings
    now: datetime

    @property
    def browser(self) -> str:
        """This browser's own token; a new one for a browser that has none."""
        return self.tokens[0] if self.tokens else access.new_token()


async def at_code(request: Visitor, code: str, settings: Settings, now: datetime) -> Visit:
    """Who looks at the case with ``code``, as an address has it. Raises Mistyped, before any query."""
    if isinstance(number := codes.parse(code), codes.Mistake):
        raise Mistyped(code, number)
    return await visit(request, number, settings, now)


async def visit(request: Visitor, number: int, settings: Settings, now: datetime) -> Visit:
    """Who looks at ``number`` and how much they may see: one query, a second one for browsers with tokens."""
    case = await queries.case_by_number(number)
    case_id = case.id if case else stand_in(number, settings.secret_key)
    tokens = access.tokens_in(held := cookie_value(settings, request, access.KEYS))
    account = request.user.account_id if request.user else None
    if account and case and case.kind != "request" and case.applicant is None:
        account = None  # such feedback is filed without a name, and so it is followed
        audit.unnamed()
    tier = await access.tier_of(
        case_id,
        tokens=tokens,
        account=account,
        applicant=case.applicant if case else None,
        keys=settings.keys,
        now=now,
    )
    return Visit(
        number=number,
        case=case,
        case_id=case_id,
        tier=tier,
        tokens=tokens,
        account=account,
        said=next((word for word in SAID if _notice(number, word) in held.split(".")), ""),
        settings=settings,
        now=now,
    )


async def code_is_not_enough(request: Visitor, now: datetime) -> bool:
    """Codes are being guessed, from everywhere or from this neighbourhood: whoever has no key must bring proof."""
    return misses.over_limit(client_address(request), now) or await misses.breaker_open(now)


async def case_page(
    found: Visit,
    *,
    status: int = 200,
    errors: dict[str, str] | None = None,
    typed: Mapping[str, str] | None = None,
) -> Template:
    """The case as far as this visitor may see it. ``typed`` (by field) refills the form that was refused."""
    case = found.case
    assert case is not None, "a code that is nobody's has no page"
    speak_of(case.kind)
    proof = page.proof_of(case) if found.tier == 0 else None
    context: dict[str, Any] = {
        "case": page.outline(case, zone=found.settings.zone, now=found.now),
        "tier": found.tier,
        "kind": case.kind,
        "usual": await _usual(case, found.now),
        "proof": proof,
        "ways": await _ways(found, proof, counted=bool(errors)),
        "errors": errors or {},
        "said": found.said,
        "once": _once,
        "slug": case.slug if found.tier or not case.sensitive else "",
        "current": "track",
    }
    if found.tier:
        await note_look(found)
        context |= await _opened(found, case)
        context["typed"] = typed or {}
    cookies = [keys(found.settings, found.tokens)] if found.said else []
    return Template("cases/case.html", context=context, status_code=status, headers=PRIVATE, cookies=cookies)


async def note_look(found: Visit) -> None:
    """The audit log says that this visitor saw more of the case than its code shows to everybody."""
    tier = {"tier": found.tier}
    await audit.append("case_viewed", object=f"case:{found.case_id}", data=tier, now=found.now)


async def missed(request: Visitor, found: Visit) -> Template:
    """The well-formed code is nobody's: that is said and counted, as long as it doesn't look like guessing."""
    try:
        await misses.note_miss(client_address(request), found.now)
    except TooMany as refusal:
        return proof_page(found.number, status=429, retry_after=refusal.retry_after)
    return track_page(codes.show_text(found.number), problem=mistakes.UNKNOWN)


def show_mistyped(_request: Visitor, error: Mistyped) -> Template:
    """Exception handler for Mistyped: what is wrong with the code, and the box to type it again."""
    return track_page(error.typed, problem=error.mistake)


def track_page(typed: str = "", *, problem: str = "") -> Template:
    """The box for a code. ``problem`` is a ``codes.Mistake`` or ``unknown``; then the answer is 404."""
    shown = typed[: codes.LONGEST_TYPED]
    context = {
        "typed": shown,
        "problem": str(problem),
        "mistake": mistakes.in_words(problem, shown) if problem else None,
        "current": "track",
    }
    return Template("cases/track.html", context=context, status_code=404 if problem else 200, headers=PRIVATE)


def proof_page(
    number: int, *, status: int = 403, refused: bool = False, typed: str = "", retry_after: int | None = None
) -> Template:
    """Asks for proof beside the code and tells nothing, not even whether the code is somebody's.

    ``refused``: proof was brought and did not fit. ``typed``: what the visitor wrote and could not send.
    """
    headers = {**PRIVATE, **retry(retry_after)}
    context = {"number": number, "refused": refused, "typed": typed, "current": "track"}
    return Template("cases/proof.html", context=context, status_code=status, headers=headers)


def why_page(number: int, back: str, page: WhyPage, *, current: str = "track") -> Template:
    """Why a case is due when it is; ``back`` is the address it was asked from, without language prefix."""
    states = {key: _(label) for key, label in CLOCK_STATES.items()}
    context = {"number": number, "back": back, "page": page, "states": states, "current": current}
    return Template("cases/why.html", context=context, headers=PRIVATE)


def to_case(number: int, *, cookies: list[Cookie] | None = None) -> Redirect:
    """To the page of the case at its one address."""
    path = localized(f"/cases/{codes.show_text(number)}")
    return Redirect(path, status_code=303, cookies=cookies or [], headers=PRIVATE)


def and_say(found: Visit, said: str, *, tokens: list[str]) -> Redirect:
    """To the page of the case, which says ``said`` once; the browser holds ``tokens`` from now on.

    It travels in the one cookie that guests have: in the address it would be said again at every reload.
    """
    return to_case(found.number, cookies=[keys(found.settings, tokens, _notice(found.number, said))])


def keys(settings: Settings, tokens: list[str], *more: str) -> Cookie:
    """The cookie that holds ``tokens`` and ``more``; it goes away with the last of them."""
    parts = [*tokens, *more]
    if not parts:
        return cleared(settings, access.KEYS)
    return cookie(settings, access.KEYS, ".".join(parts), max_age=int(access.LINK_LASTS.total_seconds()))


def _notice(number: int, said: str) -> str:
    """``said`` for the page of this very case; too short to be taken for a token."""
    return f"{said}:{codes.text(number)[-4:]}"


def _once(*key: object, caller: Callable[[], str]) -> str:
    """What ``caller`` draws, drawn once for each ``key`` and kind of case; keys are few and name no case."""
    drawn = (subject.get(), *key)
    if drawn not in _drawn:
        _drawn[drawn] = caller()
    return _drawn[drawn]


async def _ways(found: Visit, proof: str | None, *, counted: bool) -> dict[str, int]:
    """The ways to see more, each with the tries it has left today; only ``counted`` ones ask the database."""
    if found.tier == 2:
        return {}
    offered = ("passcode", "proof") if proof else ("passcode",)
    if not counted:
        return dict.fromkeys(offered, access.TRIES)
    left = await access.tries_left(found.case_id, now=found.now)
    return {way: left[way] for way in offered if left[way]}


async def _opened(found: Visit, case: CaseView) -> dict[str, Any]:
    """What tiers 1 and 2 see besides."""
    steps = await queries.timeline(case.id, found.tier)
    told = page.last_step(steps, case.state)
    filed = await queries.filed_form(case.id)
    return {
        "steps": steps,
        "step_words": page.step_words,
        "answers": page.form_as_filed(filed, found.tier, zone=found.settings.zone),
        "ledger": await ledger.ledger_of(case.id, tier=found.tier),
        "outcome": case.outcome,
        "complaints": await complaints.own_about(
            case.id,
            account=found.account,
            tokens=found.tokens,
            keys=found.settings.keys,
            now=found.now,
        ),
        "told": told,
        **await offers(case, told, tier=found.tier, now=found.now),
        **await appeals.shown(case.id, case.kind, now=found.now),
        "by_account": found.account is not None and found.account == case.applicant,
        "accept": uploads.ACCEPT,
        "history": await history.history_of(case.id) if found.tier > 1 else None,
    }


async def _usual(case: CaseView, now: datetime) -> str:
    """How long such requests usually take, while that is still of use; empty where a name would say too much."""
    asked = case.kind == "request" and case.next_due_at and not case.sensitive
    view = await service_by_id(case.service, now=now) if asked else None
    if view is None or view.usual is None or (view.usual.key == "first_answer" and case.first_answer_at):
        return ""
    return usual_words(view.usual)


def stand_in(number: int, key: bytes) -> UUID:
    """Always the same id for the same number, so that tries are counted against it as against a real case."""
    return UUID(bytes=hmac.digest(key, b"nobody's case\0" + str(number).encode(), hashlib.sha256)[:16])

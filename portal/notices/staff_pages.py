"""The desk's pages of notices, as they are shown after a look, a mistake and a collision alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from litestar import Request
from litestar.response import Template

from portal.forms import named
from portal.i18n import _
from portal.notices import queries, rules, staff_queries, wording
from portal.notices.drafts import TooLate, WrongField
from portal.notices.rules import Notice
from portal.notices.staff_forms import IMPACT, REPEATS, labels_of
from portal.notices.staff_moves import MOVES, SentMove
from portal.notices.staff_preview import Preview
from portal.notices.staff_queries import Offered
from portal.security.headers import PRIVATE
from portal.security.sessions import SignedIn

Staff = Request[SignedIn, Any, Any]
DESK = "/desk/notices"


def new_page(
    offered: Sequence[Offered],
    typed: dict[str, str],
    errors: dict[str, str],
    *,
    preview: Preview | None = None,
    filled: bool = False,
    status: int = 200,
) -> Template:
    """The form of a new notice, as it was ``typed``, with what it would be where it can be posted.

    ``filled``: it says that the usual words stand in the texts that were empty.
    """
    context = {
        **shown(errors),
        "offered": [(f"{IMPACT}{one.slug}", one) for one in offered],
        "typed": {"kind": "planned", "cause": "unknown", **typed},
        "kinds": _options(wording.KINDS),
        "impacts": _options(wording.IMPACTS),
        "causes": _options(wording.CAUSES),
        "repeats": _options(REPEATS),
        "preview": preview,
        "filled": filled,
    }
    return Template("notices/desk/new.html", context=context, status_code=status, headers=PRIVATE)


async def notice_page(
    notice: Notice,
    account: SignedIn,
    *,
    now: datetime,
    made: str = "",
    sent: SentMove | None = None,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Template:
    """One notice; the form of the change that was ``sent`` is open, with its input and ``errors``.

    ``made`` names what has just been done, which the page then states.
    """
    series = await staff_queries.series_of(notice.no, now=now)
    open_move = sent.move.name if sent else ""
    works = await may_change(notice, account, now=now)
    possible = [one for one in MOVES.values() if one.is_possible(notice, now) or one.name == open_move]
    if series and open_move != "end-series" and (series.ended_at is None or series.ahead):
        possible.append(MOVES["end-series"])
    context = {
        **shown(errors or {}, prefix=open_move),
        "notice": notice,
        "stage": rules.stage(notice, now),
        "changes": await queries.changes(notice.no),
        "names": await staff_queries.who_changed(notice.no),
        "rounds": await staff_queries.rounds(notice.no),
        "series": series,
        "moves": possible if works else [],
        "open_move": open_move,
        "typed": sent.typed if sent else {},
        "labels_of": labels_of,
        "states": [(state, _(wording.CHANGES[state])) for state in rules.INCIDENT_STATES],
        "causes": _options(wording.CAUSES),
        "works": works,
        "made": _made(made),
        "now": now,
    }
    return Template("notices/desk/notice.html", context=context, status_code=status, headers=PRIVATE)


async def may_change(notice: Notice, account: SignedIn, *, now: datetime) -> bool:
    """Whether ``account`` could have posted the notice: every service it touches is theirs to announce."""
    own = {one.slug for one in await staff_queries.offered(account, now=now)}
    return {of.slug for of in notice.services} <= own


def refused(refusal: WrongField, typed: dict[str, str]) -> dict[str, str]:
    """The mistake at its field; lateness at each language in which nobody has said why."""
    if not isinstance(refusal, TooLate):
        return {refusal.field: str(refusal)}
    hours = {"hours": wording.hours(refusal.lead), "promised": wording.hours(refusal.promised)}
    words = _("%(hours)s before its beginning, promised %(promised)s: missed. Please say why.") % hours
    fields = ("late_reason_fa", "late_reason_en")
    return {name: words for name in fields if not typed.get(name, "").strip()}


def shown(errors: dict[str, str], *, prefix: str = "", **more: Any) -> dict[str, Any]:
    """The context of a page; ``errors`` by field, whose ids on the page begin with ``prefix``."""
    labels = labels_of(prefix)
    summary = {
        f"{prefix}-{name}" if prefix and name != "form" else name: message
        for name, message in named(errors, labels).items()
    }
    common = {"labels": labels, "errors": errors, "summary": summary, "current": "desk_notices"}
    return {**common, **more}


def _made(name: str) -> str:
    if name == "posted":
        return _("The notice is posted.")
    return _(MOVES[name].said) if name in MOVES else ""


def _options(labels: Mapping[Any, str]) -> list[tuple[str, str]]:
    return [(key, _(label)) for key, label in labels.items()]

"""The page on which a site admin chooses how the place is run."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import Request, get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.response import Redirect, Template

from portal import place
from portal.errors import Conflict
from portal.forms import FormReader, named
from portal.i18n import _, current_language
from portal.place import CHOICES, Choice, Chosen, Value
from portal.security.cookies import and_say, said
from portal.security.csrf import Posted
from portal.security.sessions import SignedIn
from portal.settings import Settings
from portal.text import persian_digits, show_number

Admin = Request[SignedIn, Any, Any]
PATH = "/admin/settings"
MOST_BUTTONS = 6
"""A number with up to so many values is chosen, not typed."""


@get("/settings", name="site.settings")
async def show_settings(request: Admin, settings: NamedDependency[Settings]) -> Template:
    """Every choice: what holds, who chose it and when."""
    chosen = await place.choices()
    word, cookies = said(settings, request)
    page = _page(chosen, {one.choice.key: _typed(one) for one in chosen}, {}, told=word)
    page.cookies.extend(cookies)
    return page


@post("/settings", name="site.settings_post")
async def post_settings(
    request: Admin,
    posted: NamedDependency[Posted],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    values, errors = read_settings(posted.form)
    typed = {key: FormReader(posted.form).typed(key) for key in CHOICES}
    seen = FormReader(posted.form).typed("seen")
    if posted.stale:
        return _page(await place.choices(), typed, {"form": str(posted.stale)}, seen=seen, status=403)
    if errors:
        return _page(await place.choices(), typed, errors, seen=seen, status=422)
    try:
        changed = await place.change_all(values, seen=seen, by=request.user.account_id, now=now)
    except Conflict as refusal:
        return _page(await place.choices(), typed, {"form": str(refusal)}, status=409)
    return and_say(settings, PATH, "changed" if changed else "same")


def read_settings(form: FormMultiDict) -> tuple[dict[str, Value], dict[str, str]]:
    """A value for every choice and the errors by key; without errors all can be kept."""
    reader = FormReader(form)
    return {key: _value(reader, choice) for key, choice in CHOICES.items()}, reader.errors


def _value(reader: FormReader, choice: Choice) -> Value:
    if choice.kind == "number":
        return reader.number(choice.key, minimum=choice.least, maximum=choice.most) or choice.least
    if choice.kind == "yes_no":
        return reader.checked(choice.key)
    if choice.kind == "telephone":
        return reader.telephone(choice.key, required=False) or ""
    return reader.text(choice.key, max_length=choice.most, required=False)


def _typed(one: Chosen) -> str:
    """How a choice stands in its field: a text that nobody chose leaves it empty."""
    if one.choice.kind == "number":
        return str(one.value)
    if one.choice.kind == "yes_no":
        return "yes" if one.value else ""
    return "" if one.value == one.default else str(one.value)


def _page(
    chosen: list[Chosen],
    typed: dict[str, str],
    errors: dict[str, str],
    *,
    seen: str = "",
    told: str = "",
    status: int = 200,
) -> Template:
    """``seen`` empty: what is sent from this page replaces what holds now."""
    groups: dict[str, list[Chosen]] = {}
    for one in chosen:
        groups.setdefault(_(one.choice.group), []).append(one)
    context = {
        "groups": groups,
        "typed": typed,
        "errors": errors,
        "summary": named(errors, {key: _(choice.label) for key, choice in CHOICES.items()}),
        "seen": seen or place.version(chosen),
        "said": told,
        "holds": _holds,
        "numbers": _numbers,
        "now_holds": status == 409,
        "current": "admin",
    }
    return Template("site/settings.html", context=context, status_code=status)


def _holds(one: Chosen) -> str:
    """What holds, in the reader's words."""
    if one.choice.kind == "yes_no":
        return _("Yes") if one.value else _("No")
    if one.choice.kind == "number":
        return show_number(int(one.value), current_language())
    words = str(one.value) or _("Not recorded")
    return persian_digits(words) if one.choice.kind == "telephone" and current_language() == "fa" else words


def _numbers(choice: Choice) -> list[tuple[str, str]]:
    """The values to choose from; none where there are too many."""
    if choice.most - choice.least >= MOST_BUTTONS:
        return []
    values = range(choice.least, choice.most + 1)
    return [(str(value), show_number(value, current_language())) for value in values]


settings_handlers = [show_settings, post_settings]

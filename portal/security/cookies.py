"""Cookies: one way to name, set, read and clear them."""

from __future__ import annotations

from typing import Any

from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.response import Redirect

from portal.i18n import localized
from portal.settings import Settings

SAID = "said"


def cookie_name(settings: Settings, name: str) -> str:
    """``__Host-<name>`` on https, plain on loopback: only Chromium keeps ``__Host-`` cookies there."""
    return f"__Host-{name}" if settings.secure else name


def cookie(settings: Settings, name: str, value: str, max_age: int | None = None) -> Cookie:
    """A cookie that no script reads and no other site makes the browser send with a form.

    ``max_age`` is in seconds; None means until the browser closes.
    """
    return Cookie(
        key=cookie_name(settings, name),
        value=value,
        max_age=max_age,
        path="/",
        secure=settings.secure,
        httponly=True,
        samesite="lax",
    )


def cleared(settings: Settings, name: str) -> Cookie:
    """What makes the browser forget ``name`` at once."""
    return cookie(settings, name, "", max_age=0)


def to_say(settings: Settings, word: str) -> Cookie:
    """What makes the next page state ``word`` (one of its own), once; an address would say it at every reload."""
    return cookie(settings, SAID, word, max_age=60)


def and_say(settings: Settings, path: str, word: str, *further: Cookie) -> Redirect:
    """To our page ``path``, which states ``word`` once; the browser keeps the ``further`` cookies, too."""
    return Redirect(localized(path), status_code=303, cookies=[to_say(settings, word), *further])


def said(settings: Settings, connection: ASGIConnection[Any, Any, Any, Any]) -> tuple[str, list[Cookie]]:
    """The word that ``to_say`` left for this page, or empty, and what makes the browser forget it."""
    word = cookie_value(settings, connection, SAID)
    return word, [cleared(settings, SAID)] if word else []


def cookie_value(settings: Settings, connection: ASGIConnection[Any, Any, Any, Any], name: str) -> str:
    """What the browser sent for ``name``; empty when it sent nothing. Never to be believed unchecked."""
    return connection.cookies.get(cookie_name(settings, name), "")

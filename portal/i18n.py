"""The language of this request: catalogues, addresses with and without a prefix, Jinja wiring.

Persian pages have no prefix, others begin with ``/<language>``. Messages are English and stand in
``locale/<language>/LC_MESSAGES/messages.po``, read at first use; there are no compiled files to go stale.
"""

from __future__ import annotations

import gettext as stdlib_gettext
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import msgspec
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from jinja2 import Environment

from portal.settings import LANGUAGES

DEFAULT = "fa"
LOCALE = Path(__file__).parent.parent / "locale"

# Own names for ASGI's shapes: rules and actions translate too, and they never import litestar.
Scope = dict[str, Any]
Message = dict[str, Any]
Send = Callable[[Any], Awaitable[None]]
ASGIApp = Callable[[Any, Any, Any], Awaitable[None]]

language: ContextVar[str] = ContextVar("language", default=DEFAULT)
subject: ContextVar[str] = ContextVar("subject", default="request")
"""What sort of case the sentences are about, one of ``portal.cases.rules.KINDS``."""

# What a browser skips or takes for a slash before an address: "/\t/host" leads to another host.
_LEADING = "/\\\t\r\n "
_PATH_SAFE = "/:@!$&'()*+,;=~"


def current_language() -> str:
    """The language to speak now; Persian where nobody chose."""
    return language.get()


@contextmanager
def using(code: str) -> Iterator[None]:
    """Speak ``code`` inside the block, as for a mail in its reader's language. Raises ValueError."""
    token = language.set(_checked(code))
    try:
        yield
    finally:
        language.reset(token)


class Words(msgspec.Struct, frozen=True):
    """One text in both languages."""

    fa: str
    en: str

    def __str__(self) -> str:
        """The text in the reader's language."""
        return self.en if current_language() == "en" else self.fa


NOUNS = {
    "request": Words("درخواست", "request"),
    "complaint": Words("شکایت", "complaint"),
    "suggestion": Words("پیشنهاد", "suggestion"),
    "comment": Words("نظر", "comment"),
    "thanks": Words("پیام", "message"),
}
"""What a case of each kind is called inside a sentence. In both languages any of them fits where another does."""
_OF_SERVICES = re.compile(r"requests\b", re.IGNORECASE)
"""Sentences about requests in general, as in "takes no new requests"."""


def speak_of(kind: str) -> None:
    """From now on until the answer is sent, sentences are about a case of ``kind``."""
    subject.set(kind)


@contextmanager
def speaking_of(kind: str) -> Iterator[None]:
    """Sentences inside the block are about a case of ``kind``, as in a mail about a complaint."""
    token = subject.set(kind)
    try:
        yield
    finally:
        subject.reset(token)


def direction() -> str:
    """``rtl`` or ``ltr``, for the ``dir`` of a page in the current language."""
    return "rtl" if current_language() == "fa" else "ltr"


@cache
def catalogue(code: str) -> stdlib_gettext.NullTranslations:
    """The messages of ``code``, read once per process; called at start, no visitor waits for it."""
    with (LOCALE / code / "LC_MESSAGES" / "messages.po").open("rb") as file:
        catalog = read_po(file, locale=code)
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return stdlib_gettext.GNUTranslations(compiled)


def gettext(message: str) -> str:
    """``message`` in the current language, itself where no translation exists.

    It is written about a request; where a complaint or the like is spoken of, it says so instead.
    """
    # gettext keeps the catalogue's header under the empty message.
    said = catalogue(current_language()).gettext(message) if message else ""
    return said if (kind := subject.get()) == "request" else _about(kind, message, said)


def _about(kind: str, message: str, said: str) -> str:
    if _OF_SERVICES.search(message):
        return said
    plain, noun = str(NOUNS["request"]), str(NOUNS[kind])
    return said.replace(plain, noun).replace(plain.capitalize(), noun.capitalize())


def ngettext(singular: str, plural: str, n: int) -> str:
    """The form for ``n`` in the current language."""
    return catalogue(current_language()).ngettext(singular, plural, n)


def pgettext(context: str, message: str) -> str:
    """``message`` as it reads in ``context``, for one English word with two translations."""
    return catalogue(current_language()).pgettext(context, message)


def N_(message: str) -> str:  # noqa: N802 - gettext's customary name
    """Mark ``message`` for extraction; it is translated where it is shown."""
    return message


_ = gettext


def in_both(message: str) -> Words:
    """``message``, marked by ``N_``, in both languages."""
    spoken = {code: catalogue(code).gettext(message) for code in ("fa", "en")}
    return Words(**spoken)


def install(environment: Environment) -> None:
    """Let ``environment`` translate; a line break inside ``{% trans %}`` is one space, as in extraction."""
    environment.add_extension("jinja2.ext.i18n")
    environment.policies["ext.i18n.trimmed"] = True
    # The extension adds this method at run time, so types don't know it.
    cast(Any, environment).install_gettext_callables(gettext, ngettext, newstyle=True, pgettext=pgettext)


def localized(path: str) -> str:
    """The address of our own ``path`` (with its query) in the current language: ``/en/services``.

    Always an address on this site, whatever ``path`` begins with; a prefix already there stays single.
    """
    rooted, code = _rooted(path), current_language()
    if code == DEFAULT or re.match(rf"/{code}(?:[/?#]|$)", rooted):
        return rooted
    return _prefixed(rooted, code)


def unlocalized(path: str) -> str:
    """``path`` as its handler sees it: without the prefix of a language."""
    first = _first_segment(path)
    return path.removeprefix(f"/{first}") or "/" if first in LANGUAGES else path


def other_language() -> str:
    """The language to offer instead of the current one."""
    return next(code for code in LANGUAGES if code != current_language())


def other_language_path(path: str, query: str = "") -> str:
    """The same page and query in the other language.

    ``path`` is ``scope["path"]`` inside the wrapper: decoded, without prefix.
    """
    rooted, code = quote(_rooted(path), safe=_PATH_SAFE), other_language()
    address = rooted if code == DEFAULT else _prefixed(rooted, code)
    return f"{address}?{query}" if query else address


class LanguagePrefix:
    """ASGI: ``/en/services`` reaches ``app`` as ``/services`` with English as the current language.

    ``/fa/…`` is answered 308 to the address without it. HEAD is answered like GET, without the body.
    It stands outside Litestar because that one's middleware never sees an address without a route.
    """

    def __init__(self, app: ASGIApp, languages: tuple[str, ...]) -> None:
        """``languages``: those offered; without Persian, pages without prefix speak the first."""
        self.app = app
        self.prefixes = frozenset(languages) - {DEFAULT}
        self.unprefixed = DEFAULT if DEFAULT in languages else languages[0]

    async def __call__(self, scope: Scope, receive: Callable[[], Awaitable[Any]], send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        first = _first_segment(scope["path"])
        if first == DEFAULT and scope["type"] == "http":
            await _redirect(_without_prefix(scope, DEFAULT), send)
            return
        code = first if first in self.prefixes else self.unprefixed
        inner = _without_prefix(scope, first) if first in self.prefixes else {**scope}
        inner["state"] = {**(scope.get("state") or {}), "language": code}
        if inner["type"] == "http" and inner["method"] == "HEAD":
            inner["method"] = "GET"
            send = _Bodiless(send)
        with using(code), speaking_of("request"):
            await self.app(inner, receive, send)


class _Bodiless:
    """Passes on the headers, with the length GET would have, and an empty body when the real one ends."""

    def __init__(self, send: Send) -> None:
        self.send = send

    async def __call__(self, message: Message) -> None:
        if message["type"] != "http.response.body":
            await self.send(message)
        elif not message.get("more_body", False):
            await self.send({"type": "http.response.body", "body": b"", "more_body": False})


async def _redirect(scope: Scope, send: Send) -> None:
    location = _rooted(scope["raw_path"].decode("latin-1")).encode("latin-1")
    query = scope["query_string"]
    headers = [(b"location", location + b"?" + query if query else location), (b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 308, "headers": headers})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _without_prefix(scope: Scope, code: str) -> Scope:
    prefix = f"/{code}"
    path = scope["path"].removeprefix(prefix) or "/"
    raw = scope.get("raw_path") or b""
    # An oddly encoded prefix (/%65n) is not found in the raw path: that is then made from the decoded one.
    stripped = raw.removeprefix(prefix.encode()) or b"/"
    if stripped == raw or not stripped.startswith(b"/"):
        stripped = quote(path, safe=_PATH_SAFE).encode()
    return {**scope, "path": path, "raw_path": stripped}


def _first_segment(path: str) -> str:
    return path.split("/", 2)[1] if path.startswith("/") else ""


def _rooted(path: str) -> str:
    return "/" + path.lstrip(_LEADING)


def _prefixed(rooted: str, code: str) -> str:
    return f"/{code}" if rooted == "/" else f"/{code}{rooted}"


def _checked(code: str) -> str:
    if code not in LANGUAGES:
        raise ValueError(f"no language {code!r}: choose from {', '.join(LANGUAGES)}")
    return code

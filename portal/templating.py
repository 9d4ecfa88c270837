"""How pages and mails are made: Jinja environments, what every template may use, static files' addresses."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, MutableMapping
from contextvars import ContextVar
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, nodes
from jinja2.visitor import NodeTransformer
from litestar import Request
from litestar.plugins.jinja import JinjaTemplateEngine

from portal import codes, i18n, identifiers, jalali, text
from portal.security import csrf
from portal.security.cookies import cookie_value
from portal.security.permissions import may_open
from portal.security.sessions import COOKIE
from portal.settings import LANGUAGES, Settings

Kind = TypeVar("Kind", bound=Environment)
Clock = Callable[[], datetime]

TEMPLATES = Path(__file__).parent.parent / "templates"
STATIC = TEMPLATES / "_static"
_BLANK_LINES = re.compile(r"\n\s*\n\s*")
LANGUAGE_NAMES = {"fa": "فارسی", "en": "English"}

request_now: ContextVar[Request[Any, Any, Any] | None] = ContextVar("request_now", default=None)
notices_now: ContextVar[Any] = ContextVar("notices_now", default=None)
"""What ``notices.strip`` knows for the page being made; that layer stands above this one."""


class OtherLanguage(msgspec.Struct, frozen=True):
    """The same page in the other language."""

    code: str
    name: str
    href: str


class MailText(msgspec.Struct, frozen=True):
    """One mail: a subject line, and the same words as text and as HTML."""

    subject: str
    text: str
    html: str


class _Page(Template):
    """A template that also sees what every page shows."""

    def render(self, *args: Any, **context: Any) -> str:
        request = request_now.get()
        common = page_context(request, self.environment.portal_settings) if request else {}  # type: ignore[attr-defined]
        return super().render(*args, **{**common, **context})


class _Spoken(Environment):
    """Templates compiled for one language and one kind of case: what depends on nothing else is settled then.

    A page has some eighty sentences, own addresses and static files; as calls they cost half of its time.
    """

    spoken: str
    subject: str

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Our templates have no globals of their own; Jinja's chain of both costs a tenth of a page."""
        return super().make_globals(d) if d else self.globals

    def _generate(self, source: nodes.Template, *args: Any, **kwargs: Any) -> str:
        with i18n.using(self.spoken), i18n.speaking_of(self.subject):
            return super()._generate(_Settled().visit(source), *args, **kwargs)


class _Settled(NodeTransformer):
    """Replaces ``_("…")``, ``link("…")`` and ``static("…")`` of a constant by what they return."""

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 - Jinja's name
        self.generic_visit(node)
        name = node.node.name if isinstance(node.node, nodes.Name) else ""
        if len(node.args) != 1 or node.kwargs or not isinstance(node.args[0], nodes.Const):
            return node
        given = node.args[0].value
        if name in ("_", "gettext"):
            # Newstyle gettext: a translation is markup, and %% in it is a percent sign.
            return nodes.TemplateData(i18n.gettext(given) % {}, lineno=node.lineno)
        if name in ("link", "static"):
            address = i18n.localized(given) if name == "link" else static(given)
            return nodes.Const(address, lineno=node.lineno)
        return node


class PageEngine(JinjaTemplateEngine):
    """Litestar's way to the pages' templates, each in the language of the request being answered.

    Autoescaped, strict, compiled once. ``names`` are the features' own globals; ``clock`` dates the forms.
    """

    def __init__(self, settings: Settings, names: Mapping[str, Any], clock: Clock) -> None:
        self.spoken = {
            (code, kind): _page_environment(settings, names, code, kind, clock)
            for code in LANGUAGES
            for kind in i18n.NOUNS
        }
        super().__init__(engine_instance=self._now())

    def get_template(self, template_name: str) -> Template:
        """The compiled template. Raises jinja2.TemplateNotFound."""
        return self._now().get_template(template_name)

    def _now(self) -> Environment:
        return self.spoken[i18n.current_language(), i18n.subject.get()]


def _page_environment(
    settings: Settings, names: Mapping[str, Any], code: str, subject: str, clock: Clock
) -> Environment:
    environment = _environment(settings, names, autoescape=True, kind=_Spoken)
    environment.spoken, environment.subject = code, subject
    environment.template_class = _Page
    environment.portal_settings = settings  # type: ignore[attr-defined]
    with i18n.using(code):
        environment.globals.update(language=code, direction=i18n.direction())
    environment.globals.update(
        link=i18n.localized,
        static=static,
        csrf=lambda path: _form_token(settings, path, clock()),
    )
    return environment


def page_context(request: Request[Any, Any, Any], settings: Settings) -> dict[str, Any]:
    """What every page shows besides its own context."""
    path, query = request.scope["path"], request.scope.get("query_string", b"").decode("latin-1")
    code, account = i18n.other_language(), request.scope.get("user")
    # At an unknown address nobody asked whose session it is: only that page's masthead needs to know of one.
    unread = "user" not in request.scope and bool(cookie_value(settings, request, COOKIE))
    offered = code in settings.languages
    return {
        "account": account,
        "may_be_signed_in": unread,
        "may": lambda name: may_open(name, account),
        "notices_now": notices_now.get(),
        "other_language": OtherLanguage(code, LANGUAGE_NAMES[code], i18n.other_language_path(path, query))
        if offered
        else None,
    }


class MailTemplates:
    """Renders mails in their reader's language, whatever the language of the process."""

    def __init__(self, settings: Settings, names: Mapping[str, Any]) -> None:
        self.text = _environment(settings, names, autoescape=False, kind=Environment)
        self.html = _environment(settings, names, autoescape=True, kind=Environment)

    def render(self, template: str, locale: str, data: Mapping[str, Any]) -> MailText:
        """The mail of ``templates/<template>.{subject.txt,txt,html}``; a text message (``…/sms/…``) is its text.

        ``data`` with a ``case_kind`` is about a case of that kind.
        """
        with i18n.using(locale), i18n.speaking_of(str(data.get("case_kind", "request"))):
            context = {**data, "language": locale, "direction": i18n.direction()}
            if "/sms/" in template:
                text_message = " ".join(self.text.get_template(f"{template}.txt").render(context).split())
                return MailText(subject=text_message, text=text_message, html="")
            return MailText(
                subject=" ".join(self.text.get_template(f"{template}.subject.txt").render(context).split()),
                text=_BLANK_LINES.sub(
                    "\n\n", self.text.get_template(f"{template}.txt").render(context)
                ).strip()
                + "\n",
                html=self.html.get_template(f"{template}.html").render(context),
            )


@cache
def static(name: str) -> str:
    """The address of a static file; it changes with the file, so browsers may keep it for a year."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]
    return f"/static/{name}?v={digest}"


def _environment(settings: Settings, names: Mapping[str, Any], *, autoescape: bool, kind: type[Kind]) -> Kind:
    environment = kind(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=autoescape,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        auto_reload=False,
        trim_blocks=autoescape,  # in plain text every line break counts
        lstrip_blocks=True,
    )
    i18n.install(environment)
    environment.globals.update(
        code_text=codes.show_text,
        code_numeric=lambda number: _digits(codes.show_numeric(number)),
        code_spelled=codes.spell,
        **names,
    )
    environment.filters.update(_filters(settings.zone))
    return environment


def _filters(zone: ZoneInfo) -> dict[str, Any]:
    def shown(show: Any) -> Any:
        return lambda moment: show(moment, i18n.current_language(), zone)

    return {
        "num": lambda value: text.show_number(value, i18n.current_language()),
        "digits": lambda value: _digits(str(value)),
        "phone": lambda value: _digits(identifiers.local_phone(value)),
        "date": shown(jalali.show_date),
        "figures": shown(jalali.show_numeric_date),
        "day": shown(jalali.show_day),
        "moment": shown(jalali.show_moment),
        "clock": shown(jalali.show_clock),
        "iso": jalali.iso,
        "span": _span,
        "isolate": text.isolate,
    }


def _span(value: timedelta) -> str:
    return jalali.show_span(abs(value.total_seconds()), i18n.current_language())


def _digits(value: str) -> str:
    return text.persian_digits(value) if i18n.current_language() == "fa" else value


def _form_token(settings: Settings, path: str, now: datetime) -> str:
    request = request_now.get()
    assert request is not None, "csrf() belongs on a page"
    return csrf.token_for(request, settings, path, now)

"""The pages around the form of a new request: the form, closed for a while, and sent before with other words."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4

import msgspec
from litestar.datastructures import Cookie
from litestar.response import Template

from portal import uploads
from portal.cases.forms import FilingForm, labels, needs_body, questions, summary, takes_files, with_errors
from portal.cases.kept_files import Kept
from portal.i18n import _
from portal.notices.closures import Closure
from portal.services.labels import AUDIENCES
from portal.services.queries import ServiceView


def filing_page(
    service: ServiceView,
    filing: FilingForm,
    *,
    status: int = 200,
    cookies: list[Cookie] | None = None,
    template: str = "cases/new.html",
    headers: dict[str, str] | None = None,
    **more: Any,
) -> Template:
    context = {
        "service": service,
        "filing": filing,
        "labels": labels(service),
        "summary": summary(filing, service),
        "questions": questions(service),
        "takes_files": takes_files(service),
        "needs_body": needs_body(service),
        "audiences": [(key, _(label)) for key, label in AUDIENCES.items()],
        "accept": uploads.ACCEPT,
        "current": "services",
        **more,
    }
    return Template(
        template, context=context, status_code=status, cookies=cookies or [], headers=headers or {}
    )


def paused_page(
    service: ServiceView,
    filing: FilingForm,
    closed: Closure,
    *,
    now: datetime,
    kept: bool,
    sent: bool = False,
) -> Template:
    """The form is closed for a while. ``kept``: what was typed is a draft; ``sent``: something was typed just now."""
    return filing_page(
        service,
        filing,
        status=503,
        template="cases/paused.html",
        headers={"Retry-After": str(closed.retry_after(now))},
        closed=closed,
        kept=kept,
        sent=sent,
        now=now,
    )


class Repetition(msgspec.Struct, frozen=True):
    """The same words were sent ``minutes`` ago; ``number`` is the case they made where the visitor may know it."""

    own: bool
    minutes: int
    number: int | None


def same_words_page(
    service: ServiceView, filing: FilingForm, kept: Kept, before: Repetition, *, cookies: list[Cookie]
) -> Template:
    """Asks before the same words make a second case; everything typed and every file is sent with one more press."""
    again = msgspec.structs.replace(filing, draft=None, kept=kept, again=True)
    return filing_page(
        service,
        again,
        status=409,
        template="cases/same_words.html",
        cookies=cookies,
        before=before,
    )


def different_page(service: ServiceView, filing: FilingForm, number: int | None) -> Template:
    """What was sent before stands; what was typed now can be sent as a request of its own."""
    anew = msgspec.structs.replace(with_errors(filing, {}), submission_id=uuid4(), again=True)
    return filing_page(service, anew, status=409, template="cases/different_submission.html", number=number)

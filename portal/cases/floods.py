"""Many filings from one network: slowed, never lost. What was typed comes back with the time to send it again."""

from __future__ import annotations

from datetime import datetime, timedelta

from litestar.response import Template

from portal.cases import filing_drafts
from portal.cases.filing_pages import filing_page
from portal.cases.forms import FilingForm, with_errors
from portal.cases.visits import Visitor
from portal.errors import TooMany
from portal.i18n import _, current_language, ngettext
from portal.security import throttle
from portal.security.address import client_address, network_of
from portal.services.queries import ServiceView
from portal.text import show_number

FILINGS, FILINGS_WINDOW = 100, timedelta(minutes=10)
"""Filings from one neighbourhood of addresses: a ministry behind one address files many, a flood more."""


async def slow_down(filing: FilingForm, request: Visitor, now: datetime) -> TooMany | None:
    """Count what makes work: filings, and files that come with mistakes. Returns the refusal of one too many."""
    if filing.draft or filing.uploads:
        counted = "filing" if filing.draft else "misfiling"
        network = network_of(client_address(request))
        try:
            await throttle.hit(f"{counted}:{network}", limit=FILINGS, window=FILINGS_WINDOW, now=now)
        except TooMany as refusal:
            return refusal
    return None


async def later(
    filing: FilingForm, refusal: TooMany, service: ServiceView, request: Visitor, *, now: datetime
) -> Template:
    """When to send again, with everything that was typed, and a draft of it where the visitor has a place for one."""
    wait = refusal.retry_after or 1
    message = _slowed(-(-wait // 60))
    if request.user and await filing_drafts.keep(filing, service, request.user.account_id, now=now):
        message += " " + _("It is also kept as a draft in your desk.")
    headers = {"Retry-After": str(wait)}
    return filing_page(service, with_errors(filing, {"form": message}), status=429, headers=headers)


def _slowed(minutes: int) -> str:
    told = ngettext(
        "Very many requests are coming from your network just now. Please send yours again in %(minutes)s minute;"
        " what you wrote stays on this page.",
        "Very many requests are coming from your network just now. Please send yours again in %(minutes)s minutes;"
        " what you wrote stays on this page.",
        minutes,
    )
    return told % {"minutes": show_number(minutes, current_language())}

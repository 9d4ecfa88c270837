"""What feedback is about: a service that was chosen, or the request whose code was typed.

A complaint needs no proof of the request it is about, unless its service is sensitive. So the code tells here no
more than at /track: mistakes are explained alike, misses counted alike, and nothing of the request is shown.
"""

from __future__ import annotations

from datetime import datetime

from portal import codes
from portal.cases import visits
from portal.cases.mistakes import UNKNOWN, in_words
from portal.cases.visits import Visitor
from portal.errors import TooMany
from portal.feedback.forms import About
from portal.i18n import N_, _
from portal.security import misses
from portal.security.address import client_address
from portal.services.queries import service_by_id, service_by_slug
from portal.settings import Settings

NOT_NOW = N_(
    "Too many codes are being tried at the moment. Please open the request with its passcode first, then complain "
    "from its page; or complain about the service."
)

OPEN_IT_FIRST = N_(
    "Please open this request with its passcode first, then complain from its page; or complain about the service."
)


async def about_request(request: Visitor, typed: str, settings: Settings, now: datetime) -> About:
    """The request with the code that was ``typed``, and its service."""
    typed = codes.in_link(typed)
    if not typed.strip():
        return About(service=None, wrong={"about_code": _("Please fill this in.")})
    number = codes.parse(typed)
    if isinstance(number, codes.Mistake):
        return About(service=None, wrong={"about_code": in_words(number, typed)})
    found = await visits.visit(request, number, settings, now)
    if found.tier == 0 and await visits.code_is_not_enough(request, now):
        return _refused()
    if found.case is None:
        return await _missed(request, typed, now)
    if found.case.sensitive and found.tier == 0:
        # Receipt and page of the complaint would name a service that the code alone does not name.
        return About(service=None, wrong={"about_code": _(OPEN_IT_FIRST)})
    return About(
        service=await service_by_id(found.case.service, now=now),
        case=found.case_id,
        audience=found.case.audience,
        agency_name=found.case.agency_name,
    )


async def about_service(slug: str, now: datetime, *, required: bool = True) -> About:
    """The service that was chosen. ``required``: none at all is a mistake."""
    service = await service_by_slug(slug, now=now) if slug else None
    if service is None and (slug or required):
        return About(service=None, wrong={"service": _("Choose one.")})
    return About(service=service)


async def _missed(request: Visitor, typed: str, now: datetime) -> About:
    try:
        await misses.note_miss(client_address(request), now)
    except TooMany:
        return _refused()
    return About(service=None, wrong={"about_code": in_words(UNKNOWN, typed)})


def _refused() -> About:
    return About(service=None, wrong={"about_code": _(NOT_NOW)}, status=429)

"""Which mail each event of a case sends to its applicant, and what stands in it.

A mail never carries what people wrote: it says that something happened and links to where it can be read.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import msgspec

from db.cases import Case
from db.outbox import OutboxMessage
from db.services import Unit
from portal import codes, outbox
from portal.accounts.queries import contacts_of
from portal.cases import access, ratings
from portal.cases.appeals import way_on
from portal.cases.events import Event
from portal.cases.titles import in_mail
from portal.i18n import N_, _, using
from portal.services.queries import service_by_id
from portal.settings import Settings

TOLD = frozenset(
    {
        "filed",
        "asked",
        "informed",
        "extended",
        "contest_upheld",
        "contest_denied",
        "referred",
        "answered",
        "closed",
        "rejected",
        "withdrawn",
        "decided",
        "appealed",
        "reopened",
        "infected",
    }
)
"""Kinds of events that concern the applicant; each has templates/cases/mail/<kind>.*"""

WITHOUT_LINK = frozenset({"cases/mail/renumbered"})
"""Mails that may reach somebody who is to be kept out from now on."""
CHANGED = {"closed": N_("closed"), "open": N_("a working day"), "hours": N_("other working hours")}
"""What a day is by a calendar that has changed; see ``changed_days.ChangedDay``."""


async def tell_applicant(case: Case, event: Event, *, now: datetime) -> None:
    """The applicant's mail about ``event`` is queued; nothing for events of the desk or without an address."""
    if event.kind not in TOLD or not case.contact_email:
        return
    service = await service_by_id(case.service, now=now)
    await outbox.enqueue(
        f"cases/mail/{event.kind}",
        recipient=case.contact_email,
        locale=case.locale,
        data={
            "number": str(case.number),
            **in_mail(case.kind, service),
            "due_at": case.next_due_at,
            "paused_until": case.paused_until,
            "expected_on": event.data.get("expected_on"),
            "late": case.next_due_at is not None and case.next_due_at < now,
            "outcome": event.data.get("outcome"),
            "reopen_until": event.data.get("reopen_until"),
            "round": event.n if event.kind == "closed" else None,
            "phone": await _phone_of(case.unit) if event.kind == "withdrawn" else "",
            **await _way_on(case, event),
        },
        cause=f"case:{case.id}:{event.n}",
        case=case.id,
        now=now,
    )


async def tell_everywhere(case: Case, event: Event, *, now: datetime) -> None:
    """Every contact on file hears of ``event``, without code and link: it may be the wrong person's by now."""
    known = await contacts_of(case.applicant) if case.applicant else []
    on_file = {one.value: one.kind for one in known if one.verified}
    on_file |= {case.contact_email or "": "email", case.contact_phone or "": "phone"}
    data = {"number": str(case.number), "service": None, "due_at": None, "phone": await _phone_of(case.unit)}
    for place, (recipient, kind) in enumerate(sorted(on_file.items())):
        if recipient:
            channel = "mail" if kind == "email" else "sms"
            await outbox.enqueue(
                f"cases/{channel}/{event.kind}",
                channel=channel,
                recipient=recipient,
                locale=case.locale,
                data=data,
                cause=f"case:{case.id}:{event.n}:{place}",
                case=case.id,
                now=now,
            )


async def with_link(message: OutboxMessage, settings: Settings, *, now: datetime) -> Mapping[str, Any]:
    """What the mail's templates show, with a link that opens the case: its token is made now, only its hash kept."""
    assert message.case, "a message of a case names it"
    if message.template in WITHOUT_LINK:
        return shown(message, settings)
    key, data = settings.secret_key, cast(Mapping[str, Any], message.data)
    token, rating = await access.new_link(key, message.case, now=now), ""
    if closed := data.get("round"):
        moment = data.get("moment", "closing")
        rating = await ratings.new_link(key, message.case, round=closed, moment=moment)
    return shown(message, settings, token=token, rating=rating)


def shown(
    message: OutboxMessage, settings: Settings, *, token: str = "", rating: str = ""
) -> Mapping[str, Any]:
    """What the mail's templates show; without ``token`` the link opens no more than the code does.

    ``rating`` opens the question how it was, where the mail asks it.
    """
    data = cast(Mapping[str, Any], message.data)
    number = int(data["number"])
    desk = settings.base_url + ("/en" if message.locale == "en" else "")
    case = f"{desk}/cases/{codes.show_text(number)}"
    query = f"?key={token}" if token else ""
    return {
        "number": number,
        "case_kind": data.get("case_kind", "request"),
        "service": data["service"][message.locale] if data["service"] else None,
        "due_at": _moment(data["due_at"]),
        # Not every mail has all of these.
        "before": _moment(data.get("before")),
        "days": [_changed(day, message.locale) for day in data.get("days", [])],
        "more": data.get("more", 0),
        "paused_until": _moment(data.get("paused_until")),
        "down": timedelta(seconds=data.get("down", 0)),
        "notice": f"{desk}/notices/{data['notice']}" if data.get("notice") else "",
        "expected_on": date.fromisoformat(day) if (day := data.get("expected_on")) else None,
        "late": bool(data.get("late")),
        "outcome": data.get("outcome"),
        "reopen_until": _moment(data.get("reopen_until")),
        "phone": data.get("phone", ""),
        "appeal_to": _in(message.locale, data.get("appeal_to")),
        "appeal_until": _moment(data.get("appeal_until")),
        "outside": _in(message.locale, data.get("outside")),
        "outside_url": data.get("outside_url", ""),
        "link": f"{case}{query}",
        "rate": f"{desk}/rate/{rating}" if rating else "",
        "why": f"{case}/why",
        "desk": desk,
    }


def _in(locale: str, words: Mapping[str, str] | None) -> str:
    return words[locale] if words else ""


def _moment(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None


def _changed(day: Mapping[str, str], locale: str) -> Mapping[str, Any]:
    word = CHANGED[day["now"]]
    with using(locale):
        what = _(word)
    return {"day": date.fromisoformat(day["day"]), "what": f"{what} ({day[locale]})" if day[locale] else what}


async def _way_on(case: Case, event: Event) -> dict[str, Any]:
    """Whom the applicant can turn to after a decision; nothing for other events."""
    if event.kind != "decided":
        return {}
    way = await way_on(case.id)
    if way.until is not None:
        return {"appeal_to": msgspec.to_builtins(way.unit), "appeal_until": way.until}
    return {"outside": msgspec.to_builtins(way.outside), "outside_url": way.url}


async def _phone_of(unit: UUID) -> str:
    row = await Unit.select(Unit.phone).where(Unit.id == unit).first()
    return row["phone"] if row else ""

"""What messages about notices show, and what becomes of a subscription whose messages arrive or never will."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import msgspec

from db.outbox import OutboxMessage
from db.services import Service
from db.subscriptions import Subscription
from portal.i18n import Words, _, using
from portal.notices import nagging, subscriptions, telling, wording
from portal.notices.rules import Affected, Notice
from portal.notices.telling import Round
from portal.outbox import LEAVE, Unwanted
from portal.settings import Settings

FOLDER = "notices/"
"""Where the templates of these messages lie: mail/ and sms/."""
SILENT = "hidden"
"""What stands in place of a secret where a message is only looked at."""
REMEMBER = 5.0
"""Seconds that a round is kept: a hundred messages of it leave in each of them."""
_WHOM = """
    SELECT s.confirmed_at IS NOT NULL AS confirmed, s.ended_at, s.origin, v.title_fa, v.title_en
    FROM subscription s LEFT JOIN service v ON v.id = s.service WHERE s.id = {}
"""

_rounds: dict[UUID, tuple[float, Round | None]] = {}


async def prepared(message: OutboxMessage, settings: Settings, *, now: datetime) -> Mapping[str, Any]:
    """What the message's templates show, its links working. Raises Unwanted when nobody waits for it any more."""
    if message.template == nagging.MAIL:
        return nagging.shown(message, settings)
    data = cast(Mapping[str, str], message.data)
    subscription = UUID(data["subscription"])
    rows = await Subscription.raw(_WHOM, subscription)
    if not rows or rows[0]["ended_at"] is not None:
        raise Unwanted("the subscription has ended")
    if "mailing" not in data:
        if rows[0]["confirmed"]:
            raise Unwanted("confirmed before")
        token = await subscriptions.new_token(subscription, now=now)
        return _to_confirm(message, rows[0], settings, token)
    told = await _round(UUID(data["mailing"]))
    if told is None or told.is_late(now):
        raise Unwanted("the notice has changed, or is over")
    leave = subscriptions.leave_token(settings.keys, subscription)
    return _of_round(message.locale, told, str(rows[0]["origin"]), settings, leave)


async def shown(message: OutboxMessage, settings: Settings) -> Mapping[str, Any]:
    """The same to look at, with links that do nothing. Raises ValueError when it can't be told any more."""
    if message.template == nagging.MAIL:
        return nagging.shown(message, settings)
    data = cast(Mapping[str, str], message.data)
    rows = await Subscription.raw(_WHOM, UUID(data["subscription"]))
    row: dict[str, Any] = rows[0] if rows else {"origin": "asked", "title_fa": None, "title_en": None}
    if "mailing" not in data:
        return _to_confirm(message, row, settings, SILENT)
    told = await telling.round_of(UUID(data["mailing"]))
    if told is None:
        raise ValueError("the round was dropped")
    return _of_round(message.locale, told, row["origin"], settings, SILENT)


async def delivered(message: OutboxMessage, arrived: bool, now: datetime) -> None:
    """The message's subscription knows that a message arrived, or never will. Others have none."""
    data = cast(Mapping[str, str], message.data)
    if not message.template.startswith(FOLDER) or "mailing" not in data:
        return
    subscription = UUID(data["subscription"])
    if arrived:
        await subscriptions.arrived(subscription)
    else:
        await subscriptions.bounced(subscription, now=now)


def preview(
    notice: Notice, kind: str, locale: str, settings: Settings, *, data: Mapping[str, Any] | None = None
) -> Mapping[str, Any]:
    """What the mail of ``kind`` would show of ``notice``, for the people who are about to publish it.

    One that is not posted yet has no address.
    """
    told = Round(kind=kind, due_at=notice.published_at, data=data or {}, notice=notice, end=None)
    shown = _of_round(locale, told, "asked", settings, SILENT)
    if notice.no:
        return shown
    with using(locale):
        return {**shown, "link": _("(the address comes with the notice)")}


async def service_titled(service: UUID | None) -> Words | None:
    """The title of ``service``; None for all."""
    if service is None:
        return None
    row = await Service.select(Service.title_fa, Service.title_en).where(Service.id == service).first()
    return Words(row["title_fa"], row["title_en"]) if row else None


async def _round(mailing: UUID) -> Round | None:
    kept = _rounds.get(mailing)
    if kept is None or time.monotonic() - kept[0] > REMEMBER:
        if len(_rounds) > 50:
            _rounds.clear()
        kept = _rounds[mailing] = (time.monotonic(), await telling.round_of(mailing))
    return kept[1]


def _desk(locale: str, settings: Settings) -> str:
    return settings.base_url + ("/en" if locale == "en" else "")


def _to_confirm(
    message: OutboxMessage, row: Mapping[str, Any], settings: Settings, token: str
) -> dict[str, Any]:
    desk = _desk(message.locale, settings)
    title = None if row["title_fa"] is None else row["title_en" if message.locale == "en" else "title_fa"]
    return {"service": title, "link": f"{desk}/notices/confirm/{token}", "desk": desk}


def _of_round(locale: str, told: Round, origin: str, settings: Settings, leave: str) -> dict[str, Any]:
    desk = _desk(locale, settings)
    common = {
        "kind": told.kind,
        "origin": origin,
        "desk": desk,
        LEAVE: f"{desk}/notices/unsubscribe/{leave}",
    }
    if told.end is not None:
        return common | {"end": told.end, "link": f"{desk}/services"}
    assert told.notice, "a round is of a notice or of an end"
    with using(locale):
        affected = [_affected(one) for one in told.notice.services]
        window = _said((told.notice.begins, told.notice.ends), settings)
        old = _window(told.data.get("before")) if told.data.get("change") == "rescheduled" else None
        before = _said(old, settings) if old else ""
    text = msgspec.convert(told.data.get("text") or {"fa": "", "en": ""}, Words)
    return common | {
        "notice": told.notice,
        "affected": affected,
        "text": text,
        "window": window,
        "before": before,
        "others": int(told.data.get("others", 0)),
        "link": f"{desk}/notices/{told.notice.no}",
    }


def _affected(one: Affected) -> tuple[str, str]:
    return str(one.title), _(wording.IMPACTS[one.impact])


def _said(window: tuple[datetime, datetime | None], settings: Settings) -> str:
    said = wording.window(*window, settings.zone)
    return said if window[1] else _("%(window)s; when it ends is not known yet") % {"window": said}


def _window(stored: list[str | None] | None) -> tuple[datetime, datetime | None] | None:
    if not stored or stored[0] is None:
        return None
    return datetime.fromisoformat(stored[0]), datetime.fromisoformat(stored[1]) if stored[1] else None

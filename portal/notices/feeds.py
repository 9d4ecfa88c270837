"""Notices for other programs: Atom of everything that is said, iCalendar of all windows, the present state as JSON.

Pure. Ids are stable for ever: readers show an entry once, calendars replace a window by its UID and SEQUENCE.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from html import escape
from io import StringIO
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import msgspec
from feedgenerator import Atom1Feed
from icalendar import Calendar, Event

from portal.i18n import Words, _, current_language, localized
from portal.notices import rules, wording
from portal.notices.queries import Change
from portal.notices.rules import Notice

DAYS_BACK = timedelta(days=90)
"""How long a window that is over stays in the calendar."""


class Site(msgspec.Struct, frozen=True):
    """Where the feeds come from: ``base_url`` without a path, the agency's zone."""

    base_url: str
    zone: ZoneInfo

    def address(self, path: str) -> str:
        """The whole address of our own ``path`` in the language of the feed."""
        return self.base_url + localized(path)

    @property
    def host(self) -> str:
        return urlsplit(self.base_url).hostname or "localhost"


class ServiceState(msgspec.Struct, frozen=True):
    """One service in ``status.json``: ``state`` is available or the impact that is felt; times are UTC."""

    slug: str
    title: Words
    state: str
    notice: int | None
    expected_back_at: datetime | None


class NoticeState(msgspec.Struct, frozen=True):
    """One notice in ``status.json``; names as in ``rules.Notice``, ``begins`` and ``ends`` as they stand now."""

    no: int
    kind: str
    stage: str
    state: str
    title: Words
    services: dict[str, str]
    begins: datetime
    ends: datetime | None
    published_at: datetime
    changed_at: datetime
    lead_hours: float | None
    promised_lead_hours: float | None
    url: str


class Status(msgspec.Struct, frozen=True):
    """All of ``status.json``; ``as_of`` is a whole minute, so that readers are not sent the same again."""

    as_of: datetime
    services: list[ServiceState]
    notices: list[NoticeState]


def atom(
    notices: Sequence[Notice], history: Mapping[int, Sequence[Change]], site: Site, now: datetime
) -> str:
    """An Atom feed of the notices that are published at ``now`` and of what was done to each, the newest first."""
    feed = Atom1Feed(
        title=_("Notices of outages and incidents"),
        link=site.address("/notices"),
        description=_("What will be unavailable, what is, and what was."),
        language=current_language(),
        feed_url=site.address("/notices.atom"),
        author_name=_("Electronic service desk"),
    )
    entries = [
        (max(change.at, notice.published_at), change.n, notice, change)
        for notice in notices
        if rules.stage(notice, now) != "unpublished"
        for change in history.get(notice.no, ())
    ]
    for at, n, notice, change in sorted(entries, key=lambda entry: entry[:2], reverse=True):
        link = site.address(f"/notices/{notice.no}")
        feed.add_item(
            title=title(notice, change),
            link=link,
            # Both languages tell of the same entry.
            unique_id=f"{site.base_url}/notices/{notice.no}#{n}",
            description=_as_html(notice, change, site),
            pubdate=at,
            updateddate=at,
        )
    written = StringIO()
    feed.write(written, "utf-8")
    return written.getvalue()


def title(notice: Notice, change: Change) -> str:
    """What happened to which notice, in one line."""
    what = _(wording.CHANGES[change.kind])
    return _("%(notice)s — %(change)s") % {"notice": str(notice.title), "change": what}


def calendar(notices: Iterable[Notice], site: Site, now: datetime) -> bytes:
    """An iCalendar feed of the planned windows that lie ahead, are on or ended lately, cancelled ones as such."""
    found = Calendar.new(
        name=_("Planned outages"),
        description=_("Planned outages of the electronic service desk"),
        language=current_language(),
        prodid="-//Rahgir//Notices//EN",
        last_modified=None,
    )
    found.add("refresh-interval", timedelta(hours=1), parameters={"VALUE": "DURATION"})
    for notice in notices:
        if notice.planned and rules.stage(notice, now) != "unpublished" and not _long_over(notice, now):
            found.add_component(_event(notice, site))
    found.add_missing_timezones()
    return bytes(found.to_ical())


def status(notices: Sequence[Notice], services: Mapping[str, Words], site: Site, now: datetime) -> Status:
    """How each of ``services`` (title by slug) is at ``now``, and every notice that speaks of now or later."""
    shown = [
        notice
        for notice in notices
        if rules.stage(notice, now) in ("ahead", "soon", "now") or rules.on_strip(notice, now)
    ]
    return Status(
        as_of=now.replace(second=0, microsecond=0),
        services=[_service(slug, name, shown, now) for slug, name in services.items()],
        notices=[notice_state(notice, site, now) for notice in shown],
    )


def _service(slug: str, name: Words, notices: Sequence[Notice], now: datetime) -> ServiceState:
    found = rules.worst(notices, slug, now)
    if found is None:
        return ServiceState(slug, name, "available", None, None)
    impact, notice = found
    return ServiceState(slug, name, impact, notice.no, notice.ends)


def notice_state(notice: Notice, site: Site, now: datetime) -> NoticeState:
    """The notice as other machines read it."""
    promised = notice.promised_lead
    return NoticeState(
        no=notice.no,
        kind=notice.kind,
        stage=rules.stage(notice, now),
        state=notice.state,
        title=notice.title,
        services={of.slug: of.impact for of in notice.services},
        begins=notice.begins,
        ends=notice.ends,
        published_at=notice.published_at,
        changed_at=notice.changed_at,
        lead_hours=round(notice.lead / timedelta(hours=1), 2) if notice.planned else None,
        promised_lead_hours=promised / timedelta(hours=1) if promised is not None else None,
        url=f"{site.base_url}/notices/{notice.no}",
    )


def _event(notice: Notice, site: Site) -> Event:
    event = Event()
    given: dict[str, Any] = {
        "uid": f"notice-{notice.no}@{site.host}",
        "sequence": notice.version - 1,
        "status": "CANCELLED" if notice.cancelled_at else "CONFIRMED",
        "transp": "TRANSPARENT",
        "dtstamp": notice.changed_at.astimezone(UTC),
        "last-modified": notice.changed_at.astimezone(UTC),
        "dtstart": notice.begins.astimezone(site.zone),
        "summary": _summary(notice),
        "description": "\n\n".join(_said(notice)),
        "url": site.address(f"/notices/{notice.no}"),
        "categories": [str(of.title) for of in notice.services],
    }
    if notice.ends is not None:
        given["dtend"] = notice.ends.astimezone(site.zone)
    for name, value in given.items():
        event.add(name, value)
    return event


def _summary(notice: Notice) -> str:
    given = {"title": str(notice.title), "services": wording.services(notice.services)}
    if notice.cancelled_at:
        return _("Cancelled: %(title)s (%(services)s)") % given
    return _("%(title)s (%(services)s)") % given


def _said(notice: Notice) -> list[str]:
    """The text of the notice, part by part; what has no end says so."""
    open_end = [_("Nobody can say yet until when.")] if notice.planned and notice.ends is None else []
    impacts = _(", ").join(f"{of.title}: {_(wording.IMPACTS[of.impact])}" for of in notice.services)
    return [part for part in (str(notice.body), impacts, str(notice.advice), *open_end) if part]


def _as_html(notice: Notice, change: Change, site: Site) -> str:
    window = wording.window(notice.begins, notice.ends, site.zone)
    about = wording.services(notice.services)
    parts = [str(change.text), f"{about}: {window}", *_said(notice)]
    return "".join(f"<p>{escape(part)}</p>" for part in parts if part)


def _long_over(notice: Notice, now: datetime) -> bool:
    last = notice.cancelled_at or notice.ends
    return last is not None and last < now - DAYS_BACK

"""A notice in words, at an instant: what the strip says of it, and what everything stored about it is called."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, tzinfo
from typing import Any

import msgspec

from portal import jalali
from portal.i18n import N_, Words, _, current_language, ngettext
from portal.notices import repeat_words, rules
from portal.notices.rules import Affected, Impact, Kind, Notice, Stage
from portal.text import show_number

KINDS: dict[Kind, str] = {"planned": N_("Planned outage"), "incident": N_("Incident")}
STAGES: dict[Stage, str] = {
    "unpublished": N_("Not published yet"),
    "ahead": N_("Ahead"),
    "soon": N_("Soon"),
    "now": N_("On now"),
    "over": N_("Over"),
    "cancelled": N_("Cancelled"),
}
IMPACTS: dict[Impact, str] = {
    "unavailable": N_("Unavailable"),
    "read_only": N_("Tracking only"),
    "slow": N_("Slow"),
}
STATES = {
    "investigating": N_("We are looking for the cause."),
    "identified": N_("The cause is known and is being repaired."),
    "watching": N_("It is repaired, and we are watching whether it holds."),
    "fixed": N_("It is repaired."),
}
"""How far the repair of an incident is, as a sentence; CHANGES has the same as the name of a step."""
CAUSES = {
    "software": N_("A fault in our software"),
    "hardware": N_("A fault in our machines"),
    "infrastructure": N_("Something outside our power: electricity, network, data centre"),
    "security": N_("An attack, or a measure against one"),
    "unknown": N_("Not known yet"),
}
CHANGES = {
    "posted": N_("Announced"),
    "updated": N_("News"),
    "investigating": N_("We are looking for the cause"),
    "identified": N_("The cause is known"),
    "watching": N_("Repaired, and being watched"),
    "fixed": N_("Repaired"),
    "rescheduled": N_("Moved to another time"),
    "extended": N_("Extended"),
    "cancelled": N_("Cancelled"),
    "verifying": N_("The work is done and is being checked"),
    "ended": N_("Over"),
    "reported": N_("Report published"),
    "caused": N_("Cause named"),
}
ROUNDS = {
    "published": N_("Publication"),
    "ahead_72": N_("72 hours before"),
    "ahead_24": N_("24 hours before"),
    "ahead_1": N_("1 hour before"),
    "started": N_("Beginning"),
    "changed": N_("Change"),
    "cancelled": N_("Cancellation"),
    "ended": N_("End"),
}
MOST_NAMED = 2
"""Services that the strip names one by one."""


class Line(msgspec.Struct, frozen=True):
    """One notice on the strip. ``tone``: ``now`` for what is broken, ``past`` for what is over, else empty."""

    label: str
    text: str
    tone: str


def line(notice: Notice, at: datetime, zone: tzinfo) -> Line:
    """What every page says of the notice at ``at``, in the reader's language."""
    stage = rules.stage(notice, at)
    if stage in ("over", "cancelled"):
        return Line(_(STAGES[stage]), _gone(notice, stage, at, zone), "past")
    label = _(KINDS[notice.kind])
    if stage == "now":
        tone = "now" if _worst(notice) != "slow" else ""
        return Line(label, " ".join(_present(notice, at, zone)), tone)
    return Line(label, " ".join(_future(notice, at, zone)), "")


def window(starts_at: datetime, ends_at: datetime | None, zone: tzinfo) -> str:
    """The window inside a sentence: "on Friday 4 December 2026 from 22:00 to 24:00"; only its start while open."""
    if ends_at is None:
        return _("from %(begin)s") % {"begin": _moment(starts_at, zone)}
    if _same_day(starts_at, ends_at, zone):
        given = {"day": _day(starts_at, zone), "begin": _clock(starts_at, zone), "end": _end(ends_at, zone)}
        return _("on %(day)s from %(begin)s to %(end)s") % given
    return _("from %(begin)s to %(end)s") % {"begin": _moment(starts_at, zone), "end": _moment(ends_at, zone)}


def when(moment: datetime, at: datetime, zone: tzinfo) -> str:
    """The moment as it is said at ``at``: the time alone while it is the same day there."""
    if _same_day(at, moment, zone):
        return _("%(clock)s") % {"clock": _end(moment, zone) if moment > at else _clock(moment, zone)}
    return _moment(moment, zone)


def services(touched: Iterable[Affected]) -> str:
    """The services in a sentence: two by name, more by number."""
    titles = [str(one.title) for one in touched]
    if len(titles) > MOST_NAMED:
        n = len(titles) - 1
        more = ngettext("%(service)s and %(n)s more service", "%(service)s and %(n)s more services", n)
        return more % {"service": titles[0], "n": show_number(n, current_language())}
    return _(" and ").join(titles)


def status(notices: Iterable[Notice], slug: str, at: datetime) -> tuple[str, str]:
    """How the service is at ``at``, in two words, and the tone of its tag."""
    listed = list(notices)
    if found := rules.worst(listed, slug, at):
        return _(IMPACTS[found[0]]), "wait" if found[0] == "slow" else "late"
    if any(rules.stage(one, at) in ("ahead", "soon") for one in touching(listed, slug)):
        return _("Outage ahead"), "wait"
    return _("Working"), "done"


def touching(notices: Iterable[Notice], slug: str) -> list[Notice]:
    """Those that touch the service."""
    return [one for one in notices if any(of.slug == slug for of in one.services)]


def hours(length: timedelta) -> str:
    """Whole hours of a lead, rounded down as it is measured: "51 hours"."""
    n = int(length // timedelta(hours=1))
    if n == 0:
        return _("less than an hour")
    return ngettext("%(n)s hour", "%(n)s hours", n) % {"n": show_number(n, current_language())}


def names(zone: tzinfo) -> dict[str, Callable[..., Any]]:
    """What templates call."""
    return {
        "notice_line": lambda notice, at: line(notice, at, zone),
        "notice_stage": rules.stage,
        "notice_window": lambda starts_at, ends_at: window(starts_at, ends_at, zone),
        "notice_when": lambda moment, at: when(moment, at, zone),
        "notice_hours": hours,
        "kind_words": lambda kind: _(KINDS[kind]),
        "stage_words": lambda stage: _(STAGES[stage]),
        "round_words": lambda kind: _(ROUNDS[kind]),
        "impact_words": lambda impact: _(IMPACTS[impact]),
        "cause_words": lambda cause: _(CAUSES[cause]),
        "incident_words": lambda state: _(STATES[state]),
        "change_words": lambda kind: _(CHANGES[kind]),
        "rule_words": lambda rule: repeat_words.said(rule, zone),
        "service_status": status,
    }


def _future(notice: Notice, at: datetime, zone: tzinfo) -> list[str]:
    said = [*_felt(notice, window(notice.begins, notice.ends, zone))]
    if notice.ends is None:
        said.append(_("Nobody can say yet until when."))
    if rules.stage(notice, at) == "soon":
        span = jalali.show_span((notice.begins - at).total_seconds(), current_language())
        said.append(_("It begins in %(span)s.") % {"span": span})
    return said


def _present(notice: Notice, at: datetime, zone: tzinfo) -> list[str]:
    if not notice.planned:
        since = _("now, since %(since)s") % {"since": when(notice.begins, at, zone)}
        return [*_felt(notice, since), _(STATES[notice.state])]
    if notice.ends is None:
        said = [*_felt(notice, _("now")), _("Nobody can say yet until when.")]
    else:
        said = _felt(notice, _("now, until %(end)s") % {"end": when(notice.ends, at, zone)})
    return [*said, _("The work is done and is being checked.")] if notice.verifying_at else said


def _gone(notice: Notice, stage: Stage, at: datetime, zone: tzinfo) -> str:
    given = {"services": services(notice.services), "window": "", "end": ""}
    if stage == "cancelled":
        given["window"] = window(notice.starts_at, notice.ends_at, zone)
        return _("The planned outage of %(services)s %(window)s will not take place.") % given
    given["end"] = when(notice.ends or at, at, zone)
    if notice.planned:
        return _("The planned outage of %(services)s has been over since %(end)s.") % given
    return _("The incident at %(services)s has been over since %(end)s.") % given


def _felt(notice: Notice, span: str) -> list[str]:
    """What the services feel: the worst impact in a sentence, lesser ones in another."""
    worst = _worst(notice)
    hit = [of for of in notice.services if of.impact == worst]
    said = [_sentence(worst, len(hit)) % {"services": services(hit), "span": span}]
    others = [
        _("%(service)s (%(impact)s)") % {"service": of.title, "impact": _(IMPACTS[of.impact])}
        for of in notice.services
        if of.impact != worst
    ]
    return [*said, _("Also affected: %(others)s.") % {"others": _(", ").join(others)}] if others else said


def _sentence(impact: Impact, n: int) -> str:
    if impact == "unavailable":
        return ngettext("%(services)s is unavailable %(span)s.", "%(services)s are unavailable %(span)s.", n)
    if impact == "read_only":
        return ngettext(
            "%(services)s takes no new requests %(span)s; tracking works.",
            "%(services)s take no new requests %(span)s; tracking works.",
            n,
        )
    return ngettext("%(services)s is slow %(span)s.", "%(services)s are slow %(span)s.", n)


def _worst(notice: Notice) -> Impact:
    return min((of.impact for of in notice.services), key=rules.IMPACTS.index)


def _same_day(first: datetime, last: datetime, zone: tzinfo) -> bool:
    """Whether both are of one day, whose last instant is midnight."""
    nearly = last - timedelta(microseconds=1) if last > first else last
    return first.astimezone(zone).date() == nearly.astimezone(zone).date()


def _end(moment: datetime, zone: tzinfo) -> str:
    """The time of day at which something ends: midnight is 24:00."""
    local = moment.astimezone(zone)
    if (local.hour, local.minute) == (0, 0):
        return str(Words(fa="۲۴:۰۰", en="24:00"))
    return _clock(moment, zone)


def _day(moment: datetime, zone: tzinfo) -> str:
    return jalali.show_day(moment, current_language(), zone)


def _clock(moment: datetime, zone: tzinfo) -> str:
    return jalali.show_clock(moment, current_language(), zone)


def _moment(moment: datetime, zone: tzinfo) -> str:
    return jalali.show_moment(moment, current_language(), zone)

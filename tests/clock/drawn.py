"""Calendars and cases drawn from a seed: offices of all sorts round the clock changes of four zones."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random

from portal.marks import Mark, Target
from portal.office_hours import Calendar, Day, Pattern, Span, Window
from portal.sla import History

MINUTE = timedelta(minutes=1)
# Each a few days before the clock of the zone changes; the last is at midnight, so that a day begins at 01:00.
PLACES = [
    ("Asia/Tehran", date(2022, 3, 18)),
    ("Asia/Tehran", date(2022, 9, 17)),
    ("Europe/Berlin", date(2026, 3, 25)),
    ("Europe/Berlin", date(2026, 10, 21)),
    ("Australia/Lord_Howe", date(2026, 4, 1)),
    ("America/Sao_Paulo", date(2018, 11, 1)),
    ("Asia/Tehran", date(2026, 12, 20)),
]
AFTER = {
    "open": [
        "touched",
        "touched",
        "told",
        "told",
        "paused",
        "paused",
        "paused",
        "resumed",
        "referred",
        "resulted",
        "ended",
    ],
    "closed": ["reopened", "reopened", "told"],
}


def calendar(rng: Random) -> tuple[Calendar, date]:
    """An office, and the day its cases begin."""
    zone, begin = rng.choice(PLACES)
    week = _week(rng)
    changed = (Pattern(begin + timedelta(days=rng.randint(2, 15)), _week(rng)),) if rng.random() < 0.3 else ()
    days = {begin + timedelta(days=rng.randint(0, 20)): Day(_exception(rng, week)) for _ in range(5)}
    country = "IR" if zone == "Asia/Tehran" and rng.random() < 0.5 else ""
    return Calendar("drawn", zone, week, holidays=country, days=days, later=changed), begin


def _week(rng: Random) -> dict[int, tuple[Window, ...]]:
    weekdays = rng.sample(range(7), rng.randint(4, 7))
    if rng.random() < 0.5:
        return dict.fromkeys(weekdays, _windows(rng))
    return {weekday: _windows(rng) for weekday in weekdays}


def _windows(rng: Random) -> tuple[Window, ...]:
    """Half hours that make a day of at most 14 hours, some of them past midnight."""
    edges = sorted(rng.sample(range(48), 2 * rng.randint(1, 3)))
    windows = [(30 * opens, 30 * closes) for opens, closes in zip(edges[::2], edges[1::2], strict=True)]
    if rng.random() < 0.3:
        windows[-1] = (windows[-1][0], 1440 + 30 * rng.randint(0, 8))
    if sum(closes - opens for opens, closes in windows) > 840:
        return ((450, 870),)
    return tuple(windows)


def _exception(rng: Random, week: dict[int, tuple[Window, ...]]) -> tuple[Window, ...]:
    opens, closes = rng.choice([*week.values()])[0]
    return rng.choice([(), (), ((opens, opens + 30),), ((opens, closes),), _windows(rng)])


def targets(rng: Random) -> list[Target]:
    def one(key: str) -> Target:
        unit = rng.choice(["working_hours", "working_days"])
        return Target(key, rng.randint(0, 40 if unit == "working_hours" else 6), unit, "drawn")

    keys = ["first_answer", "result", "keep_in_touch", "complaint_answer", "referral"]
    return [one(key) for key in rng.sample(keys, 3)]


def case(rng: Random, begin: date) -> tuple[History, datetime]:
    """What happened to a case in some three weeks, up to the instant it is looked at; some at the same instant."""
    at = datetime(begin.year, begin.month, begin.day, tzinfo=UTC) + rng.randint(0, 4000) * MINUTE
    marks, state = [Mark("started", at)], "open"
    for n in range(rng.randint(0, 20)):
        at += rng.choice([0, rng.randint(0, 90), rng.randint(0, 1500), rng.randint(0, 3000)]) * MINUTE
        what = rng.choice(AFTER[state])
        state = {"resulted": "closed", "ended": "closed", "reopened": "open"}.get(what, state)
        until = at + rng.randint(1, 5000) * MINUTE if what == "paused" and rng.random() < 0.8 else None
        marks.append(Mark(what, at, until, n=n + 1))
    if rng.random() < 0.15:
        marks.append(Mark("missed", at, key=rng.choice(["result", "keep_in_touch"]), round=1))
    now = at + rng.choice([0, rng.randint(0, 600), rng.randint(0, 8000)]) * MINUTE
    return History(tuple(marks), tuple(_credit(rng, marks[0].at) for _ in range(rng.randint(0, 2)))), now


def _credit(rng: Random, filed_at: datetime) -> Span:
    since = filed_at + rng.randint(-500, 15_000) * MINUTE
    return since, since + rng.randint(0, 1500) * MINUTE

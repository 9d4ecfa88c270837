"""A rule of windows that come again, in words: every second week on Monday, until when."""

from __future__ import annotations

from datetime import date, tzinfo

from portal import jalali
from portal.i18n import Words, _, current_language, ngettext
from portal.notices.repeats import DAYS
from portal.text import show_number

_NTH = {
    1: Words("نخستین", "first"),
    2: Words("دومین", "second"),
    3: Words("سومین", "third"),
    4: Words("چهارمین", "fourth"),
    5: Words("پنجمین", "fifth"),
}


def said(rule: str, zone: tzinfo) -> str:
    """What ``rule``, one of those that ``repeats`` takes, means to people."""
    parts = dict(part.split("=", 1) for part in rule.split(";"))
    words = [_every(parts["FREQ"], int(parts.get("INTERVAL", "1"))), _on(parts)]
    said_so_far = " ".join(word for word in words if word)
    end = _end(parts, zone)
    return _("%(rule)s; %(end)s") % {"rule": said_so_far, "end": end} if end else said_so_far


def _every(frequency: str, n: int) -> str:
    given = {"n": show_number(n, current_language())}
    if frequency == "DAILY":
        return _("Every %(n)s days") % given if n > 1 else _("Every day")
    if frequency == "WEEKLY":
        return _("Every %(n)s weeks") % given if n > 1 else _("Every week")
    return _("Every %(n)s months (Gregorian)") % given if n > 1 else _("Every month (Gregorian)")


def _on(parts: dict[str, str]) -> str:
    if "BYMONTHDAY" in parts:
        return _on_day(int(parts["BYMONTHDAY"]))
    days = parts.get("BYDAY", "")
    if parts["FREQ"] == "MONTHLY" and days:
        return _on_nth(int(days[:-2]), _weekday(days[-2:]))
    if not days:
        return ""
    *most, last = [_weekday(day) for day in days.split(",")]
    listed = _(" and ").join(filter(None, (_(", ").join(most), last)))
    return _("on %(days)s") % {"days": listed}


def _on_day(n: int) -> str:
    if n == -1:
        return _("on the last day")
    given = {"n": show_number(abs(n), current_language())}
    return (_("on day %(n)s") if n > 0 else _("on day %(n)s from the end")) % given


def _on_nth(n: int, weekday: str) -> str:
    if n == -1:
        return _("on the last %(weekday)s") % {"weekday": weekday}
    given = {"nth": str(_NTH[abs(n)]), "weekday": weekday}
    return (
        _("on the %(nth)s %(weekday)s") if n > 0 else _("on the %(nth)s %(weekday)s from the end")
    ) % given


def _end(parts: dict[str, str], zone: tzinfo) -> str:
    if "COUNT" in parts:
        n = int(parts["COUNT"])
        return ngettext("%(n)s time in all", "%(n)s times in all", n) % {
            "n": show_number(n, current_language())
        }
    if "UNTIL" in parts:
        day = date.fromisoformat(parts["UNTIL"][:8])
        return _("until %(day)s") % {"day": jalali.show_date(day, current_language(), zone)}
    return ""


def _weekday(day: str) -> str:
    return jalali.WEEKDAYS[current_language()][DAYS.index(day)]

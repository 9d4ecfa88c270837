"""The words for what is counted of promises: stretches of time, and tenths of days and hours."""

from __future__ import annotations

from decimal import Decimal

from portal.cases import rules
from portal.cases.ratings import question_words, score_words
from portal.i18n import N_, _, current_language, ngettext
from portal.promises.endings import REOPENED
from portal.services.labels import TARGETS
from portal.text import show_number, show_percent

WINDOWS = {
    "30": N_("Last 30 days"),
    "90": N_("Last 90 days"),
    "365": N_("Last 365 days"),
    "edition": N_("Under the edition in force"),
}


def window_words(key: str) -> str:
    """A stretch of time by its key in ``figures.WINDOWS``."""
    return _(WINDOWS[key])


def promise_words(target: str) -> str:
    """What is promised: "First answer"."""
    return _(TARGETS[target])


def spent(tenths: int | None, unit: str) -> str:
    """A length of time: "2.4 working days"; "too few" for None."""
    if tenths is None:
        return _("too few")
    many = 1 if tenths == 10 else 2
    if unit == "working_hours":
        words = ngettext("%(n)s working hour", "%(n)s working hours", many)
    else:
        words = ngettext("%(n)s working day", "%(n)s working days", many)
    whole, tenth = divmod(tenths, 10)
    return words % {"n": show_number(Decimal(tenths) / 10 if tenth else whole, current_language())}


def percent(value: int) -> str:
    """A percentage without fractions."""
    return show_percent(value, current_language(), places=0)


def ending_words(how: str) -> str:
    """An end of requests: an outcome, a state, or opened again."""
    if how == REOPENED:
        return _("Opened again by the applicant")
    return rules.ending_label(how)


WORDS = {
    "ending_words": ending_words,
    "score_words": score_words,
    "question_words": question_words,
    "window_words": window_words,
    "promise_words": promise_words,
    "spent": spent,
    "percent": percent,
}
"""What the templates of promises call."""

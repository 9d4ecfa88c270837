"""The terms of an edition in words, row by row, in the reader's language.

Page, paper and comparison take them from here, so that all of them say the same. Pure.
"""

from __future__ import annotations

from datetime import UTC

from portal.i18n import _, current_language, ngettext
from portal.jalali import show_date
from portal.services.labels import LABELS
from portal.services.statement import LegalBasis, Statement
from portal.text import persian_digits, show_number

Rows = list[tuple[str, str]]


def cost_rows(statement: Statement) -> Rows:
    """What the service costs and whether the statement promises that it costs nothing."""
    rows, cover = [], statement.cover
    if cover:
        rows.append((_("Cost"), str(cover.cost_note)))
    if statement.free is True:
        rows.append((_("Fee"), _("None: this statement promises that the service is free")))
    elif cover and cover.fee:
        fee = _("%(fee)s rials") % {"fee": show_number(cover.fee, current_language())}
        rows.append((_("Fee"), fee))
    elif cover:
        rows.append((_("Fee"), _("None, but the statement does not promise that it stays so")))
    return rows


def ending_rows(statement: Statement) -> Rows:
    """What it takes to end the statement."""
    ending, language = statement.ending, current_language()
    if not ending:
        return []
    who, both = (_(LABELS[name]) for name in ("offices", "mutual"))
    days = ngettext("%(n)s day", "%(n)s days", ending.notice_days)
    return [
        (_("Announced before the end by at least"), days % {"n": show_number(ending.notice_days, language)}),
        (who, _("; ").join(str(office.title) for office in ending.offices)),
        (both, _("Yes") if ending.mutual else _("No")),
    ]


def monitoring_rows(statement: Statement) -> Rows:
    """How the promises are watched: how that is measured, how often it is reported, and by whom."""
    watched = statement.monitoring
    if not watched:
        return []
    return [(_(LABELS[name]), str(getattr(watched, name))) for name in watched.__struct_fields__]


def basis_words(basis: LegalBasis) -> str:
    """A law with its number and its date, or with what the source says in place of one."""
    language = current_language()
    figures = persian_digits if language == "fa" else str
    named = {"title": basis.title, "number": figures(basis.number)}
    if basis.date is None:
        words = _("%(title)s, number %(number)s (dated %(date)s in the source, which is no date)")
        return words % {**named, "date": figures(basis.date_raw)}
    dated = {**named, "date": show_date(basis.date, language, UTC)}
    if basis.date_uncertain:
        return _("%(title)s, number %(number)s (%(date)s, date uncertain)") % dated
    return _("%(title)s, number %(number)s (%(date)s)") % dated


def terms_in(statement: Statement, section: str) -> Rows:
    """The terms that belong under the words of a section."""
    if section == "cost":
        return cost_rows(statement)
    return ending_rows(statement) if section == "termination" else []

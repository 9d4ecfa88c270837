"""An edition of a statement as paper: what the PDF says, in the reader's language.

All of it is the edition's own document, and nothing depends on the day it is made: the PDF of an edition stays the
same to the byte. That an edition was replaced later is said on its page.
"""

from __future__ import annotations

import io
from datetime import UTC, tzinfo
from itertools import groupby
from typing import Any

import segno

from portal import pdf
from portal.i18n import _, current_language, direction, localized
from portal.jalali import show_date, show_moment
from portal.services.edition_queries import Edition
from portal.services.labels import party_words, promises
from portal.services.statement import Section, Statement
from portal.services.wording import basis_words, monitoring_rows, terms_in
from portal.settings import Settings
from portal.text import show_number

TEMPLATE = "services/statement.typ"


async def printed(edition: Edition, settings: Settings) -> bytes:
    """The edition as a tagged PDF in the reader's language, dated with its publication."""
    return await pdf.document(TEMPLATE, paper(edition, settings), at=edition.in_force_from)


def paper(edition: Edition, settings: Settings) -> dict[str, Any]:
    """What the template prints: plain texts, lists and rows."""
    address = settings.base_url + localized(f"/services/{edition.slug}/sla/{edition.n}")
    title = _("Service-level statement: %(service)s") % {"service": edition.title}
    n = show_number(edition.n, current_language())
    return {
        "language": current_language(),
        "direction": direction(),
        "title": title,
        "author": str(edition.agency),
        "agency": str(edition.agency),
        "letterhead": f"{edition.agency} — {title} — " + _("Edition %(n)s") % {"n": n},
        "page": _("Page {page} of {pages}"),
        "facts": {"heading": _("About this edition"), "rows": _facts(edition, settings.zone)},
        "targets": {
            "heading": _("Promised times"),
            "columns": [_("Promise"), _("Promised time")],
            "rows": promises(edition.statement),
        },
        "monitoring": {"heading": _("Monitoring"), "rows": monitoring_rows(edition.statement)},
        "sections": [_section(edition.statement, section) for section in edition.statement.sections],
        "basis": {
            "heading": _("Legal basis"),
            "rows": [basis_words(one) for one in edition.cover.legal_basis],
        },
        "proof": {
            "heading": _("The same edition on the desk"),
            "words": _(
                "Whoever compares the digest (SHA-256) with that of the document at this address sees "
                "whether they hold the same edition."
            ),
            "alt": _("Square code with the address of this edition"),
        },
        "sha256": edition.sha256,
        "address": address,
        "square": _square(address),
    }


def _facts(edition: Edition, zone: tzinfo) -> list[tuple[str, str]]:
    statement, language = edition.statement, current_language()
    rows = [(_("Edition"), show_number(edition.n, language))]
    rows.append((_("On this desk since"), show_moment(edition.in_force_from, language, zone)))
    if statement.valid_from:
        rows.append((_("Valid from"), show_date(statement.valid_from, language, UTC)))
    if statement.valid_until:
        rows.append((_("Valid until"), _until(statement)))
    else:
        rows.append((_("Validity"), _("In force until it is amended or replaced.")))
    return rows


def _until(statement: Statement) -> str:
    assert statement.valid_until
    day = show_date(statement.valid_until, current_language(), UTC)
    if statement.until_superseded:
        return _("%(day)s, and beyond it until it is replaced") % {"day": day}
    return day


def _section(statement: Statement, section: Section) -> dict[str, Any]:
    """Clauses in runs of one party; ``start`` goes on counting, as on the page."""
    runs, start = [], 1
    for party, clauses in groupby(statement.clauses_in(section.key), key=lambda clause: clause.party):
        texts = [str(clause.text) for clause in clauses]
        runs.append({"party": party_words(party), "start": start, "clauses": texts})
        start += len(texts)
    return {
        "title": str(section.title),
        "text": str(section.text),
        "runs": runs,
        "terms": terms_in(statement, section.key),
    }


def _square(address: str) -> str:
    drawn = io.BytesIO()
    segno.make_qr(address, error="m").save(drawn, kind="svg", border=4, light="#fff", omitsize=True)
    return drawn.getvalue().decode()

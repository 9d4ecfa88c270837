"""The dossier of a case on paper, and the words that say how to check the rest of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Any

from portal import codes, identifiers, jalali, pdf, quarantine
from portal.cases import page, rules
from portal.cases.dossier_record import FiledFile, Link, Record
from portal.cases.queries import CaseView, Step
from portal.cases.staff_pages import event_words
from portal.i18n import N_, _, current_language, direction, using
from portal.services.labels import AUDIENCES, CHANNELS
from portal.settings import LANGUAGES, Settings
from portal.text import persian_digits, show_number

TEMPLATE = "cases/dossier.typ"
CHAIN, SUMS, READ_ME = "events.json", "SHA256SUMS", "README.txt"
BY = {"applicant": N_("the applicant"), "staff": N_("the desk"), "system": N_("the portal")}
_CHECK = """\
import hashlib, json
dossier, before = json.load(open("events.json", encoding="utf-8")), ""
for event in dossier["events"]:
    stored, words = event.pop("hash"), event.pop("words", None)
    text = json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(text.encode()).hexdigest() == stored, event["n"]
    assert event["prev"] == before, event["n"]
    if words:
        salted = words["salt"] + words["text"]
        assert hashlib.sha256(salted.encode()).hexdigest() == event["text"], event["n"]
    before = stored
print("OK", before)
"""
"""What anybody can run to check a dossier; a test does."""
_SUMS = f"sha256sum -c {SUMS}"
_READ_ME = (
    N_("How to check this dossier"),
    N_("Each file has its SHA-256 in the list SHA256SUMS. In this folder, this command checks them all:"),
    _SUMS,
    N_(
        "events.json holds the history. Each event has a digest (hash) of its own fields and of the digest before it "
        "(prev): nothing in the middle can be changed, added or taken out without breaking all that follows. Where "
        "the words of an event are here, their digest with the salt stands in the event as well (text). With Python "
        "3, these lines check the whole chain; they end with OK and the last digest:"
    ),
    _CHECK,
    N_(
        "The last digest can be compared with that of an earlier dossier or of a receipt: an earlier one has to "
        "appear in the list, since a history only grows."
    ),
    N_(
        "Internal notes of the desk are not here; of them only what the chain needs is. Ids stand for people."
    ),
    N_(
        "What was erased by law or by wish is not here either: its digests stay, the words and files are gone."
    ),
)


async def printed(record: Record, settings: Settings, *, now: datetime) -> bytes:
    """The dossier as a tagged PDF in the reader's language."""
    return await pdf.personal(TEMPLATE, paper(record, settings.zone, now=now), at=now)


def read_me() -> bytes:
    """How to check it, in every language."""
    parts: list[str] = []
    for code in LANGUAGES:
        with using(code):
            parts += [line if line in (_SUMS, _CHECK) else _(line) for line in _READ_ME]
    return "\n\n".join(parts).encode()


def paper(record: Record, zone: tzinfo, *, now: datetime) -> dict[str, Any]:
    """What the template prints: plain texts, lists and rows."""
    code = codes.show_text(record.case.number)
    title = _("Dossier of request %(code)s") % {"code": code}
    return {
        "language": current_language(),
        "direction": direction(),
        "title": title,
        "heading": _("Dossier of a request"),
        "author": str(record.case.agency),
        "letterhead": f"{record.case.agency} — {_('Dossier of a request')}",
        "page": _("Page {page} of {pages}"),
        "codes": [code, _digits(codes.show_numeric(record.case.number))],
        "notes": _notes(record, zone),
        "facts": {"heading": _("About the request"), "rows": _facts(record.case, zone, now)},
        "filed": {"heading": _("What was filed"), "rows": _filed(record, zone)},
        "said": {
            "heading": _("What was said and done"),
            "steps": [_step(step, record.files, zone) for step in record.steps],
        },
        "files": {
            "heading": _("Files"),
            "columns": [_("File"), _("Came with event"), _("Size"), "SHA-256"],
            "rows": [_file(file) for file in record.files],
        },
        "chain": {
            "heading": _("Every event with its digest"),
            "words": _("README.txt says how to check them. Times are UTC, as in events.json."),
            "columns": [_("No."), _("Event"), "SHA-256"],
            "rows": [_linked(link) for link in record.links],
        },
    }


def _facts(case: CaseView, zone: tzinfo, now: datetime) -> list[tuple[str, str]]:
    language = current_language()

    def moment(value: datetime | None) -> str:
        return jalali.show_moment(value, language, zone) if value else ""

    rows = [
        (_("Kind"), rules.kind_label(case.kind)),
        (_("Service") if case.kind == "request" else _("About"), str(case.title)),
        (_("Agency"), str(case.agency)),
        (_("Unit"), str(case.unit)),
        (_("Telephone"), _digits(identifiers.local_phone(case.unit_phone))),
        (_("Channel"), _(CHANNELS[case.channel]) if case.channel in CHANNELS else case.channel),
        (_("Applies as"), _(AUDIENCES[case.audience]) if case.audience in AUDIENCES else case.audience),
        (_("Filed"), moment(case.filed_at)),
        (_("First answer promised by"), moment(case.first_answer_due_at)),
        (_("First answer given"), moment(case.first_answer_at)),
        (_("Result promised by"), moment(case.result_due_at)),
        (_("Result given"), moment(case.result_at)),
        (_("State"), rules.state_label(case.state)),
        (_("Outcome"), rules.outcome_label(case.outcome) if case.outcome else ""),
        (_("This dossier was made"), moment(now)),
    ]
    return [(label, value) for label, value in rows if value]


def _filed(record: Record, zone: tzinfo) -> list[tuple[str, str]]:
    if record.case.erased_at:
        return []
    return [(answer.label, answer.text) for answer in page.form_as_filed(record.filed, 2, zone=zone)]


def _notes(record: Record, zone: tzinfo) -> list[str]:
    """What the reader must know before the rest: what is gone, and what does not fit."""
    notes = []
    if record.case.erased_at:
        day = jalali.show_date(record.case.erased_at, current_language(), zone)
        notes.append(
            _(
                "On %(day)s everything that named people in this request was erased: contacts, answers, messages and "
                "files. Its code, its dates, its outcome and the digests of its history stay."
            )
            % {"day": day}
        )
    for file in record.files:
        if not file.erased and (why := quarantine.label(file.scan_state)):
            notes.append(
                _("%(name)s is not here: %(why)s.") % {"name": f"\u2068{file.name}\u2069", "why": why}
            )
    if lost := [file.name for file in record.files if _is_lost(file)]:
        notes.append(_("Not found on the disk: %(names)s") % {"names": _("; ").join(lost)})
    if record.broken is not None:
        n = _number(record.broken)
        notes.append(_("The history does not fit its digests from event %(n)s on.") % {"n": n})
    return notes


def _step(step: Step, files: Sequence[FiledFile], zone: tzinfo) -> dict[str, Any]:
    entries = {file.id: file.entry for file in files}
    title = event_words(step.kind, step.target)
    if step.outcome:
        title = f"{title}: {rules.outcome_label(step.outcome)}"
    return {
        "title": title,
        "at": jalali.show_moment(step.at, current_language(), zone),
        "unit": str(step.unit) if step.unit else "",
        "text": step.message,
        "files": [entries.get(file.id) or file.name for file in step.files],
    }


def _file(file: FiledFile) -> list[str]:
    name = file.entry.removeprefix("files/") if file.entry else file.name
    if file.erased:
        name = _("(erased)")
    elif why := quarantine.label(file.scan_state):
        name = f"{name} ({why})"
    elif not file.entry:
        name = _("%(name)s (not found)") % {"name": name}
    size = _("%(size)s KB") % {"size": _number((file.size + 1023) // 1024)}
    return [name, _number(file.event), size, file.sha256]


def _is_lost(file: FiledFile) -> bool:
    return not file.entry and not file.erased and not quarantine.kept_back(file.scan_state)


def _linked(link: Link) -> list[str]:
    event = link.event
    by = _(BY[event.actor_role]) if event.actor_role in BY else event.actor_role
    return [_number(event.n), event_words(event.kind), by, event.parts["at"], link.hash]


def _number(n: int) -> str:
    return show_number(n, current_language())


def _digits(value: str) -> str:
    return persian_digits(value) if current_language() == "fa" else value

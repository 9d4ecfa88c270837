"""What was sent with a form: the draft of a case, its digest, and the words that the desk's search looks in. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from portal import text
from portal.cases.record import APPLICANT, Actor
from portal.services.queries import ServiceView
from portal.uploads import StoredFile

_WORD = re.compile(r"[^\W_]+")


class FilingDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A filled form, read and checked. ``kind`` and what it is about are as in ``db.cases.Case``.

    ``answers``: key -> text, whole number, list of choices or ISO date.
    """

    submission_id: UUID
    audience: str
    agency_name: str = ""
    contact_name: str
    contact_email: str | None = None
    contact_phone: str | None = None
    locale: str
    kind: str = "request"
    topic: str = ""
    about_case: UUID | None = None
    about_unit: UUID | None = None
    body: str = ""
    answers: dict[str, Any]
    files: tuple[StoredFile, ...] = ()


class Intake(msgspec.Struct, frozen=True, kw_only=True):
    """How a case came: ``portal``, or by letter and the like, then with its number and day."""

    channel: str = "portal"
    letter_no: str | None = None
    letter_date: Any = None
    actor: Actor = APPLICANT


def search_key(draft: FilingDraft, service: ServiceView, intake: Intake) -> str:
    """What the desk's search looks in: every word that was filed and the service's name, as search keys.

    Single spaces stand between words: PostgreSQL's parser would take "province/county" or an address for one word.
    """
    words = [
        service.title.fa,
        service.title.en,
        draft.contact_name,
        draft.agency_name,
        draft.body,
        intake.letter_no or "",
    ]
    words += [value for value in draft.answers.values() if isinstance(value, str)]
    # A compound is found by its whole (the key drops half-spaces) and by its parts.
    words += [word.replace("\u200c", " ") for word in " ".join(words).split() if "\u200c" in word]
    return " ".join(_WORD.findall(text.search_key(" ".join(words))))[:20_000]


def content_sha256(draft: FilingDraft, service_id: UUID) -> str:
    """SHA-256 of what was sent, file contents by their digests; not of which page sent it or where files lie."""
    sent: Mapping[str, Any] = {
        **msgspec.structs.asdict(draft),
        "files": [(file.name, file.sha256) for file in draft.files],
        "service": service_id,
        "submission_id": "",
        "locale": "",  # the same form sent from the other language's page is the same form
    }
    return hashlib.sha256(msgspec.json.encode(sent, order="deterministic")).hexdigest()

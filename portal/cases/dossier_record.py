"""What the dossier of a case says, before it is put on paper: how it stands, what was said, its chain, its files."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from db.cases import Case
from portal import quarantine, uploads, zipped
from portal.cases import queries
from portal.cases.events import Event, broken_link, filed_text, linked, text_hash
from portal.cases.queries import UNSEEN_KINDS, CaseView, FiledForm, Step
from portal.errors import NotFound
from portal.i18n import _

_EVENTS = """
    SELECT e."case", e.n, e.kind, e.actor_role, e.actor, e.data, e.text_hash, e.at, e.prev_hash, e.hash,
           m.salt, m.body
    FROM case_event e LEFT JOIN message m ON m.event = e.id AND m."case" = e."case" AND m.visible_to = 'applicant'
    WHERE e."case" = {} ORDER BY e.n
"""
_FILED = 'SELECT answers, body, salt FROM "case" WHERE id = {}'
_FILES = """
    SELECT f.id, e.n AS event, f.name, f.size, f.sha256, f.stored_as, f.scan_state, f.side, f.at
    FROM attachment f JOIN case_event e ON e.id = f.event AND e."case" = f."case"
    WHERE f."case" = {} AND NOT e.kind = ANY({}) ORDER BY f.at, f.id
"""


class Link(msgspec.Struct, frozen=True):
    """One event of the chain with the digest that stands beside it, and the salt and words behind its ``text_hash``.

    ``words`` is None where there were none, they are the desk's own, or they were erased.
    """

    event: Event
    hash: str
    words: tuple[str, str] | None


class FiledFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file; see ``db.cases.Attachment``. ``event`` is the number of the one it came with.

    ``entry`` is its name in the archive, empty for one that was erased, is kept back by the virus scanner's word, or is
    not on the disk: ``erased`` and ``scan_state`` tell which.
    """

    id: UUID
    event: int
    name: str
    size: int
    sha256: str
    side: str
    at: datetime
    entry: str
    erased: bool
    scan_state: str


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """All of it. ``steps`` begin with the filing; ``paths`` are where ``files`` lie; ``broken`` is the number of the
    first event that does not fit the chain, None when all do.
    """

    case: CaseView
    filed: FiledForm
    steps: list[Step]
    links: list[Link]
    files: list[FiledFile]
    paths: list[Path]
    broken: int | None


async def gathered(case_id: UUID, uploads_dir: Path) -> Record:
    """What is known of the case now. Raises NotFound."""
    row = await Case.select(Case.number).where(Case.id == case_id).first()
    case = await queries.case_by_number(row["number"]) if row else None
    if case is None:
        raise NotFound(_("There is no such case."))
    files = await Case.raw(_FILES, case_id, sorted(UNSEEN_KINDS))
    paths = [_path(uploads_dir, file["stored_as"]) for file in files]
    there = await asyncio.to_thread(lambda: [path.is_file() for path in paths])
    filed = (await Case.raw(_FILED, case_id))[0]
    links = [_link(row, filed) for row in await Case.raw(_EVENTS, case_id)]
    return Record(
        case=case,
        filed=await queries.filed_form(case_id),
        steps=(await queries.timeline(case_id, 2))[::-1],
        links=links,
        files=[_file(n, *one) for n, one in enumerate(zip(files, there, strict=True), start=1)],
        paths=paths,
        broken=broken_link((link.event, link.hash) for link in links),
    )


def _path(folder: Path, stored_as: str) -> Path:
    """Where the file lies; nowhere for one that was erased."""
    return folder / "gone" if stored_as.startswith("gone:") else uploads.path_of(folder, stored_as)


def _file(n: int, row: Mapping[str, Any], there: bool) -> FiledFile:
    plain = {
        name: row[name] for name in ("id", "event", "name", "size", "sha256", "side", "at", "scan_state")
    }
    handed_out = there and not quarantine.kept_back(row["scan_state"])
    entry = f"files/{n:02}-{zipped.safe_name(row['name'])}" if handed_out else ""
    return FiledFile(**plain, entry=entry, erased=row["stored_as"].startswith("gone:"))


def _link(row: Mapping[str, Any], filed: Mapping[str, Any]) -> Link:
    """The event with its words, where these still are what its digest was made of."""
    event, stored = linked(row)
    if event.n == 1:
        answers = msgspec.json.decode(filed["answers"])
        salt, body = filed["salt"], filed_text(answers, filed["body"])
    else:
        salt, body = row["salt"] or "", row["body"] or ""
    kept = bool(salt) and text_hash(salt, body) == event.text_hash
    return Link(event, stored, (salt, body) if kept else None)

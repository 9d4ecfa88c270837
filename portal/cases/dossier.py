"""The dossier of a case: all of it in one archive, to keep or to hand to somebody outside.

The same for the applicant and for the desk: the paper, the files, the history with its digests, how to check them. What
the desk wrote for itself is not in it; of such events only what the chain needs is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec

from portal import codes, zipped
from portal.cases import dossier_paper
from portal.cases.dossier_record import Link, Record, gathered
from portal.i18n import current_language
from portal.settings import Settings
from portal.zipped import Member

FORMAT = "rahgir-dossier/1"


class Dossier(msgspec.Struct, frozen=True):
    """What is handed out: the archive's name, and its pieces, each for a thread to ask for."""

    name: str
    pieces: Iterator[bytes]


async def dossier_of(case_id: UUID, settings: Settings, *, now: datetime) -> Dossier:
    """The dossier of the case as it is now, its paper in the reader's language. Raises NotFound."""
    record = await gathered(case_id, settings.uploads_dir)
    folder = f"dossier-{codes.show_text(record.case.number)}"
    texts = {
        dossier_paper.READ_ME: dossier_paper.read_me(),
        f"dossier-{current_language()}.pdf": await dossier_paper.printed(record, settings, now=now),
        dossier_paper.CHAIN: _chain(record, now),
    }
    texts[dossier_paper.SUMS] = _sums(texts, record)
    made = now.astimezone(settings.zone)
    members = [Member(f"{folder}/{name}", content, made) for name, content in texts.items()]
    members += [
        Member(f"{folder}/{file.entry}", path, file.at.astimezone(settings.zone))
        for file, path in zip(record.files, record.paths, strict=True)
        if file.entry
    ]
    return Dossier(f"{folder}.zip", zipped.pieces(members))


def _sums(texts: Mapping[str, bytes], record: Record) -> bytes:
    """What sha256sum reads: every file of the archive but this list, so that it is never empty."""
    sums = [(sha256(content).hexdigest(), name) for name, content in texts.items()]
    sums += [(file.sha256, file.entry) for file in record.files if file.entry]
    return "".join(f"{digest}  {name}\n" for digest, name in sums).encode()


def _chain(record: Record, now: datetime) -> bytes:
    """The history as JSON."""
    told = {
        "format": FORMAT,
        "made_at": now,
        "code": codes.show_text(record.case.number),
        "head": record.links[-1].hash if record.links else "",
        "events": [_event(link) for link in record.links],
        "files": record.files,
    }
    return msgspec.json.format(msgspec.json.encode(told), indent=1)


def _event(link: Link) -> Mapping[str, Any]:
    """What the event's digest is made of; beside it the digest and the words."""
    words = {"words": {"salt": link.words[0], "text": link.words[1]}} if link.words else {}
    return {**link.event.parts, "hash": link.hash, **words}

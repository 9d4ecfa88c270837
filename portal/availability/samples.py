"""What one look at the services found, and the file that keeps it while the database is away."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

EVERY = timedelta(minutes=1)
PARTS = ("page", "form", "tracking", "database", "mail")
MATTERS = frozenset(PARTS) - {"mail"}
"""Late mail is a fault, but nobody is kept from filing or following a case."""
LONGEST_SPOOL = 7 * 24 * 60
"""Looks: a week of them."""


class Sample(msgspec.Struct, frozen=True):
    """One service at one minute; ``parts`` are those that failed, in the order of PARTS."""

    service: str
    at: datetime
    parts: tuple[str, ...]

    @property
    def up(self) -> bool:
        return not MATTERS & set(self.parts)


class Look(msgspec.Struct, frozen=True):
    """All samples of one minute."""

    at: datetime
    samples: tuple[Sample, ...]


def minute_of(now: datetime) -> datetime:
    """The whole minute that ``now`` lies in: samples stand on minutes, so that stretches join without seams."""
    return now.replace(second=0, microsecond=0)


class Spool:
    """Looks that could not be written to the database yet, one line of JSON each, oldest first."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, look: Look) -> None:
        """``look`` waits on the disk, also over a restart; the oldest goes when a week is waiting."""
        waiting = [*self.read(), look][-LONGEST_SPOOL:]
        self.replace(waiting)

    def read(self) -> list[Look]:
        """What waits; a line that was cut short by a crash is left out."""
        try:
            lines = self.path.read_bytes().splitlines()
        except FileNotFoundError:
            return []
        return [look for line in lines if (look := _look(line)) is not None]

    def replace(self, looks: Iterable[Look]) -> None:
        """Exactly ``looks`` wait."""
        kept = b"".join(msgspec.json.encode(look) + b"\n" for look in looks)
        if not kept:
            self.path.unlink(missing_ok=True)
            return
        draft = self.path.with_suffix(".new")
        draft.write_bytes(kept)
        os.replace(draft, self.path)


def _look(line: bytes) -> Look | None:
    try:
        return msgspec.json.decode(line, type=Look)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None

"""What a backup says about itself, and the errors of making and reading one."""

from __future__ import annotations

import re
from datetime import datetime

import msgspec

from portal.errors import PortalError

FORMAT = 1
NAME = "manifest.json"
DATABASE = "database/{:06}"
"""One piece of what ``pg_dump --format=custom`` wrote; all of them in order are the dump."""
KEPT = ("receipt_key.pem", "demo_password")
"""Secrets that are kept in the data folder only, some of them not in every one."""
KEYS = ("secret_key", "secret_key_old", *KEPT)
_FIXED = "|".join(re.escape(name) for name in (NAME, *(f"keys/{key}" for key in KEYS)))
PART = re.compile(rf"{_FIXED}|database/[0-9]{{6}}|uploads/([0-9a-f]{{2}})/\1[0-9a-f]{{30}}")


class BackupError(PortalError):
    """The backup can't be made or used; the text says why, and what was left as it was."""


class Part(msgspec.Struct, frozen=True):
    """One file inside the backup; ``size`` in bytes."""

    name: str
    size: int
    sha256: str


class TableFacts(msgspec.Struct, frozen=True):
    """How many rows a table has, and a digest of them all (``portal.backup.snapshot``)."""

    rows: int
    digest: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """The last part of every backup: what the others are, and what a database made from it must hold.

    ``made_at`` is the instant of the snapshot in UTC. ``lost`` are stored names that rows of the snapshot name though
    their files were gone or changed when they were read.
    """

    format: int
    version: str
    made_at: datetime
    server: int
    migrations: tuple[str, ...]
    tables: dict[str, TableFacts]
    lost: tuple[str, ...]
    parts: tuple[Part, ...]

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(table.rows for table in self.tables.values())

    @property
    def files(self) -> list[Part]:
        """The uploaded files among the parts."""
        return [part for part in self.parts if part.name.startswith("uploads/")]

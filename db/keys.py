"""Keys: UUIDs that sort by the time they were made, and references by several columns."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from uuid import UUID

from piccolo.constraints import Constraint


def uuid7() -> UUID:
    """A new UUIDv7 (RFC 9562, 5.7): 48 bits of Unix milliseconds, then 74 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds << 80) | int.from_bytes(os.urandom(10))
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return UUID(int=value)


class References(Constraint):
    """A foreign key of several columns, which Piccolo has no words for; a row with a NULL among them is free."""

    def __init__(
        self, columns: Sequence[str], target: str, target_columns: Sequence[str], name: str | None = None
    ) -> None:
        self.columns, self.target, self.target_columns = list(columns), target, list(target_columns)
        super().__init__(name=name, columns=self.columns, target=target, target_columns=self.target_columns)

    def serialise_self(self) -> None:
        """Its parameters are plain text already."""

    @property
    def ddl(self) -> str:
        here, there = (
            ", ".join(f'"{name}"' for name in names) for names in (self.columns, self.target_columns)
        )
        return f'FOREIGN KEY ({here}) REFERENCES "{self.target}" ({there})'

    def _table_str(self) -> str:
        return f"{self._meta._name} = References({self.columns}, {self.target!r}, {self.target_columns})"

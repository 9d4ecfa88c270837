"""Long lists, a page at a time: fifty rows, and where the next page begins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import msgspec

PAGE = 50
Row = TypeVar("Row")
Place = TypeVar("Place")


class Page(msgspec.Struct, Generic[Row, Place], frozen=True):
    """Up to 50 rows, the newest first; ``older`` is where the next page begins, None at the end."""

    rows: Sequence[Row]
    older: Place | None


def page_of(found: Sequence[Row], place: Callable[[Row], Place]) -> Page[Row, Place]:
    """The page of what was ``found`` by asking for one row more than a page has; ``place`` is that of a row."""
    rows = found[:PAGE]
    return Page(rows, place(rows[-1]) if len(found) > PAGE else None)

"""Lines of a CSV file that a spreadsheet opens as text and never as a formula. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

MEDIA_TYPE = "text/csv"
"""Litestar adds the character set."""
START = "\ufeff"
"""What a file begins with: without it spreadsheets take Persian for another alphabet."""
# Spreadsheets skip what can't be seen in front of a sign, and fold full-width forms.
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")


def line(cells: Iterable[object]) -> str:
    """One line with its end. A cell that a spreadsheet might compute gets an apostrophe in front."""
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerow([_cell(cell) for cell in cells])
    return written.getvalue()


def _cell(value: object) -> str:
    text = "" if value is None else str(value).replace("\0", "")
    return f"'{text}" if text.lstrip(" \u00a0\u200b\u200c\u200e\u200f\ufeff").startswith(_DANGEROUS) else text

"""Counters that keep guessing slow, shared by every process."""

from __future__ import annotations

from piccolo.columns import UUID, Integer, Timestamptz, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from db.keys import uuid7


class Throttle(Table, tablename="throttle"):
    """How often ``key`` happened in the window that began at ``window_start`` (UTC); unique together."""

    id = UUID(primary_key=True, default=uuid7)
    key = Varchar(length=160)
    window_start = Timestamptz(default=None, index=True)
    hits = Integer(default=0)
    throttle_counter = Unique([key, window_start])

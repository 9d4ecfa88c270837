"""The filters of the log's page, as its address carries them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec
from litestar.datastructures import FormMultiDict

from portal import audit
from portal.audit_log.queries import Filters, Place
from portal.forms import FormReader
from portal.security.usernames import username_key

FIELDS = ("who", "action", "object", "address", "from", "to")


class Asked(msgspec.Struct, frozen=True):
    """What the form asks for: as typed, as filters, and the mistakes by field."""

    typed: dict[str, str]
    filters: Filters
    errors: dict[str, str]

    def query(self, after: Place | None = None) -> str:
        """The end of an address that asks the same, from ``after`` on."""
        given = {**self.typed, "after": str(after or "")}
        query = urlencode({name: value for name, value in given.items() if value})
        return f"?{query}" if query else ""


def read_filters(asked: Mapping[str, Any], zone: ZoneInfo) -> Asked:
    """The filters of an address. Days are those of ``zone``, the last one included."""
    reader = FormReader(FormMultiDict(dict(asked)))
    who = reader.text("who", max_length=80, required=False)
    since = reader.date("from", required=False)
    until = reader.date("to", required=False)
    filters = Filters(
        who=username_key(who),
        action=reader.choice("action", audit.ACTIONS, required=False),
        object=reader.text("object", max_length=80, required=False),
        address=reader.text("address", max_length=50, required=False),
        since=_midnight(since, zone),
        until=_midnight(until + timedelta(days=1), zone) if until else None,
    )
    return Asked({name: reader.typed(name)[:100] for name in FIELDS}, filters, reader.errors)


def _midnight(day: date | None, zone: ZoneInfo) -> datetime | None:
    return datetime.combine(day, time(), zone) if day else None

"""The log as a file for spreadsheets, line by line as it is read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC
from uuid import UUID

from portal import csv_lines
from portal.audit_log import labels, queries
from portal.audit_log.queries import Filters
from portal.i18n import _


async def lines(filters: Filters, *, reader: UUID) -> AsyncIterator[str]:
    """A heading and one line for each entry that fits, the newest first. Times are UTC."""
    heading = [
        _("Number in the chain"),
        _("When (UTC)"),
        _("User name"),
        _("Role"),
        _("What was done"),
        _("To what"),
        _("From where"),
        _("Details"),
        _("Seal"),
    ]
    yield csv_lines.START + csv_lines.line(heading)
    async for rows in queries.every_entry(filters, reader=reader):
        yield "".join(
            csv_lines.line(
                (
                    row.seq,
                    row.at.astimezone(UTC).isoformat(),
                    row.username,
                    labels.role_words(row.role),
                    labels.action_words(row.action),
                    row.object,
                    row.address,
                    "" if row.data == "{}" else row.data,
                    row.mac,
                )
            )
            for row in rows
        )

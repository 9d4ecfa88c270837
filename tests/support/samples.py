"""The sample services, quickly: made by the portal's own verbs once in each process, then copied row by row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest_asyncio
from piccolo.table import Table, sort_table_classes

from db.audit import AuditEntry
from db.piccolo_app import APP_CONFIG
from db.services import Service
from portal.calendars import queries as calendar_queries
from portal.services import queries as service_queries
from portal.services.actions import load_samples

OPENED = datetime(2025, 3, 22, tzinfo=UTC)  # when the samples of a test began: before NOON and any real clock


@dataclass(frozen=True)
class Rows:
    """What ``load_samples`` leaves in one table, as JSON; not in the audit log, whose numbers go on."""

    name: str
    json: str


_made: list[Rows] = []


@pytest_asyncio.fixture
async def samples(db: None) -> None:
    """The five services, opened long before NOON. A test may change them: the next one finds them as they were."""
    await sample_services()


async def sample_services() -> None:
    """As ``load_samples(OPENED)`` in a database without services."""
    assert not await Service.exists(), "samples come first"
    if not _made:
        before = [table for table in _tables() if table is not AuditEntry and not await table.exists()]
        await load_samples(OPENED)
        _made.extend([rows for table in before if (rows := await _rows_of(table))])
        return
    for rows in _made:
        source = f"jsonb_populate_recordset(NULL::{rows.name}, {{}}::jsonb)"
        await Service.raw(f"INSERT INTO {rows.name} SELECT * FROM {source}", rows.json)
    service_queries.forget()
    calendar_queries.forget()


def _tables() -> list[type[Table]]:
    """Every table of the portal, each after those it refers to."""
    return sort_table_classes(APP_CONFIG.table_classes)


async def _rows_of(table: type[Table]) -> Rows | None:
    name = f'"{table._meta.tablename}"'
    json = (await table.raw(f"SELECT jsonb_agg(to_jsonb(t))::text AS rows FROM {name} t"))[0]["rows"]
    return Rows(name, json) if json else None

"""Indexes of the figures: open cases with all that is counted of them, filings and endings by their time."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-21T10:17:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes of the figures"

_OPEN_BY_PROMISE = """CREATE INDEX case_open_by_promise
    ON "case" (coalesce(next_due_at, 'infinity'::timestamptz), id) INCLUDE ({})
    WHERE state IN ('registered', 'in_review', 'waiting', 'referred', 'answered')"""
FORWARDS = (
    "DROP INDEX case_open_by_promise",
    _OPEN_BY_PROMISE.format("next_due_at, risk_at, paused_until, filed_at, service, unit"),
    'CREATE INDEX case_by_filing ON "case" (filed_at) INCLUDE (service, unit)',
    """CREATE INDEX case_event_ending ON case_event (at) INCLUDE ("case", kind)
        WHERE kind IN ('reopened', 'closed', 'rejected', 'withdrawn')""",
)
BACKWARDS = (
    "DROP INDEX case_event_ending",
    "DROP INDEX case_by_filing",
    "DROP INDEX case_open_by_promise",
    _OPEN_BY_PROMISE.format("owed_since, next_due_at, unit"),
)


class RawTable(Table):
    """Stands for no table: the way to run plain SQL in this migration's transaction."""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    async def run() -> None:
        for statement in FORWARDS:
            await RawTable.raw(statement)

    async def run_backwards() -> None:
        for statement in BACKWARDS:
            await RawTable.raw(statement)

    manager.add_raw(run)
    manager.add_raw_backwards(run_backwards)
    return manager

"""Indexes of the clock: the cases the worker has to look at, and the facts a page of figures counts."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-21T09:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes of the clock"

INDEXES = {
    "case_to_check": 'CREATE INDEX case_to_check ON "case" (next_check_at) WHERE next_check_at IS NOT NULL',
    "clock_fact_by_service": "CREATE INDEX clock_fact_by_service ON clock_fact (service, target, stopped_at)",
}


class RawTable(Table):
    """Stands for no table: the way to run plain SQL in this migration's transaction."""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    async def run() -> None:
        for statement in INDEXES.values():
            await RawTable.raw(statement)

    async def run_backwards() -> None:
        for name in INDEXES:
            await RawTable.raw(f"DROP INDEX {name}")

    manager.add_raw(run)
    manager.add_raw_backwards(run_backwards)
    return manager

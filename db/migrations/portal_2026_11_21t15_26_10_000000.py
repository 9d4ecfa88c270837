"""Indexes of ratings: which question is to be asked, which answers came."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-21T15:26:10:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes of ratings"

FORWARDS = (
    "CREATE INDEX rating_waiting ON rating (due_at) WHERE asked_at IS NULL",
    "CREATE INDEX rating_answered ON rating (at) WHERE at IS NOT NULL",
)
BACKWARDS = (
    "DROP INDEX rating_answered",
    "DROP INDEX rating_waiting",
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

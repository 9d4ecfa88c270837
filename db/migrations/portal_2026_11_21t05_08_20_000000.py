"""The index by which a daily look finds the cases whose people are to be forgotten."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-21T05:08:20:000000"
VERSION = "1.38.0"
DESCRIPTION = "index of cases to forget"

# The states are rules.ENDED_STATES.
TO_FORGET = """
    CREATE INDEX case_to_forget ON "case" (service, changed_at)
    WHERE state IN ('closed', 'rejected', 'withdrawn') AND erased_at IS NULL
"""


class RawTable(Table):
    """Stands for no table: the way to run plain SQL in this migration's transaction."""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    async def run() -> None:
        await RawTable.raw(TO_FORGET)

    async def run_backwards() -> None:
        await RawTable.raw("DROP INDEX IF EXISTS case_to_forget")

    manager.add_raw(run)
    manager.add_raw_backwards(run_backwards)
    return manager

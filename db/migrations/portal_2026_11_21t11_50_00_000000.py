"""Indexes of notices: what a page may have to speak of, what a webhook has to be told."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-21T11:50:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes of notices"

FORWARDS = (
    """CREATE INDEX notice_current ON notice (ends_at)
        WHERE finished_at IS NULL AND cancelled_at IS NULL""",
    "CREATE INDEX notice_cancelled ON notice (cancelled_at) WHERE cancelled_at IS NOT NULL",
    "CREATE INDEX notice_change_by_time ON notice_change (at)",
    "CREATE INDEX webhook_call_due ON webhook_call (due_at) WHERE state = 'queued'",
)
BACKWARDS = (
    "DROP INDEX webhook_call_due",
    "DROP INDEX notice_change_by_time",
    "DROP INDEX notice_cancelled",
    "DROP INDEX notice_current",
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

"""Files that wait for the virus scanner, and those in which it found one, are found without reading all files."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-21T16:33:10:000000"
VERSION = "1.38.0"
DESCRIPTION = "index of files kept back"

FORWARDS = (
    "CREATE INDEX attachment_kept_back ON attachment (scan_state, at) WHERE scan_state IN ('quarantined', 'infected')",
)
BACKWARDS = ("DROP INDEX attachment_kept_back",)


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

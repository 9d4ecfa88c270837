"""At every instant at most one edition of a statement is in force: what Piccolo has no words for."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-21T08:46:10:000000"
VERSION = "1.38.0"
DESCRIPTION = "one edition in force at every instant"

ADD = (
    # An edition's ``follows`` is the end of the one before; with the checks on order nothing can overlap.
    "ALTER TABLE sla_version ADD COLUMN previous integer GENERATED ALWAYS AS (n - 1) STORED",
    "ALTER TABLE sla_version ADD CONSTRAINT sla_version_follows FOREIGN KEY (service, previous, follows) "
    "REFERENCES sla_version (service, n, superseded_at)",
    "CREATE UNIQUE INDEX sla_ending_at_hand ON sla_ending (sla_version) WHERE withdrawn_at IS NULL",
)
DROP = (
    "DROP INDEX sla_ending_at_hand",
    "ALTER TABLE sla_version DROP CONSTRAINT sla_version_follows",
    "ALTER TABLE sla_version DROP COLUMN previous",
)


class RawTable(Table):
    """Stands for no table: the way to run plain SQL in this migration's transaction."""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    async def run() -> None:
        for statement in ADD:
            await RawTable.raw(statement)

    async def run_backwards() -> None:
        for statement in DROP:
            await RawTable.raw(statement)

    manager.add_raw(run)
    manager.add_raw_backwards(run_backwards)
    return manager

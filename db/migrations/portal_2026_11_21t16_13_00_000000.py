"""What a day brought is found by its time: both tables grow in that order, so a few kilobytes of BRIN are enough."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-21T16:13:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "events and files by day"

_OPTIONS = "WITH (pages_per_range = 32, autosummarize = on)"
FORWARDS = (
    f"CREATE INDEX case_event_by_day ON case_event USING brin (at) {_OPTIONS}",
    f"CREATE INDEX attachment_by_day ON attachment USING brin (at) {_OPTIONS}",
)
BACKWARDS = ("DROP INDEX attachment_by_day", "DROP INDEX case_event_by_day")


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

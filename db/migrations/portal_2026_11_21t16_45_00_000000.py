"""A message that nobody waits for any more is dropped; it has not failed."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-21T16:45:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "dropped messages"

_STATES = "ALTER TABLE outbox_message ADD CONSTRAINT known_state CHECK (state IN ({}))"
_ANY = "ALTER TABLE outbox_message DROP CONSTRAINT known_state"
FORWARDS = (_ANY, _STATES.format("'queued', 'sent', 'failed', 'dropped', 'kept'"))
BACKWARDS = (
    _ANY,
    "UPDATE outbox_message SET state = 'failed' WHERE state = 'dropped'",
    _STATES.format("'queued', 'sent', 'failed', 'kept'"),
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

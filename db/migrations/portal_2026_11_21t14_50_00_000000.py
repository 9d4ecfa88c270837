"""Feedback: the desk as a whole is a service, complaints are found by their case, endings of every kind are counted."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-21T14:50:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "feedback"

_ENDINGS = 'CREATE INDEX case_event_ending ON case_event (at) INCLUDE ("case", kind) WHERE kind IN ({})'
_STATES = "ALTER TABLE service ADD CONSTRAINT known_state CHECK (state IN ({}))"
FORWARDS = (
    "ALTER TABLE service DROP CONSTRAINT known_state",
    _STATES.format("'draft', 'open', 'closed', 'desk'"),
    "DROP INDEX case_event_ending",
    _ENDINGS.format("'reopened', 'appealed', 'closed', 'rejected', 'withdrawn', 'decided'"),
    'CREATE INDEX case_about_case ON "case" (about_case) WHERE about_case IS NOT NULL',
)
BACKWARDS = (
    "DROP INDEX case_about_case",
    "DROP INDEX case_event_ending",
    _ENDINGS.format("'reopened', 'closed', 'rejected', 'withdrawn'"),
    "ALTER TABLE service DROP CONSTRAINT known_state",
    _STATES.format("'draft', 'open', 'closed'"),
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

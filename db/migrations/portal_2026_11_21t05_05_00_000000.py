"""Indexes of the desk's search: words of open and of ended cases apart, phones by their last digits."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-21T05:05:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes of the desk's search"

# A GIN index reads every case that has the word, however few are wanted: nine in ten of them have ended. The
# predicates list rules.OPEN_STATES and rules.ENDED_STATES.
STATEMENTS = (
    """CREATE INDEX case_open_words
        ON "case" USING gin (to_tsvector('simple', search_key)) WITH (fastupdate = off)
        WHERE state IN ('registered', 'in_review', 'waiting', 'referred', 'answered')""",
    """CREATE INDEX case_ended_words
        ON "case" USING gin (to_tsvector('simple', search_key)) WITH (fastupdate = off)
        WHERE state IN ('closed', 'rejected', 'withdrawn')""",
    """CREATE INDEX case_phone_end
        ON "case" (reverse(contact_phone) text_pattern_ops) WHERE contact_phone IS NOT NULL""",
    "DROP INDEX case_words",
)
BACKWARDS = (
    """CREATE INDEX case_words
        ON "case" USING gin (to_tsvector('simple', search_key)) WITH (fastupdate = off)""",
    "DROP INDEX case_open_words",
    "DROP INDEX case_ended_words",
    "DROP INDEX case_phone_end",
)


class RawTable(Table):
    """Stands for no table: the way to run plain SQL in this migration's transaction."""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    async def run() -> None:
        for statement in STATEMENTS:
            await RawTable.raw(statement)

    async def run_backwards() -> None:
        for statement in BACKWARDS:
            await RawTable.raw(statement)

    manager.add_raw(run)
    manager.add_raw_backwards(run_backwards)
    return manager

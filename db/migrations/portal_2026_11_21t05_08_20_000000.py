"""Indexes for cases of one's own units, and for those whose people are to be forgotten."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-21T05:08:20:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes of units and of cases to forget"

# The states are rules.ENDED_STATES and rules.OPEN_STATES. The queue's counts and its first page are read from the
# index alone, so the unit stands in it too.
STATEMENTS = (
    """CREATE INDEX case_to_forget ON "case" (service, changed_at)
        WHERE state IN ('closed', 'rejected', 'withdrawn') AND erased_at IS NULL""",
    "DROP INDEX case_open_by_promise",
    """CREATE INDEX case_open_by_promise
        ON "case" (coalesce(next_due_at, 'infinity'::timestamptz), id) INCLUDE (owed_since, next_due_at, unit)
        WHERE state IN ('registered', 'in_review', 'waiting', 'referred', 'answered')""",
)
BACKWARDS = (
    "DROP INDEX case_to_forget",
    "DROP INDEX case_open_by_promise",
    """CREATE INDEX case_open_by_promise
        ON "case" (coalesce(next_due_at, 'infinity'::timestamptz), id) INCLUDE (owed_since, next_due_at)
        WHERE state IN ('registered', 'in_review', 'waiting', 'referred', 'answered')""",
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

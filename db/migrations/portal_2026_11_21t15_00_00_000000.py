"""The queue by kind: feedback by its promise, and the kind in the index from which open cases are counted."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-21T15:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "the queue by kind"

_OPEN_BY_PROMISE = """CREATE INDEX case_open_by_promise
    ON "case" (coalesce(next_due_at, 'infinity'::timestamptz), id) INCLUDE ({})
    WHERE state IN ('registered', 'in_review', 'waiting', 'referred', 'answered')"""
_COUNTED = "next_due_at, risk_at, paused_until, filed_at, service, unit"
FORWARDS = (
    """CREATE INDEX case_feedback_by_promise
    ON "case" (kind, coalesce(next_due_at, 'infinity'::timestamptz), id) WHERE kind <> 'request'""",
    "DROP INDEX case_open_by_promise",
    _OPEN_BY_PROMISE.format(f"{_COUNTED}, kind"),
)
BACKWARDS = (
    "DROP INDEX case_open_by_promise",
    _OPEN_BY_PROMISE.format(_COUNTED),
    "DROP INDEX case_feedback_by_promise",
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

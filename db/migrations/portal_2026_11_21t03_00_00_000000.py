"""Indexes and constraints that Piccolo's columns can't say: expressions, predicates, full text."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-21T03:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes of the desk"

# Every line serves a query: the queue and its filters by the nearest promise, the search, the statement in force,
# the same content filed twice,
# messages still to send. The predicate of the open queue lists rules.OPEN_STATES.
STATEMENTS = {
    "case_open_by_promise": """CREATE INDEX case_open_by_promise
        ON "case" (coalesce(next_due_at, 'infinity'::timestamptz), id) INCLUDE (owed_since, next_due_at)
        WHERE state IN ('registered', 'in_review', 'waiting', 'referred', 'answered')""",
    "case_state_by_promise": """CREATE INDEX case_state_by_promise
        ON "case" (state, coalesce(next_due_at, 'infinity'::timestamptz), id)""",
    "case_by_promise": """CREATE INDEX case_by_promise
        ON "case" (coalesce(next_due_at, 'infinity'::timestamptz), id)""",
    "case_assignee_by_promise": """CREATE INDEX case_assignee_by_promise
        ON "case" (assignee, coalesce(next_due_at, 'infinity'::timestamptz), id) WHERE assignee IS NOT NULL""",
    "case_service_by_promise": """CREATE INDEX case_service_by_promise
        ON "case" (service, coalesce(next_due_at, 'infinity'::timestamptz), id)""",
    "case_unit_by_promise": """CREATE INDEX case_unit_by_promise
        ON "case" (unit, coalesce(next_due_at, 'infinity'::timestamptz), id)""",
    "case_words": """CREATE INDEX case_words
        ON "case" USING gin (to_tsvector('simple', search_key)) WITH (fastupdate = off)""",
    "case_email": """CREATE INDEX case_email
        ON "case" (lower(contact_email) text_pattern_ops) WHERE contact_email IS NOT NULL""",
    "case_phone": """CREATE INDEX case_phone
        ON "case" (contact_phone text_pattern_ops) WHERE contact_phone IS NOT NULL""",
    "case_content": """CREATE INDEX case_content ON "case" (submission_sha256)""",
    "sla_version_in_force": """CREATE UNIQUE INDEX sla_version_in_force
        ON sla_version (service) WHERE superseded_at IS NULL""",
    "outbox_message_waiting": """CREATE INDEX outbox_message_waiting
        ON outbox_message (created_at) WHERE state = 'queued'""",
}


class RawTable(Table):
    """Stands for no table: the way to run plain SQL in this migration's transaction."""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    async def run() -> None:
        for statement in STATEMENTS.values():
            await RawTable.raw(statement)

    async def run_backwards() -> None:
        for name in STATEMENTS:
            await RawTable.raw(f"DROP INDEX IF EXISTS {name}")

    manager.add_raw(run)
    manager.add_raw_backwards(run_backwards)
    return manager

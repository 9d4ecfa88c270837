"""Indexes of the audit log, and the units that have worked on the cases filed so far."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-21T05:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes of the audit log, units of cases"

# Each filter of /admin/audit, the newest first; who opened one's case; whose reset is open.
INDEXES = {
    "audit_entry_object": "CREATE INDEX audit_entry_object ON audit_entry (object, id)",
    "audit_entry_actor": "CREATE INDEX audit_entry_actor ON audit_entry (actor, id)",
    "audit_entry_action": "CREATE INDEX audit_entry_action ON audit_entry (action, id)",
    "reset_request_open": """CREATE INDEX reset_request_open
        ON reset_request (asked_at) WHERE state IN ('open', 'approved')""",
}
# Written beside the table names of that day; later migrations may change them.
UNITS_OF_CASES = """
    INSERT INTO case_unit (id, "case", unit)
    SELECT gen_random_uuid(), worked."case", worked.unit FROM (
        SELECT e."case", (e.data->>'unit')::uuid AS unit FROM case_event e WHERE e.data ? 'unit'
        UNION
        SELECT c.id, c.unit FROM "case" c
    ) AS worked
    ON CONFLICT DO NOTHING
"""


class RawTable(Table):
    """Stands for no table: the way to run plain SQL in this migration's transaction."""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    async def run() -> None:
        for statement in INDEXES.values():
            await RawTable.raw(statement)
        await RawTable.raw(UNITS_OF_CASES)

    async def run_backwards() -> None:
        for name in INDEXES:
            await RawTable.raw(f"DROP INDEX IF EXISTS {name}")

    manager.add_raw(run)
    manager.add_raw_backwards(run_backwards)
    return manager

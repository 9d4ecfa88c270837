"""Indexes of the audit log in the order in which it is read."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import Timestamptz
from piccolo.table import Table

ID = "2026-11-21T06:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "the audit log by time, for each filter"

# The newest first, for each filter of /admin/audit; who opened one's case. Most entries of a busy day are guests',
# who have no account, and what the portal does by itself comes from nowhere: those need no place in an index.
INDEXES = {
    "audit_entry_by_time": "ON audit_entry (at, id)",
    "audit_entry_by_object": "ON audit_entry (object, at, id) WHERE object <> ''",
    "audit_entry_by_actor": "ON audit_entry (actor, at, id) WHERE actor IS NOT NULL",
    "audit_entry_by_action": "ON audit_entry (action, at, id)",
    "audit_entry_by_address": "ON audit_entry (address, at, id) WHERE address <> ''",
}
BEFORE = {
    "audit_entry_object": "ON audit_entry (object, id)",
    "audit_entry_actor": "ON audit_entry (actor, id)",
    "audit_entry_action": "ON audit_entry (action, id)",
}


class RawTable(Table):
    """Stands for no table: the way to run plain SQL in this migration's transaction."""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    async def run() -> None:
        await _replace(BEFORE, INDEXES)

    async def run_backwards() -> None:
        await _replace(INDEXES, BEFORE)

    manager.alter_column(
        table_class_name="AuditEntry",
        tablename="audit_entry",
        column_name="at",
        db_column_name="at",
        params={"index": False},
        old_params={"index": True},
        column_class=Timestamptz,
        old_column_class=Timestamptz,
        schema=None,
    )
    manager.add_raw(run)
    manager.add_raw_backwards(run_backwards)
    return manager


async def _replace(old: dict[str, str], new: dict[str, str]) -> None:
    for name in old:
        await RawTable.raw(f"DROP INDEX IF EXISTS {name}")
    for name, columns in new.items():
        await RawTable.raw(f"CREATE INDEX {name} {columns}")

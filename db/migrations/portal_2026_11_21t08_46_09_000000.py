"""Every edition knows the end of the one before it; the schema refuses what would overlap."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from db.keys import References

ID = "2026-11-21T08:46:09:000000"
VERSION = "1.38.0"
DESCRIPTION = "editions in a row"


class RawTable(Table):
    """Stands for no table: the way to run plain SQL in this migration's transaction."""


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    async def fill() -> None:
        await RawTable.raw("UPDATE sla_version SET previous = n - 1")
        await RawTable.raw("UPDATE sla_version SET ending = 'superseded' WHERE superseded_at IS NOT NULL")
        await RawTable.raw(
            "UPDATE sla_version v SET follows = before.superseded_at FROM sla_version before "
            "WHERE before.service = v.service AND before.n = v.n - 1"
        )

    async def index() -> None:
        await RawTable.raw(
            "CREATE UNIQUE INDEX sla_ending_at_hand ON sla_ending (sla_version) WHERE withdrawn_at IS NULL"
        )

    async def drop_index() -> None:
        await RawTable.raw("DROP INDEX sla_ending_at_hand")

    manager.add_raw(fill)
    manager.add_raw(index)
    manager.add_raw_backwards(drop_index)
    manager.add_constraint(
        table_class_name="SlaVersion",
        tablename="sla_version",
        constraint_name="begins_after_the_one_before",
        constraint_class=Check,
        params={
            "condition": "previous = n - 1 AND (n = 1) = (follows IS NULL) AND in_force_from >= follows"
        },
        schema=None,
    )

    manager.add_constraint(
        table_class_name="SlaVersion",
        tablename="sla_version",
        constraint_name="ends_after_it_begins",
        constraint_class=Check,
        params={"condition": "superseded_at >= in_force_from"},
        schema=None,
    )

    manager.add_constraint(
        table_class_name="SlaVersion",
        tablename="sla_version",
        constraint_name="known_ending",
        constraint_class=Check,
        params={
            "condition": "ending IN ('', 'superseded', 'terminated') AND (ending = '') = (superseded_at IS NULL)"
        },
        schema=None,
    )

    manager.add_constraint(
        table_class_name="SlaVersion",
        tablename="sla_version",
        constraint_name="sla_version_end",
        constraint_class=Unique,
        params={
            "columns": ["service", "n", "superseded_at"],
            "nulls_distinct": True,
        },
        schema=None,
    )

    manager.add_constraint(
        table_class_name="SlaVersion",
        tablename="sla_version",
        constraint_name="sla_version_follows",
        constraint_class=References,
        params={
            "columns": ["service", "previous", "follows"],
            "target": "sla_version",
            "target_columns": ["service", "n", "superseded_at"],
        },
        schema=None,
    )

    return manager

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from db.keys import uuid7
from piccolo.columns.base import OnDelete
from piccolo.columns.base import OnUpdate
from piccolo.columns.column_types import ForeignKey
from piccolo.columns.column_types import UUID
from piccolo.columns.indexes import IndexMethod
from piccolo.constraints import Check
from piccolo.constraints import Unique
from piccolo.table import Table


class SlaEnding(Table, tablename="sla_ending", schema=None):
    id = UUID(
        default=uuid7,
        null=False,
        primary_key=True,
        unique=False,
        index=False,
        index_method=IndexMethod.btree,
        choices=None,
        db_column_name=None,
        secret=False,
    )


ID = "2026-11-21T11:35:28:918949"
VERSION = "1.38.0"
DESCRIPTION = "rounds about endings, and the indexes of telling"

# Whom to tell, in the order of telling; what is due; whose messages, when somebody leaves.
FORWARDS = (
    "CREATE INDEX subscription_live ON subscription (id) WHERE confirmed_at IS NOT NULL AND ended_at IS NULL",
    "CREATE INDEX subscription_address ON subscription (address)",
    "CREATE INDEX notice_mailing_due ON notice_mailing (due_at) WHERE done_at IS NULL AND dropped_at IS NULL",
)
BACKWARDS = (
    "DROP INDEX notice_mailing_due",
    "DROP INDEX subscription_address",
    "DROP INDEX subscription_live",
)


class RawTable(Table):
    """Stands for no table: the way to run plain SQL in this migration's transaction."""


async def forwards():
    manager = MigrationManager(
        migration_id=ID, app_name="portal", description=DESCRIPTION
    )

    manager.add_column(
        table_class_name="NoticeMailing",
        tablename="notice_mailing",
        column_name="ending",
        db_column_name="ending",
        column_class_name="ForeignKey",
        column_class=ForeignKey,
        params={
            "references": SlaEnding,
            "on_delete": OnDelete.restrict,
            "on_update": OnUpdate.cascade,
            "target_column": None,
            "null": True,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema=None,
    )

    manager.alter_column(
        table_class_name="NoticeMailing",
        tablename="notice_mailing",
        column_name="notice",
        db_column_name="notice",
        params={"null": True},
        old_params={"null": False},
        column_class=ForeignKey,
        old_column_class=ForeignKey,
        schema=None,
    )

    manager.add_constraint(
        table_class_name="NoticeMailing",
        tablename="notice_mailing",
        constraint_name="notice_mailing_ending_once",
        constraint_class=Unique,
        params={"columns": ["ending", "kind"], "nulls_distinct": True},
        schema=None,
    )

    manager.add_constraint(
        table_class_name="NoticeMailing",
        tablename="notice_mailing",
        constraint_name="notice_mailing_of_one",
        constraint_class=Check,
        params={"condition": "(notice IS NULL) <> (ending IS NULL)"},
        schema=None,
    )

    async def run() -> None:
        for statement in FORWARDS:
            await RawTable.raw(statement)

    async def run_backwards() -> None:
        for statement in BACKWARDS:
            await RawTable.raw(statement)

    manager.add_raw(run)
    manager.add_raw_backwards(run_backwards)
    return manager

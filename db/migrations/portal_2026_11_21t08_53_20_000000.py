"""Revision 1 of every calendar is what its row said; the row keeps its names only."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-21T08:53:20:000000"
VERSION = "1.38.0"
DESCRIPTION = "calendars: revision 1"

# Before the columns go: raw steps run first. There was one calendar that anybody could have made; others get
# their address for a title until somebody says better.
FILL = """
    INSERT INTO calendar_revision (id, calendar, n, document, entries, made_at, note)
    SELECT gen_random_uuid(), id, 1,
           jsonb_build_object('name', name, 'zone', zone, 'week', week, 'holidays', holidays,
                              'days', '{{}}'::jsonb, 'later', '[]'::jsonb),
           '[]'::jsonb, now(), ''
    FROM calendar
"""
TITLES = """
    UPDATE calendar
    SET title_fa = CASE name WHEN 'iran-office' THEN 'ساعت کار اداری ایران' ELSE name END,
        title_en = CASE name WHEN 'iran-office' THEN 'Office hours of Iran' ELSE name END
"""


class RawTable(Table):
    """Stands for no table: the way to run plain SQL in this migration's transaction."""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    async def run() -> None:
        await RawTable.raw(FILL)
        await RawTable.raw(TITLES)

    manager.add_raw(run)
    for column in ("holidays", "week", "zone"):
        manager.drop_column(
            table_class_name="Calendar",
            tablename="calendar",
            column_name=column,
            db_column_name=column,
            schema=None,
        )
    return manager

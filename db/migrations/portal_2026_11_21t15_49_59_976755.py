"""The counted samples of a stretch and the never used mark of shown changes are gone."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

ID = "2026-11-21T15:49:59:976755"
VERSION = "1.38.0"
DESCRIPTION = "nobody asked for a stretch's samples, nor for changes that are not shown"


async def forwards() -> MigrationManager:
    manager = MigrationManager(
        migration_id=ID, app_name="portal", description=DESCRIPTION
    )

    manager.drop_column(
        table_class_name="AvailabilitySpan",
        tablename="availability_span",
        column_name="samples",
        db_column_name="samples",
        schema=None,
    )

    manager.drop_column(
        table_class_name="NoticeChange",
        tablename="notice_change",
        column_name="shown",
        db_column_name="shown",
        schema=None,
    )

    return manager

"""A tracking number that was replaced is never given to another case."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-21T14:49:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "dead numbers"

# Skipping the row is what a number that is taken does to INSERT … ON CONFLICT DO NOTHING, too.
FORWARDS = (
    """CREATE FUNCTION skip_dead_number() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT FROM dead_number WHERE number = NEW.number) THEN
            RETURN NULL;
        END IF;
        RETURN NEW;
    END $$""",
    """CREATE TRIGGER case_number_alive BEFORE INSERT ON "case"
        FOR EACH ROW EXECUTE FUNCTION skip_dead_number()""",
)
BACKWARDS = (
    'DROP TRIGGER case_number_alive ON "case"',
    "DROP FUNCTION skip_dead_number()",
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

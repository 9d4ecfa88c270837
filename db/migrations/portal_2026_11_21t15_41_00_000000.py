"""Repetitions are found in sent_words; nothing looks a case up by the digest of its content any more."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-21T15:41:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "no index of contents"

FORWARDS = ("DROP INDEX case_content",)
BACKWARDS = ('CREATE INDEX case_content ON "case" (submission_sha256)',)


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

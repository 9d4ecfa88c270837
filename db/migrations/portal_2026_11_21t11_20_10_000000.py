"""Editions from before documents had a cover keep what their service is called, stands on and costs now."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.table import Table

ID = "2026-11-21T11:20:10:000000"
VERSION = "1.38.0"
DESCRIPTION = "covers of the editions there are"

# Beside the document: inside it, the digest that people hold on paper would be another one.
FILL = """
    UPDATE sla_version v
    SET cover = jsonb_build_object(
        'title', jsonb_build_object('fa', s.title_fa, 'en', s.title_en),
        'agency', jsonb_build_object('fa', a.name_fa, 'en', a.name_en),
        'legal_basis', coalesce(s.sheet->'legal_basis', '[]'::jsonb),
        'cost_note', s.sheet->'cost_note',
        'fee', coalesce(s.sheet->'fee', '0'::jsonb))
    FROM service s JOIN agency a ON a.id = s.agency
    WHERE s.id = v.service AND NOT v.document ? 'cover'
"""


class RawTable(Table):
    """Stands for no table: the way to run plain SQL in this migration's transaction."""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="portal", description=DESCRIPTION)

    async def run() -> None:
        await RawTable.raw(FILL)

    manager.add_raw(run)
    return manager

"""The migrations make exactly what the tables say."""

import os

import asyncpg
from piccolo.table import sort_table_classes

from db.piccolo_app import APP_CONFIG

COLUMNS = """
    SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default
    FROM information_schema.columns WHERE table_schema = $1 AND table_name = ANY($2)
    ORDER BY table_name, column_name
"""
CONSTRAINTS = """
    SELECT conrelid::regclass::text AS table_name, contype::text, pg_get_constraintdef(oid) AS definition
    FROM pg_constraint WHERE connamespace = $1::regnamespace AND conrelid::regclass::text = ANY($2)
    ORDER BY 1, 2, 3
"""


async def test_the_migrations_give_exactly_the_tables_schema(pool):
    tables = sort_table_classes(APP_CONFIG.table_classes)
    names = [table._meta.tablename for table in tables]
    connection = await asyncpg.connect(os.environ["PORTAL_DATABASE_OWNER_URL"])
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute("CREATE SCHEMA scratch; SET search_path TO scratch")
        for table in tables:
            for query in table.create_table().ddl:
                await connection.execute(query)
        assert await described(connection, "public", names) == await described(connection, "scratch", names)
    finally:
        await transaction.rollback()
        await connection.close()


async def described(connection, schema, names):
    await connection.execute(f"SET search_path TO {schema}")
    columns = [tuple(row.values()) for row in await connection.fetch(COLUMNS, schema, names)]
    quoted = [f'"{name}"' if name == "case" else name for name in names]
    constraints = [tuple(row.values()) for row in await connection.fetch(CONSTRAINTS, schema, quoted)]
    assert columns
    assert constraints
    # Defaults of keys are UUIDs drawn when the table was made; the program always gives its own.
    return [row[:5] if row[1] == "id" else row for row in columns], constraints

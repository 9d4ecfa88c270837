"""The application's own database role can add to the log and read it, and nothing else (S50)."""

import os

import asyncpg
import pytest

from db import schema
from portal import audit
from portal.audit_log.actions import seal
from tests.conftest import NOON


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET role = 'guest'",
        "UPDATE audit_seal SET seq = seq + 1",
        "DELETE FROM audit_entry",
        "DELETE FROM audit_seal",
        "TRUNCATE audit_entry",
        "TRUNCATE audit_seal",
        "DROP TABLE audit_entry",
        "DROP TABLE audit_seal",
        "ALTER TABLE audit_entry DISABLE TRIGGER ALL",
        "ALTER TABLE audit_seal ADD COLUMN more int",
    ],
)
async def test_s50_the_app_can_neither_change_nor_remove_what_was_logged(committed, statement):
    app = os.environ["PORTAL_DATABASE_URL"]
    if schema.user_of(os.environ["PORTAL_DATABASE_OWNER_URL"]) == schema.user_of(app):
        pytest.skip("this server has one role only")
    await audit.append("signed_out", now=NOON)
    await seal(b"k" * 48)
    connection = await asyncpg.connect(app)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    finally:
        await connection.close()

"""create-admin and recover on the server's console: what they print, and that the link opens the way in."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from db.accounts import ContactPoint
from db.audit import AuditEntry
from db.outbox import OutboxMessage
from portal.accounts.factor_queries import has_factor
from portal.resets import links
from portal.settings import Settings, load
from portal.text import ZWNJ
from tests.accounts.holders import new_app, new_person

ROOT = Path(__file__).parent.parent


@pytest.fixture
def place(tmp_path: Path) -> dict[str, str]:
    """The settings of a site, whose secret key is made in its folder."""
    return {"PORTAL_DATA_DIR": str(tmp_path), "PORTAL_BASE_URL": "https://desk.example"}


def settings_of(place: dict[str, str]) -> Settings:
    return load(place)


async def portal(place: dict[str, str], *arguments: str) -> tuple[int, str, str]:
    """Exit status, what was printed, and the complaint."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "portal.cli", *arguments,
        cwd=ROOT, env={**os.environ, **place},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


def link_in(printed: str) -> str:
    (link,) = re.findall(r"https://desk\.example/\S+", printed)
    return str(link)


async def test_create_admin_prints_a_link_that_sets_the_password(committed, place):
    status, printed, complaint = await portal(place, "create-admin", "boss", "The Boss")
    assert (status, complaint) == (0, "")
    assert "good once, for 24 hours" in printed
    key = link_in(printed).partition("key=")[2]
    found = await links.of_link(key, keys=settings_of(place).keys, now=datetime.now(UTC))
    assert (found.username, found.role) == ("boss", "admin")


async def test_recover_leaves_the_second_step_unless_told(committed, place):
    now = datetime.now(UTC)
    account = await new_person("boss", "admin", now=now)
    await ContactPoint(account=account, kind="email", value="b@mehregan.example", changed_at=now).save()
    await new_app(account, key=settings_of(place).secret_key, now=now)
    status, printed, _ = await portal(place, "recover", "boss")
    assert (status, "second step" in printed, await has_factor(account)) == (0, False, True)
    status, printed, _ = await portal(place, "recover", "BOSS", "--remove-second-step")
    assert (status, "The second step is removed" in printed) == (0, True)
    assert link_in(printed)
    assert not await has_factor(account)
    entry = await AuditEntry.select().where(AuditEntry.action == "factors_removed").first()
    assert (entry["object"], entry["role"]) == (f"account:{account}", "system")
    told = await OutboxMessage.select(OutboxMessage.template).order_by(OutboxMessage.id).output(as_list=True)
    assert told == ["resets/mail/recovery", "accounts/mail/news", "resets/mail/recovery"]


async def test_recover_says_in_one_line_what_is_wrong(committed, place):
    await new_person("boss", "admin")
    for arguments, words in (
        (("nobody",), "no active account"),
        (("boss", "--remove-second-step"), "no second step"),
    ):
        status, printed, complaint = await portal(place, "recover", *arguments)
        assert (status, printed) == (2, "")
        assert words in complaint
        assert complaint.count("\n") == 1
        assert ZWNJ not in complaint

"""What a signed-in person typed and has not sent yet: kept for a month, one for each form."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from db.engine import atomic
from db.people import Draft

KEPT_FOR = timedelta(days=30)
MOST = 50
"""Drafts of one person; the oldest go first."""
LONGEST = 100_000
"""Characters of one draft as JSON."""
_SAVE = """
    INSERT INTO draft (id, account, form, data, saved_at, ends_at)
    VALUES (gen_random_uuid(), {}, {}, {}::jsonb, {}, {})
    ON CONFLICT (account, form) DO UPDATE
        SET data = excluded.data, saved_at = excluded.saved_at, ends_at = excluded.ends_at
"""
_FORGET_OLDEST = """
    DELETE FROM draft WHERE account = {} AND id IN (
        SELECT id FROM draft WHERE account = {} ORDER BY saved_at DESC, id OFFSET {})
"""


class Saved(msgspec.Struct, frozen=True, kw_only=True):
    """One draft. ``form`` is the path of its form; ``data`` what was typed, by name of field, several values each."""

    form: str
    data: dict[str, list[str]]
    saved_at: datetime


@atomic
async def save(account: UUID, form: str, data: Mapping[str, list[str]], *, now: datetime) -> bool:
    """``data`` is what ``account`` has typed into ``form``, until sent or for 30 days; the newest save counts.

    Returns whether it was kept: nothing longer than 100,000 characters is.
    """
    kept = json.dumps(data, ensure_ascii=False)
    if len(kept) > LONGEST:
        return False
    await Draft.raw(_SAVE, account, form, kept, now, now + KEPT_FOR)
    await Draft.raw(_FORGET_OLDEST, account, account, MOST)
    return True


async def draft_of(account: UUID, form: str, *, now: datetime) -> Saved | None:
    """What ``account`` has typed into ``form``, or None."""
    found = await _find(Draft.account == account, Draft.form == form, now=now)
    return found[0] if found else None


async def drafts_of(account: UUID, *, now: datetime) -> list[Saved]:
    """Every draft of ``account``, the newest first."""
    return await _find(Draft.account == account, now=now)


async def forget(account: UUID, form: str) -> None:
    """There is no draft of ``account`` for ``form``: it was sent or thrown away."""
    await Draft.delete().where(Draft.account == account, Draft.form == form)


async def forget_ended(now: datetime) -> None:
    """Delete the drafts that nobody came back for."""
    await Draft.delete().where(Draft.ends_at <= now)


async def _find(*where: Any, now: datetime) -> list[Saved]:
    rows = (
        await Draft.select(Draft.form, Draft.data, Draft.saved_at)
        .where(*where, Draft.ends_at > now)
        .order_by(Draft.saved_at, ascending=False)
        .output(load_json=True)
    )
    return [Saved(**row) for row in rows]

"""Choices of this place that an admin makes in the browser: rows of the setting table, or what stands here."""

from __future__ import annotations

from typing import Any

import msgspec

from db.people import Setting

DEFAULTS: dict[str, Any] = {
    # How many admins it takes to help somebody from outside the desk to a new password: 1 or 2.
    "reset_approvers": 1,
    # The telephone that people call who lost their password; empty: that of the first unit that has one.
    "reset_phone": "",
}


async def get(key: str) -> Any:
    """The value chosen for ``key``, else its default. Raises KeyError for a key that DEFAULTS lacks.

    Raises msgspec.ValidationError for a row of another type than its default.
    """
    default = DEFAULTS[key]
    row = await Setting.select(Setting.value).where(Setting.key == key).first().output(load_json=True)
    return msgspec.convert(row["value"], type(default)) if row else default

"""Choices of this place that an admin makes in the browser: rows of the setting table, or what stands here."""

from __future__ import annotations

from typing import Any

import msgspec

from db.people import Setting
from db.services import Unit

DEFAULTS: dict[str, Any] = {
    # How many admins it takes to help somebody from outside the desk to a new password: 1 or 2.
    "reset_approvers": 1,
    # Whom people call who lost their password.
    "reset_contact_phone": "",
    "reset_contact_name_fa": "",
    "reset_contact_name_en": "",
    "reset_contact_hours_fa": "شنبه تا چهارشنبه، ۷:۳۰ تا ۱۴:۳۰",
    "reset_contact_hours_en": "Saturday to Wednesday, 7:30 to 14:30",
}
_FROM_UNIT = {
    "reset_contact_phone": "phone",
    "reset_contact_name_fa": "name_fa",
    "reset_contact_name_en": "name_en",
}


async def get(key: str) -> Any:
    """The value chosen for ``key``, else its default; for a telephone the first unit's that has one.

    Raises KeyError for a key that DEFAULTS lacks, msgspec.ValidationError for a row of another type.
    """
    default = DEFAULTS[key]
    row = await Setting.select(Setting.value).where(Setting.key == key).first().output(load_json=True)
    if row:
        return msgspec.convert(row["value"], type(default))
    if key in _FROM_UNIT:
        unit = await Unit.select().where(Unit.phone != "").order_by(Unit.id).first()
        return unit[_FROM_UNIT[key]] if unit else default
    return default

"""People for the tests of resets: made through the real verbs, with addresses on file."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from db.accounts import ContactPoint
from portal.accounts.actions import make_account
from tests.conftest import NOON

PHRASE = "صبح بارانی ۱۴۰۵ کتابخانه"
NEW_PHRASE = "چهار کاشی فیروزه‌ای آرام"


async def person(
    username: str,
    role: str,
    *,
    mails: tuple[str, ...] = (),
    now: datetime = NOON,
    age: timedelta = timedelta(0),
) -> UUID:
    """An account of that ``age`` with that password, a telephone and confirmed mail addresses, as if long on file.

    At first people of the desk may do without a second factor, so pages want new ones.
    """
    made_at = now - timedelta(days=90)
    account = await make_account(
        username, display_name=f"{username.title()} Sample", role=role, password=PHRASE, now=now - age
    )
    for kind, value in [("phone", "+989000000123"), *(("email", mail) for mail in mails)]:
        await ContactPoint(
            account=account, kind=kind, value=value, verified_at=made_at, changed_at=made_at
        ).save()
    return account

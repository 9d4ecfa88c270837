"""The message with the link that lists somebody's requests; its secret is made when it leaves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from db.outbox import OutboxMessage
from portal.feedback import lost_codes
from portal.settings import Settings

TEMPLATES = frozenset({"feedback/mail/lost_code", "feedback/sms/lost_code"})
SILENT = "hidden"
"""What stands in place of the secret where a message is only looked at."""


async def prepared(message: OutboxMessage, settings: Settings, *, now: datetime) -> Mapping[str, Any]:
    """What the message's templates show, its link working. Raises Unwanted when there is nothing to list."""
    wish = UUID(cast(Mapping[str, str], message.data)["wish"])
    token = await lost_codes.new_token(wish, key=settings.secret_key, now=now)
    return shown(message, settings, token=token)


def shown(message: OutboxMessage, settings: Settings, *, token: str = SILENT) -> Mapping[str, Any]:
    """The same to look at; without ``token`` the link does nothing."""
    desk = settings.base_url + ("/en" if message.locale == "en" else "")
    return {"link": f"{desk}/feedback/lost-code/{token}", "desk": desk}

"""What a new password of an account is measured by: its owner's words, the agency's, and a second factor."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit
from uuid import UUID

from db.accounts import Account, ContactPoint
from db.services import Agency
from portal.accounts.factor_queries import has_factor
from portal.errors import BadRequest
from portal.security import passwords


class WeakPassword(BadRequest):
    """The password can't be used; the text says why."""

    status = 422


async def problem_of(password: str, *, account: UUID, base_url: str) -> str:
    """Why ``password`` can't become that of ``account``; empty when it can."""
    factor = await has_factor(account)
    return await _problem(password, account, base_url=base_url, second_factor=factor)


async def problem_alone(password: str, *, account: UUID) -> str:
    """As ``problem_of``, for a password that may have to stand alone: a reset can take the second factor away."""
    return await _problem(password, account, base_url="", second_factor=False)


async def _problem(password: str, account: UUID, *, base_url: str, second_factor: bool) -> str:
    row = await Account.select(Account.username, Account.display_name).where(Account.id == account).first()
    if row is None:
        return ""
    addresses = (
        await ContactPoint.select(ContactPoint.value)
        .where(ContactPoint.account == account)
        .output(as_list=True)
    )
    others = [row["display_name"], *addresses]
    return await problem_of_new(
        password, row["username"], others, base_url=base_url, second_factor=second_factor
    )


async def problem_of_new(
    password: str, username: str, others: Iterable[str], *, base_url: str, second_factor: bool = False
) -> str:
    """As ``problem_of``, for an account that does not exist yet."""
    agency = await _agency_words(base_url)
    return passwords.weakness(
        password, username=username, others=others, agency=agency, second_factor=second_factor
    )


async def _agency_words(base_url: str) -> list[str]:
    rows = await Agency.select(Agency.name_fa, Agency.name_en)
    return [*(name for row in rows for name in row.values()), urlsplit(base_url).hostname or ""]

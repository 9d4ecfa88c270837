"""Every route against every role: the table of permissions and the application say the same (S23)."""

from __future__ import annotations

from uuid import uuid4

import pytest
from litestar import Litestar

from portal.app import _litestar
from portal.security.permissions import ACCESS, Access
from portal.security.sessions import ROLES
from tests.support.browser import client_of, signed_in

SOMETHING = {
    "code": "0385-47X4-RZDR-N8J7",
    "slug": "no-such-service",
    "n": "1",
    "symbols": "038547X4RZDRN8J7",
    "file_id": str(uuid4()),
    "file_path": "portal.css",
    "message_id": str(uuid4()),
    "case_id": str(uuid4()),
    "part": "form",
    "move_name": "take",
    "no": "123456",
    "factor_id": str(uuid4()),
    "session_id": str(uuid4()),
    "contact_id": str(uuid4()),
    "account_id": str(uuid4()),
    "letter_id": str(uuid4()),
    "change": "lock",
    "proposal_id": str(uuid4()),
    "answer": "agree",
    "name": "no-such-calendar",
    "token": "no-such-token",
    "webhook": str(uuid4()),
    "day": "2026-11-21",
    "tip_id": str(uuid4()),
    "receipt": str(uuid4()),
}
"""A value of the right shape for each part of a path; nothing in the database answers to it."""


def routes_of(litestar: Litestar) -> list[tuple[str, str, str]]:
    """Method, path and name of every handler of ours."""
    return [
        (method, route.path_format, handler.name or "")
        for route in litestar.routes
        for handler in route.route_handlers
        for method in handler.http_methods
        if method != "OPTIONS"
    ]


@pytest.fixture(scope="module")
def routes(settings) -> list[tuple[str, str, str]]:
    return routes_of(_litestar(settings))


def test_every_route_has_a_row_and_every_row_a_route(routes):
    assert {name for _method, _path, name in routes} == set(ACCESS)


def test_who_changes_something_of_a_role_needs_that_role(routes):
    for method, path, name in routes:
        if path.startswith(("/desk", "/admin")):
            assert ACCESS[name].roles is not None, (method, path)


@pytest.mark.parametrize("role", ["guest", *sorted(ROLES)])
async def test_each_role_gets_past_the_guard_where_the_table_says_so(role, routes, application, db):
    async with client_of(application) as client:
        if role != "guest":
            await signed_in(client, role, role)
        for method, path, name in routes:
            address = path.format(**SOMETHING)
            answer = await client.request(method, address, headers={"Sec-Fetch-Site": "same-origin"})
            assert was_stopped(answer, role) == (not opens(ACCESS[name], role)), (method, address)


def opens(access: Access, role: str) -> bool:
    if access.whose == "waiting" and role == "guest":  # nobody here has given a password
        return False
    return access.roles is None or role in access.roles


def was_stopped(answer, role: str) -> bool:
    """The guard sent the visitor away: to the sign-in page, or with its own sentence."""
    if role == "guest":
        to_sign_in = answer.status_code == 303 and "/accounts/sign-in" in answer.headers["location"]
        return to_sign_in or answer.status_code == 401
    return answer.status_code == 403 and "این صفحه برای نوع حساب شما نیست" in answer.text

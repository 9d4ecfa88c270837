"""/admin leads to the first page of the administration that the role may open."""

from __future__ import annotations

import pytest

from tests.support.browser import client_of, signed_in

ACCOUNTS, SERVICES = "/admin/accounts", "/admin/services"


@pytest.mark.parametrize("prefix", ["", "/en"])
@pytest.mark.parametrize(
    ("role", "first"), [("admin", ACCOUNTS), ("auditor", ACCOUNTS), ("manager", SERVICES)]
)
async def test_the_menu_and_its_address_lead_to_a_page_that_opens(db, application, prefix, role, first):
    async with client_of(application) as client:
        person = await signed_in(client, "somebody", role)
        assert f'href="{prefix}/admin"' in (await person.get(f"{prefix}/mine")).text
        answer = await person.get(f"{prefix}/admin")
        assert (answer.status_code, answer.headers["location"]) == (303, f"{prefix}{first}")
        assert (await person.get(answer.headers["location"])).status_code == 200


@pytest.mark.parametrize("role", ["staff", "citizen", "evaluator"])
async def test_who_has_nothing_to_run_is_not_led_there(db, application, role):
    async with client_of(application) as client:
        person = await signed_in(client, "somebody", role)
        assert 'href="/admin"' not in (await person.get("/mine")).text
        assert (await person.get("/admin")).status_code == 403

"""/admin/proposals: nothing that takes two happens by one press, and the page says what came of an answer."""

import html5lib
import pytest

from db.accounts import Account
from db.people import Proposal
from portal.accounts import proposals
from portal.accounts.actions import make_account
from tests.conftest import NOON
from tests.support.browser import XHTML, client_of, signed_in

HERE = "/en/admin/proposals"


@pytest.fixture
async def second(db, application):
    async with client_of(application) as client:
        yield await signed_in(client, "second", "admin")


@pytest.fixture
async def proposal(admin):
    somebody = await make_account("sara", display_name="Sara A", role="staff", password=None, now=NOON)
    by = admin.account.id
    return await proposals.propose("grant_admin", by=by, subject=somebody, data={}, reason="x", now=NOON)


async def test_agreeing_says_what_it_does_and_takes_a_second_press(second, proposal):
    page = (await second.get(HERE)).text
    folded = [
        form.get("action")
        for part in html5lib.parse(page).iter(f"{XHTML}details")
        for form in part.iter(f"{XHTML}form")
    ]
    assert folded == [f"{HERE}/{proposal}/agree"]
    assert "is a site admin at once" in page


@pytest.mark.parametrize(("role", "offered"), [("staff", True), ("citizen", True), ("liaison", False)])
async def test_who_speaks_for_an_agency_is_not_proposed_as_admin(admin, role, offered):
    somebody = await make_account("sara", display_name="Sara A", role=role, password=None, now=NOON)
    await Account.update({Account.state: "active"}).where(Account.id == somebody)
    page = (await admin.get(f"/en/admin/accounts/{somebody}")).text
    assert ("/propose-admin" in page) is offered


@pytest.mark.parametrize(("answer", "words"), [("agree", "Agreed, and done."), ("refuse", "off the list")])
async def test_the_page_says_once_what_came_of_an_answer(second, proposal, answer, words):
    await second.submit(HERE, to=f"{HERE}/{proposal}/{answer}")
    assert words in (await second.get(HERE)).text
    assert words not in (await second.get(HERE)).text


async def test_who_proposed_it_can_only_take_it_back(admin, proposal):
    page = (await admin.get(HERE)).text
    assert f"{proposal}/agree" not in page
    assert f"{proposal}/refuse" in page
    assert await Proposal.exists().where(Proposal.state == "open")

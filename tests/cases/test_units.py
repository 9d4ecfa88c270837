"""Who of the desk reads and works a case: its unit, those it was referred to, auditors (S23)."""

from __future__ import annotations

import pytest

from db.accounts import Account, Membership
from db.services import Unit
from portal import codes
from portal.cases import desk_actions, desk_queries
from portal.cases.desk_queries import QueueFilters
from portal.errors import NotAllowed, NotFound
from portal.security.sessions import SignedIn
from tests.cases.factories import a_case, a_service
from tests.conftest import NOON
from tests.support.browser import client_of, signed_in

HERE, ELSEWHERE = "mpo-qom-planning", "mpo-tehran-statistics"
SECRETS = ("مریم رضایی", "maryam@agency.example", "لایهٔ راه‌های استان")


@pytest.fixture
async def units(db):
    """The unit of the case, and one of another agency."""
    await a_service()
    await a_service("yearbook-tehran")
    return {row["slug"]: row["id"] for row in await Unit.select(Unit.slug, Unit.id)}


@pytest.fixture
async def desk_of(units, application):
    """Browsers of people of one unit each."""
    clients = []

    async def sign_in(slug: str, role: str = "staff"):
        client = client_of(application)
        clients.append(client)
        person = await signed_in(client, f"{role}-{slug}", role)
        await Membership.delete().where(Membership.account == person.account.id)
        await Account.update({Account.unit: units.get(slug)}).where(Account.id == person.account.id)
        return person

    yield sign_in
    for client in clients:
        await client.aclose()


def page_of(filed) -> str:
    return f"/en/desk/cases/{codes.show_text(filed.number)}"


async def test_s23_another_unit_reads_nothing_of_a_case(desk_of):
    filed = await a_case()
    stranger = await desk_of(ELSEWHERE)
    refused = await stranger.get(page_of(filed))
    assert refused.status_code == 403
    assert "Only the unit that works on this case reads it:" in refused.text
    assert "02500000000" in refused.text
    await Unit.update({Unit.phone: ""}).where(Unit.slug == HERE)
    assert ", \u2066" not in (await stranger.get(page_of(filed))).text
    queue = await stranger.get("/en/desk?state=all")
    found = await stranger.get("/en/desk?state=all&q=مریم")
    for page in (refused, queue, found):
        assert not [secret for secret in SECRETS if secret in page.text]


async def test_s23_somebody_without_a_unit_reads_nothing(desk_of):
    filed = await a_case()
    nowhere = await desk_of("no unit", "admin")
    assert (await nowhere.get(page_of(filed))).status_code == 403


async def test_s23_another_unit_changes_nothing(desk_of):
    filed = await a_case()
    stranger = await desk_of(ELSEWHERE)
    assert (await stranger.post(f"{page_of(filed)}/take", {})).status_code == 403
    with pytest.raises(NotAllowed):
        await desk_actions.note(filed.case_id, clerk=stranger.account.id, seen=1, body="x", now=NOON)


async def test_s23_the_unit_it_was_referred_to_reads_and_works_it(desk_of, units):
    filed = await a_case()
    first, second = await desk_of(HERE), await desk_of(ELSEWHERE)
    await desk_actions.refer(
        filed.case_id, clerk=first.account.id, seen=1, unit=units[ELSEWHERE], body="برای شما", now=NOON
    )
    assert "What you can do" in (await second.get(page_of(filed))).text
    await desk_actions.take(filed.case_id, clerk=second.account.id, seen=2, now=NOON)


async def test_who_referred_a_case_away_still_reads_it_and_is_told_who_works_it(desk_of, units):
    filed = await a_case()
    first = await desk_of(HERE)
    await desk_actions.refer(
        filed.case_id, clerk=first.account.id, seen=1, unit=units[ELSEWHERE], body="برای شما", now=NOON
    )
    page = await first.get(page_of(filed))
    assert "You can read this case. It is worked on by:" in page.text
    assert codes.show_text(filed.number) not in (await first.get("/en/desk")).text
    assert codes.show_text(filed.number) in (await first.get("/en/desk?q=مریم")).text
    with pytest.raises(NotAllowed):
        await desk_actions.take(filed.case_id, clerk=first.account.id, seen=2, now=NOON)


async def test_s23_an_auditor_reads_every_case_and_changes_none(desk_of):
    filed = await a_case()
    auditor = await desk_of("no unit", "auditor")
    page = await auditor.get(page_of(filed))
    assert SECRETS[0] in page.text
    assert "You can read this case." in page.text
    assert codes.show_text(filed.number) in (await auditor.get("/en/desk")).text
    assert (await auditor.post(f"{page_of(filed)}/take", {})).status_code == 403


async def test_a_case_is_assigned_within_its_unit_only(desk_of):
    filed = await a_case()
    clerk, stranger = await desk_of(HERE), await desk_of(ELSEWHERE)
    with pytest.raises(NotFound):
        await desk_actions.assign(
            filed.case_id, clerk=clerk.account.id, seen=1, assignee=stranger.account.id, now=NOON
        )
    assert stranger.account.display_name not in (await clerk.get(page_of(filed))).text


async def test_letters_are_registered_for_ones_own_units_only(desk_of):
    clerk = await desk_of(HERE)
    page = await clerk.get("/en/desk/cases/register")
    assert 'value="spatial-observatory"' in page.text
    assert 'value="yearbook-tehran"' not in page.text


async def test_the_heading_counts_the_cases_of_ones_own_units(units):
    await a_case()
    await a_case(slug="yearbook-tehran", audience="citizen", agency_name="", answers={})
    here = somebody_of(units[HERE])
    assert (await desk_queries.counts(reader=here, now=NOON)).n_open == 1
    assert len((await desk_queries.queue(QueueFilters(), reader=here, now=NOON)).rows) == 1


def somebody_of(*units) -> SignedIn:
    return SignedIn(
        session_id=units[0],
        account_id=units[0],
        username="somebody",
        display_name="Somebody",
        role="staff",
        units=units,
        locale="fa",
        is_staff=True,
        is_fresh=True,
    )

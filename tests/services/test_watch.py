"""Who hears of promises in danger: a service's warnings and the head of a unit."""

import pytest

from db.accounts import Account, Membership
from db.audit import AuditEntry
from db.clocks import UnitHead
from db.services import Service, Unit
from portal.errors import NotFound
from portal.services import queries, watch_actions
from portal.services.actions import read_sample
from portal.services.queries import service_by_slug
from portal.services.statement import Watch
from tests.cases.factories import NOBODY
from tests.conftest import NOON
from tests.services.test_agency_pages import said
from tests.services.test_pages import words_of

SLUG = "yearbook-qom"
UNIT = read_sample(SLUG).unit.slug
WATCH, HEAD = f"/en/admin/services/{SLUG}/watch", f"/en/admin/units/{UNIT}/head"
EARLY = {"warning_1": "50", "warning_2": "۸۰", "offset_1": "1", "offset_2": "14", "offset_3": "400"}


async def held():
    queries.forget()
    return (await service_by_slug(SLUG, now=NOON)).watch


async def logged(action):
    return [
        row["data"]
        for row in await AuditEntry.select().where(AuditEntry.action == action).output(load_json=True)
    ]


async def works_here(account):
    unit = await Unit.select(Unit.id).where(Unit.slug == UNIT).first()
    await Membership.insert(Membership(account=account.id, unit=unit["id"]))
    return unit["id"]


async def test_a_service_warns_as_usual_until_somebody_chooses(samples, admin):
    page = words_of((await admin.get(WATCH)).text)
    assert "warnings at 75 and 90 percent" in page
    assert await held() == Watch()


async def test_an_admin_chooses_when_a_service_warns(samples, admin):
    assert "Your change is saved" in await said(admin, await admin.submit(WATCH, EARLY))
    assert await held() == Watch((50, 80), (1, 14, 400))
    assert await logged("watch_changed") == [
        {
            "slug": SLUG,
            "old": {"warnings": [75, 90], "offsets": [0, 7, 21]},
            "new": {"warnings": [50, 80], "offsets": [1, 14, 400]},
        }
    ]
    service = await Service.select(Service.id).where(Service.slug == SLUG).first()
    jobs = await Service.raw("SELECT payload FROM pgqueuer WHERE entrypoint = 'recount'")
    assert [job["payload"] for job in jobs] == [f"watch:{service['id']}".encode()] * 2


async def test_the_usual_way_is_kept_as_no_choice(samples, admin):
    await admin.submit(WATCH, EARLY)
    usual = {"warning_1": "75", "warning_2": "90", "offset_1": "0", "offset_2": "7", "offset_3": "21"}
    assert "Your change is saved" in await said(admin, await admin.submit(WATCH, usual))
    assert (await Service.select(Service.watch).where(Service.slug == SLUG).first())["watch"] is None
    assert "Nothing was changed" in await said(admin, await admin.submit(WATCH, usual))


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"warning_1": "0"}, "Write a number from 1 to 100."),
        ({"warning_2": "101"}, "Write a number from 1 to 100."),
        ({"warning_1": "90"}, "Each must be larger than the one before it."),
        ({"offset_1": "-1"}, "Write a number from 0 to 400."),
        ({"offset_3": "401"}, "Write a number from 0 to 400."),
        ({"offset_2": "21"}, "Each must be larger than the one before it."),
        ({"offset_1": "soon"}, "Write a whole number"),
        ({"offset_1": ""}, "Please fill this in."),
    ],
)
async def test_numbers_that_do_not_rise_or_fit_come_back(samples, admin, wrong, sentence):
    page = await admin.submit(WATCH, wrong)
    assert (page.status_code, sentence in page.text) == (422, True)
    assert await held() == Watch()


async def test_who_saves_an_older_page_sees_what_holds_and_decides(samples, admin):
    await admin.submit(WATCH, EARLY)
    page = await admin.submit(WATCH, {"offset_3": "300", "seen": "old"})
    assert page.status_code == 409
    assert "managers after 400 working hours" in words_of(page.text)
    assert 'value="300"' in page.text


async def test_a_manager_names_the_head_of_a_unit(samples, admin, clerk, colleague):
    await Membership.delete(force=True)
    unit = await works_here(clerk.account)
    page = await admin.get(HEAD)
    assert ("Clerk" in page.text, "Colleague" in page.text) == (True, False)
    await Account.update({Account.role: "manager"}).where(Account.id == colleague.account.id)
    sent = await colleague.submit(HEAD, {"head": str(clerk.account.id)})
    assert "Your change is saved" in await said(colleague, sent)
    assert await UnitHead.select(UnitHead.account, UnitHead.unit) == [
        {"account": clerk.account.id, "unit": unit}
    ]
    assert await logged("head_named") == [{"account": str(clerk.account.id)}]
    assert "Clerk" in (await colleague.get(WATCH)).text
    assert "Nothing was changed" in await said(colleague, await colleague.submit(HEAD))
    assert "Your change is saved" in await said(colleague, await colleague.submit(HEAD, {"head": ""}))
    assert await UnitHead.count() == 0


async def test_only_people_of_the_unit_can_head_it(samples, admin, clerk, colleague):
    await Membership.delete(force=True)
    await works_here(clerk.account)
    page = await admin.submit(HEAD, {"head": str(colleague.account.id)})
    assert (page.status_code, "does not work for the unit" in page.text) == (409, True)
    assert (await admin.submit(HEAD, {"head": "x"})).status_code == 422
    assert await UnitHead.count() == 0


async def test_a_head_who_left_the_unit_is_said_to_have(samples, admin, clerk, colleague):
    await Membership.delete(force=True)
    await works_here(clerk.account)
    await works_here(colleague.account)
    await admin.submit(HEAD, {"head": str(clerk.account.id)})
    await Membership.delete().where(Membership.account == clerk.account.id)
    assert "no longer works for it" in (await admin.get(HEAD)).text


async def test_what_has_gone_is_not_found(samples):
    with pytest.raises(NotFound):
        await watch_actions.name_head(NOBODY, None, now=NOON)
    with pytest.raises(NotFound):
        await watch_actions.change_watch(NOBODY, Watch(), seen="", enqueue=None, now=NOON)


async def test_a_clerk_chooses_neither_and_nobody_finds_what_is_not_there(samples, admin, clerk, browser):
    for path in (WATCH, HEAD):
        assert (await clerk.get(path)).status_code == 403
        assert "/accounts/sign-in" in (await browser.get(path)).headers["location"]
    for path in ("/en/admin/services/nothing/watch", "/en/admin/units/nothing/head"):
        assert (await admin.get(path)).status_code == 404


async def test_an_old_form_changes_nothing(samples, admin, clerk):
    await Membership.delete(force=True)
    await works_here(clerk.account)
    for path, fields in ((WATCH, EARLY), (HEAD, {"head": str(clerk.account.id)})):
        assert (await admin.submit(path, {**fields, "_csrf_token": "old"})).status_code == 403
    assert (await held(), await UnitHead.count()) == (Watch(), 0)

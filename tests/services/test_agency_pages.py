"""The pages on which a site admin keeps agencies and units."""

import pytest

from db.services import Unit
from portal.services.actions import read_sample
from tests.services.test_pages import words_of

QOM_UNIT, QOM_AGENCY = read_sample("yearbook-qom").unit.slug, read_sample("yearbook-qom").agency.slug
UNIT_PAGE, AGENCY_PAGE = f"/en/admin/units/{QOM_UNIT}", f"/en/admin/agencies/{QOM_AGENCY}"
MUSEUM = {"slug": "museum", "name_fa": "موزه", "name_en": "Museum"}
ARCHIVE = {"slug": "archive", "agency": "museum", "name_fa": "بایگانی", "name_en": "Archive", "phone": "111"}


async def said(browser, answer) -> str:
    """What the page says to which a change has led."""
    assert answer.status_code == 303, words_of(answer.text)
    return words_of((await browser.get(answer.headers["location"])).text)


async def test_an_admin_adds_an_agency_with_a_unit(admin):
    assert "There is no agency yet." in words_of((await admin.get("/en/admin/agencies")).text)
    assert "It is added" in await said(admin, await admin.submit("/en/admin/agencies/new", MUSEUM))
    new_unit = await admin.submit("/en/admin/units/new?agency=museum", {**ARCHIVE, "agency": "museum"})
    assert "It is added" in await said(admin, new_unit)
    assert "Archive" in words_of((await admin.get("/en/admin/agencies")).text)


async def test_the_page_for_a_new_unit_knows_its_agency(admin):
    await admin.submit("/admin/agencies/new", MUSEUM)
    kept = {name: value for name, value in ARCHIVE.items() if name != "agency"}
    assert (await admin.submit("/en/admin/units/new?agency=museum", kept)).status_code == 303


async def test_a_unit_without_any_agency_is_not_offered(admin):
    page = await admin.get("/en/admin/units/new")
    assert "A unit belongs to an agency. Please add one first." in page.text
    assert "/admin/units/new" not in (await admin.get("/en/admin/agencies")).text


async def test_every_mistake_is_said_at_once_and_nothing_typed_is_lost(admin):
    await admin.submit("/admin/agencies/new", MUSEUM)
    wrong = {"slug": "Qom Office", "agency": "", "name_fa": "واحد", "phone": "37700000", "email": "nobody"}
    page = await admin.submit("/en/admin/units/new", wrong)
    assert page.status_code == 422
    for sentence in ("small Latin letters", "Choose one.", "fill this in", "area code", "one e-mail address"):
        assert sentence in page.text
    assert 'value="Qom Office"' in page.text
    assert await Unit.count() == 0


@pytest.mark.parametrize("slug", ["new", "museum"])
async def test_a_taken_address_is_said_beside_its_field(admin, slug):
    await admin.submit("/admin/agencies/new", MUSEUM)
    page = await admin.submit("/en/admin/agencies/new", {**MUSEUM, "slug": slug})
    assert page.status_code in (409, 422)
    assert 'href="#slug">Address — This address is taken.' in page.text


@pytest.mark.parametrize("typed", ["02537700000", "۰۲۵-۳۷۷۰ ۰۰۰۰", "+98 25 3770 0000"])
async def test_a_telephone_may_be_typed_in_any_way(samples, admin, typed):
    assert "Your change is saved" in await said(admin, await admin.submit(UNIT_PAGE, {"phone": typed}))
    page = await admin.get("/en/services/yearbook-qom")
    assert 'href="tel:02537700000"' in page.text


async def test_saving_without_a_change_says_so(samples, admin):
    assert "Nothing was changed" in await said(admin, await admin.submit(UNIT_PAGE))
    assert "Nothing was changed" in await said(admin, await admin.submit(AGENCY_PAGE))


@pytest.mark.parametrize(("page", "field"), [(UNIT_PAGE, "phone"), (AGENCY_PAGE, "name_en")])
async def test_who_saves_an_older_page_sees_what_holds_and_decides(samples, admin, page, field):
    before = await admin.get(page)
    seen = before.text.partition('name="seen" value="')[2].partition('"')[0]
    await admin.submit(page, {field: "111"})
    refused = await admin.submit(page, {field: "112", "seen": seen})
    assert refused.status_code == 409
    assert "Somebody else has changed this meanwhile." in refused.text
    assert 'value="112"' in refused.text
    assert "<bdi>111</bdi>" in refused.text
    again = refused.text.partition('name="seen" value="')[2].partition('"')[0]
    assert "Your change is saved" in await said(
        admin, await admin.submit(page, {field: "112", "seen": again})
    )


async def test_only_what_nothing_belongs_to_offers_its_removal(samples, admin):
    assert "Remove this unit" not in (await admin.get(UNIT_PAGE)).text
    assert "Remove this agency" not in (await admin.get(AGENCY_PAGE)).text
    await admin.submit("/admin/agencies/new", MUSEUM)
    await admin.submit("/admin/units/new", ARCHIVE)
    gone = await admin.submit("/en/admin/units/archive", to="/en/admin/units/archive/remove")
    assert "The unit is removed" in await said(admin, gone)
    gone = await admin.submit("/en/admin/agencies/museum", to="/en/admin/agencies/museum/remove")
    assert "The agency is removed" in await said(admin, gone)


async def test_a_unit_with_services_names_them_and_keeps_its_agency(samples, admin):
    page = await admin.get(UNIT_PAGE)
    assert read_sample("yearbook-qom").title.en in words_of(page.text)
    assert "<select" not in page.text
    other = await admin.submit(UNIT_PAGE, {"agency": read_sample("yearbook-tehran").agency.slug})
    assert other.status_code == 422


async def test_an_old_form_changes_nothing_and_keeps_the_words(samples, admin):
    page = await admin.submit(UNIT_PAGE, {"phone": "111", "_csrf_token": "old"})
    assert page.status_code == 403
    assert 'value="111"' in page.text
    assert not await Unit.exists().where(Unit.phone == "111")


@pytest.mark.parametrize("path", ["agencies/nothing", "units/nothing"])
async def test_an_address_of_nobody_is_not_found(admin, path):
    assert (await admin.get(f"/admin/{path}")).status_code == 404
    assert (await admin.post(f"/admin/{path}", {})).status_code in (403, 404)


async def test_the_pages_are_for_admins_only(samples, clerk, browser):
    for path in ("agencies", "agencies/new", f"agencies/{QOM_AGENCY}", "units/new", f"units/{QOM_UNIT}"):
        assert (await clerk.get(f"/admin/{path}")).status_code == 403
        assert "/accounts/sign-in" in (await browser.get(f"/admin/{path}")).headers["location"]


async def test_an_agency_without_a_unit_for_complaints_is_warned_about(admin):
    await admin.submit("/admin/agencies/new", MUSEUM)
    for path in ("/en/admin/agencies", "/en/admin/agencies/museum"):
        assert "no unit that hears complaints" in (await admin.get(path)).text
    await admin.submit("/en/admin/units/new", {**ARCHIVE, "kind": "inspection"})
    for path in ("/en/admin/agencies", "/en/admin/agencies/museum"):
        page = (await admin.get(path)).text
        assert "no unit that hears complaints" not in page
        assert "Hears complaints (inspection)" in page


async def test_an_agency_names_who_outside_hears_complaints(admin):
    await admin.submit("/admin/agencies/new", MUSEUM)
    outside = {"outside_fa": "سازمان بازرسی کل، تلفن ۱۳۶", "outside_url": "https://bazresi.example"}
    assert "Your change is saved" in await said(
        admin, await admin.submit("/en/admin/agencies/museum", outside)
    )
    page = (await admin.get("/en/admin/agencies/museum")).text
    assert all(words in page for words in outside.values())
    wrong = await admin.submit("/en/admin/agencies/museum", {"outside_url": "javascript:alert(1)"})
    assert wrong.status_code == 422


async def test_a_unit_that_hears_complaints_without_anybody_is_marked(admin):
    await admin.submit("/admin/agencies/new", MUSEUM)
    await admin.submit("/admin/units/new?agency=museum", {**ARCHIVE, "agency": "museum"})
    marked = "Complaints go here, and nobody active works here"
    assert marked not in (await admin.get("/en/admin/agencies")).text
    await admin.submit("/en/admin/units/archive", {"kind": "inspection"})
    for page in ("/en/admin/agencies", "/en/admin/agencies/museum"):
        assert marked in (await admin.get(page)).text

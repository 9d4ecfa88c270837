"""The page on which a site admin chooses how the place is run."""

from datetime import timedelta

import pytest

from db.accounts import Session
from db.people import Setting
from portal import place
from portal.text import without_bidi
from tests.services.test_pages import words_of

PAGE = "/en/admin/settings"


def shown(page) -> str:
    return without_bidi(words_of(page.text))


async def said(admin, answer) -> str:
    assert answer.status_code == 303, words_of(answer.text)
    return shown(await admin.get(answer.headers["location"]))


def seen_on(page) -> str:
    return page.text.partition('name="seen" value="')[2].partition('"')[0]


async def test_every_choice_stands_on_the_page_with_its_help(admin):
    page = shown(await admin.get(PAGE))
    for choice in place.CHOICES.values():
        assert choice.label in page
        assert choice.help in page


async def test_a_change_holds_and_says_who_made_it(admin):
    new = {"reset_approvers": "2", "reset_contact_phone": "۰۲۵ ۳۷۷۰ ۰۰۰۰", "sign_up_open": None}
    page = await said(admin, await admin.submit(PAGE, new))
    assert "The settings are saved" in page
    assert page.count("Changed by Chief:") == 3
    assert await place.get("reset_approvers") == 2
    assert await place.get("reset_contact_phone") == "02537700000"
    assert await place.get("sign_up_open") is False


async def test_saving_without_a_change_keeps_nothing(samples, admin):
    assert "Nothing was changed" in await said(admin, await admin.submit(PAGE))
    assert await Setting.count() == 0


async def test_a_field_left_empty_says_what_holds(samples, admin):
    page = shown(await admin.get(PAGE))
    assert "Now: 02500000001" in page
    assert "Now: Saturday to Wednesday, 7:30 to 14:30" in page


async def test_every_mistake_is_said_at_once_and_nothing_is_saved(admin):
    wrong = {
        "reset_approvers": "3",
        "reset_contact_phone": "12",
        "reset_contact_name_en": "x" * 121,
        "sign_up_open": None,
    }
    page = await admin.submit(PAGE, wrong)
    assert page.status_code == 422
    for sentence in ("from 1 to 2", "area code", "at most 120 fit"):
        assert sentence in page.text
    assert "Telephone — Write the number" in page.text
    assert 'value="12"' in page.text
    assert await Setting.count() == 0


async def test_who_saves_an_older_page_sees_what_holds_and_decides(admin):
    seen = seen_on(await admin.get(PAGE))
    await admin.submit(PAGE, {"reset_contact_name_en": "Reception"})
    refused = await admin.submit(PAGE, {"reset_contact_name_en": "Help desk", "seen": seen})
    assert refused.status_code == 409
    assert "Now: Reception" in shown(refused)
    assert 'value="Help desk"' in refused.text
    again = await admin.submit(PAGE, {"reset_contact_name_en": "Help desk", "seen": seen_on(refused)})
    assert "The settings are saved" in await said(admin, again)
    assert await place.get("reset_contact_name_en") == "Help desk"


async def test_an_old_form_changes_nothing_and_keeps_the_words(admin):
    page = await admin.submit(PAGE, {"reset_contact_name_en": "Help desk", "_csrf_token": "old"})
    assert page.status_code == 403
    assert 'value="Help desk"' in page.text
    assert await Setting.count() == 0


@pytest.mark.parametrize("path", ["/admin/settings", "/en/admin/settings"])
async def test_settings_are_for_admins_who_have_just_shown_who_they_are(admin, clerk, path):
    assert (await clerk.get(path)).status_code == 403
    assert (await admin.get(path)).status_code == 200
    sessions = Session.account == admin.account.id
    row = await Session.select(Session.proved_at).where(sessions).first()
    earlier = row["proved_at"] - timedelta(minutes=16)
    await Session.update({Session.proved_at: earlier}).where(sessions)
    assert (await admin.get(path)).status_code != 200

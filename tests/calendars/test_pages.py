"""The pages on which managers keep calendars."""

from __future__ import annotations

from datetime import date

import pytest
import pytest_asyncio

from db.calendars import CalendarDraft
from portal.calendars import actions, queries
from portal.i18n import Words
from portal.office_hours import IRAN_OFFICE
from tests.calendars.people import somebody
from tests.conftest import NOON
from tests.services.test_pages import words_of
from tests.support.browser import client_of, signed_in

PAGE = "/en/admin/calendar/office"
CLOSURE = {
    "day": "۱۴۰۵/۰۹/۱۴",
    "kind": "closure",
    "name_fa": "آلودگی هوا",
    "name_en": "Air pollution",
    "source": "1405/77",
}
THE_DAY = date(2026, 12, 5)


@pytest_asyncio.fixture
async def manager(db, application):
    await actions.offer("office", Words("ساعت کار", "Office hours"), IRAN_OFFICE, now=NOON)
    async with client_of(application) as client:
        yield await signed_in(client, "manager", "manager")


async def said(browser, answer) -> str:
    """What the page says to which a change has led."""
    assert answer.status_code == 303, words_of(answer.text)
    return words_of((await browser.get(answer.headers["location"])).text)


async def drafted():
    """What the draft says."""
    queries.forget()
    return (await queries.calendar_at_hand("office")).draft.plan


async def test_a_closure_is_drafted_previewed_and_published(manager):
    page = await said(manager, await manager.submit(f"{PAGE}/day", CLOSURE))
    assert "It stands in the draft" in page
    assert "Air pollution" in page
    preview = words_of((await manager.get(f"{PAGE}/change")).text)
    assert "5 December 2026 : Closed all day: Air pollution (until now: As its weekday" in preview
    sent = {"deadlines": "leave", "note": "Decree 1405/77"}
    page = await said(manager, await manager.submit(f"{PAGE}/change", sent))
    assert "Open deadlines stay as they were promised." in page
    assert "Decree 1405/77" in page
    assert THE_DAY in (await queries.newest())["office"].calendar.days


async def test_publishing_needs_the_choice_and_the_reason(manager):
    await manager.submit(f"{PAGE}/day", CLOSURE)
    page = await manager.submit(f"{PAGE}/change", {"note": ""})
    assert page.status_code == 422
    assert "Open deadlines — Choose one." in words_of(page.text)
    assert "Why it changes — Please fill this in." in words_of(page.text)


async def test_every_mistake_of_a_day_is_said_at_once_and_nothing_typed_is_lost(manager):
    wrong = {"day": "1405/12/30", "kind": "part_day", "hours": "8 o'clock", "name_fa": "", "name_en": "Snow"}
    page = await manager.submit(f"{PAGE}/day", wrong)
    assert page.status_code == 422
    for sentence in ("Esfand 1405 has no 30th", "Write hours like", "Please fill this in."):
        assert sentence in words_of(page.text)
    assert 'value="1405/12/30"' in page.text
    assert 'value="Snow"' in page.text
    assert await CalendarDraft.count() == 0


@pytest.mark.parametrize(
    ("kind", "hours", "sentence"),
    [
        ("closure", "8-12", "A closed day has no hours."),
        ("part_day", "", "Write the hours"),
        ("working", "12-8, 9-10", "Write hours like"),
        ("working", "0-1, 2-3, 4-5, 6-7, 8-9, 10-11, 12-13", "at most six stretches"),
        ("holiday", "", "Choose one."),
    ],
)
async def test_kind_and_hours_must_fit(manager, kind, hours, sentence):
    page = await manager.submit(f"{PAGE}/day", {**CLOSURE, "kind": kind, "hours": hours})
    assert sentence in words_of(page.text)


async def test_an_entered_day_is_changed_and_taken_back(manager):
    await manager.submit(f"{PAGE}/day", CLOSURE)
    change = {"kind": "part_day", "hours": "۷:۳۰ تا ۱۰"}
    await manager.submit(f"{PAGE}/day?day={THE_DAY}", change)
    assert (await drafted()).calendar.days[THE_DAY].windows == ((450, 600),)
    held = await manager.get(f"{PAGE}/day?day={THE_DAY}")
    assert 'value="07:30–10:00"' in held.text
    back = await manager.submit(PAGE, to=f"{PAGE}/day/remove")
    assert "A change is being written" not in await said(manager, back)


async def test_a_closure_is_entered_for_several_provinces_at_once(manager):
    await manager.submit("/en/admin/calendar/new", {"title_fa": "قم", "title_en": "Qom", "copy_of": "office"})
    page = await manager.submit(f"{PAGE}/day", {**CLOSURE, "calendars": ["office", "qom"]})
    assert page.status_code == 303
    assert await CalendarDraft.count() == 2
    assert (await manager.submit(f"{PAGE}/day", {**CLOSURE, "calendars": []})).status_code == 422


async def test_a_new_calendar_needs_a_name_of_its_own_in_latin_letters(manager):
    form = {"title_fa": "قم", "title_en": "Qom", "copy_of": "office"}
    assert "It is added" in await said(manager, await manager.submit("/en/admin/calendar/new", form))
    assert (await manager.submit("/en/admin/calendar/new", form)).status_code == 409
    for title in ("قم", "New"):
        page = await manager.submit("/en/admin/calendar/new", {**form, "title_en": title})
        assert "Write a name with Latin letters" in words_of(page.text)


async def test_weekly_hours_hold_from_a_day_on(manager):
    typed = {"since": "1406/01/01", "d3": "8-12، 13-17", "d5": ""}
    page = await said(manager, await manager.submit(f"{PAGE}/week", typed))
    assert "From 21 March 2027 on" in page
    plan = await drafted()
    assert plan.calendar.later[0].week[3] == ((480, 720), (780, 1020))
    assert 5 not in plan.calendar.later[0].week
    assert "8:00–12:00, 13:00–17:00" in (await manager.get(f"{PAGE}/week?since=2027-03-21")).text
    page = await said(manager, await manager.submit(PAGE, to=f"{PAGE}/week/remove"))
    assert "From 21 March 2027 on" not in page


async def test_new_hours_need_their_first_day_unless_they_are_the_first_ones(manager):
    page = await manager.submit(f"{PAGE}/week", {"d5": "8-12"})
    assert "From which day on — Please fill this in." in words_of(page.text)
    page = await said(manager, await manager.submit(f"{PAGE}/week?since=beginning", {"d5": "8-12"}))
    assert "It stands in the draft" in page
    assert (await drafted()).calendar.week[5] == ((480, 720),)


async def test_hours_that_never_open_are_refused_by_the_calendars_name(manager):
    page = await manager.submit(f"{PAGE}/week?since=beginning", {f"d{day}": "" for day in range(7)})
    assert page.status_code == 409
    assert "The calendar “Office hours” would have no working time for 400 days." in words_of(page.text)


async def test_estimated_holidays_are_marked_and_confirmed_one_by_one_or_all(manager):
    year = f"{PAGE}?year=1406"
    assert "Estimated" in words_of((await manager.get(year)).text)
    confirmed = await manager.submit(year, {"day": "2027-06-15"}, to=f"{PAGE}/holidays")
    assert confirmed.headers["location"] == year
    assert [entry.name.en for entry in (await drafted()).entries.values()] == ["Tasua"]
    await manager.submit(year, to=f"{PAGE}/holidays")
    assert len((await drafted()).entries) > 10
    assert "Confirm all estimated days" not in words_of((await manager.get(year)).text)


async def test_a_holiday_is_moved_removed_and_put_back(manager):
    page, other = f"{PAGE}/holidays/2027-06-15", date(2027, 6, 14)
    wrong = await manager.submit(page, {"do": "move"})
    assert "The day on which it is — Please fill this in." in words_of(wrong.text)
    await manager.submit(page, {"do": "move", "to": "2027-06-14"})
    assert [(entry.day, entry.kind) for entry in (await drafted()).entries.values()] == [
        (date(2027, 6, 15), "no_holiday"),
        (other, "holiday"),
    ]
    await manager.submit(f"{PAGE}/holidays/{other}", {"do": "remove"})
    assert list((await drafted()).entries) == [date(2027, 6, 15)]
    await manager.submit(page, {"do": "reset"})
    assert await CalendarDraft.count() == 0


async def test_a_draft_changed_by_somebody_else_is_not_published_unseen(manager):
    await manager.submit(f"{PAGE}/day", CLOSURE)
    seen = (await queries.calendar_at_hand("office")).draft.seen
    other = await somebody("other")
    await actions.set_week("office", date(2027, 3, 21), {5: ((480, 900),)}, by=other, now=NOON)
    sent = {"seen": seen, "deadlines": "leave", "note": "Because."}
    page = await manager.submit(f"{PAGE}/change", sent)
    assert page.status_code == 409
    assert "Somebody else has changed this meanwhile." in page.text
    assert "Because." in page.text


async def test_a_draft_is_dropped(manager):
    await manager.submit(f"{PAGE}/day", CLOSURE)
    page = await said(manager, await manager.submit(f"{PAGE}/change", to=f"{PAGE}/change/drop"))
    assert "The draft is dropped" in page
    assert "No change is being written." in (await manager.get(f"{PAGE}/change")).text


async def test_an_old_form_changes_nothing(manager):
    page = await manager.submit(f"{PAGE}/day", {**CLOSURE, "_csrf_token": "old"})
    assert page.status_code == 403
    assert 'value="Air pollution"' in page.text
    assert await CalendarDraft.count() == 0


@pytest.mark.parametrize(
    "path",
    [
        *(
            "nobody",
            "nobody/day",
            "nobody/week",
            "nobody/change",
            "office/holidays/2027-06-16x",
            "office?year=9",
        ),
        *("of%00fice", "office/holidays/0001-01-01", "office/holidays/9999-12-31"),
    ],
)
async def test_an_address_of_nothing_is_not_found(manager, path):
    assert (await manager.get(f"/admin/calendar/{path}")).status_code == 404


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
async def test_a_day_that_no_year_here_has_is_taken_for_none(manager, day):
    for path in (f"day?day={day}", f"week?since={day}"):
        assert (await manager.get(f"/admin/calendar/office/{path}")).status_code == 200
    await manager.submit(f"{PAGE}/day", CLOSURE)
    for path in ("day/remove", "holidays"):
        answer = await manager.submit(f"{PAGE}?year=1406", {"day": day}, to=f"{PAGE}/{path}")
        assert answer.status_code == 303
    assert list((await drafted()).entries) == [THE_DAY]


async def test_the_pages_are_for_managers_and_admins(manager, admin, clerk, browser):
    assert (await manager.get("/admin/calendar")).status_code == 200
    assert (await admin.get("/admin/calendar")).status_code == 200
    assert (await clerk.get("/admin/calendar")).status_code == 403
    assert "/accounts/sign-in" in (await browser.get("/admin/calendar")).headers["location"]
    assert 'href="/admin/calendar"' in (await manager.get("/admin/services")).text

"""Notices at the desk: what is done to one, the list, the month, and who may do what."""

from datetime import UTC, datetime

import pytest

from db.accounts import Account, Membership
from db.services import Service
from portal.notices import actions, queries
from tests.conftest import NOON
from tests.notices.desk import DAY, DESK, NEW, NOW, an_outage, begun, change, press, typed
from tests.notices.outages import (
    EVALUATION,
    HOUR,
    PLANNED,
    SAYING,
    START,
    WHY,
    YEARBOOK,
    changed,
    found,
    posted,
)
from tests.services.test_pages import words_of
from tests.support.browser import client_of, held_by_form, signed_in


async def test_an_outage_is_moved_and_the_page_tells_of_it(desk):
    no = await an_outage()
    answer = await change(
        desk,
        no,
        "reschedule",
        starts_at=typed(NOW + 5 * DAY),
        ends_at="",
        text_fa="دلیل",
        text_en="Parts come late",
    )
    page = words_of((await desk.get(answer.headers["location"])).text)
    assert (await found(no)).starts_at == NOW + 5 * DAY
    for said in ("The new window is announced.", "Parts come late", "Moved to another time", "Clerk"):
        assert said in page, said


async def test_the_history_at_the_desk_shows_the_old_window_and_the_new_one(desk):
    notice = await posted()
    await actions.reschedule(notice.no, START + DAY, START + DAY + HOUR, WHY, seen=1, by=None, now=NOON)
    page = (await desk.get(f"{DESK}/{notice.no}")).text
    assert "24 November 2026 from 12:00 to 14:00</del>" in page
    assert "25 November 2026 from 12:00 to 13:00</ins>" in page


async def test_each_text_that_a_change_asks_for_says_what_it_is(desk):
    no = await an_outage()
    page = words_of((await desk.get(f"{DESK}/{no}")).text)
    assert "Text in Persian" not in page
    for said in ("What is new, in Persian", "Why it is moved, in English", "Why it is cancelled, in Persian"):
        assert said in page, said
    refused = await change(desk, no, "cancel", text_fa="", text_en="")
    assert "Why it is cancelled, in Persian — " in words_of(refused.text)


async def test_an_outage_that_is_on_is_extended_verified_and_ended(desk):
    no = await begun()
    await change(
        desk, no, "extend", ends_at=typed(NOW + 3 * HOUR), text_fa="بیشتر", text_en="It takes longer"
    )
    await change(desk, no, "verify")
    await change(desk, no, "end", started_at=typed(NOW - HOUR / 2), finished_at="")
    notice = await found(no)
    assert notice.begins == NOW - HOUR / 2
    assert notice.verifying_at is not None
    assert notice.finished_at is not None
    page = words_of((await desk.get(f"{DESK}/{no}")).text)
    assert "Write a report" in page
    assert "Extend the outage" not in page
    await change(desk, no, "report", text_fa="گزارش", text_en="What we have learnt")
    assert "What we have learnt" in (await desk.get(f"{DESK}/{no}")).text


async def test_an_incident_is_updated_its_cause_named_and_fixed(desk):
    draft = changed(PLANNED, kind="incident", starts_at=NOW - HOUR, ends_at=None)
    no = await actions.post(draft, by=None, now=NOW - HOUR)
    await change(desk, no, "update", state="identified", text_fa="علت", text_en="It is the disk")
    await change(desk, no, "cause", cause="hardware")
    await change(desk, no, "update", state="fixed", text_fa="درست شد", text_en="The disk is new")
    notice = await found(no)
    assert (notice.state, notice.cause, notice.finished_at is not None) == ("fixed", "hardware", True)


async def test_two_people_at_once_the_second_keeps_what_was_typed(desk):
    no = await an_outage()
    await actions.update(no, WHY, seen=1, by=None, now=NOW)
    fields = {"seen": "1", "text_fa": "متن من", "text_en": "My own words"}
    page = await desk.submit(f"{DESK}/{no}", fields, to=f"{DESK}/{no}/update")
    assert page.status_code == 409
    assert "Somebody else has changed this notice meanwhile." in page.text
    assert "My own words" in page.text
    answer = await change(desk, no, "update", text_fa="متن من", text_en="My own words")
    assert answer.status_code == 303


async def test_what_is_over_says_so_and_keeps_what_was_typed(desk):
    no = await begun()
    held = held_by_form((await desk.get(f"{DESK}/{no}")).text, f"{DESK}/{no}/update")
    await actions.end(no, seen=1, by=None, now=NOW)
    page = await desk.post(
        f"{DESK}/{no}/update", {**held, "seen": "2", "text_fa": "متن", "text_en": "Late words"}
    )
    assert page.status_code == 409
    assert "This notice is over" in page.text
    assert "Late words" in page.text
    assert "Write an update" not in (await desk.get(f"{DESK}/{no}")).text


async def test_a_form_that_was_open_too_long_keeps_what_was_typed(desk):
    no = await begun()
    page = await desk.post(f"{DESK}/{no}/update", {"seen": "1", "text_en": "Late words"})
    assert page.status_code == 403
    assert "Late words" in page.text


async def test_a_clerk_posts_only_for_their_own_units(samples, clerk):
    yearbook, other = [await Service.objects().get(Service.slug == slug) for slug in (YEARBOOK, EVALUATION)]
    assert yearbook.unit != other.unit
    await Membership.delete(force=True)
    assert "No service is yours to announce" in (await clerk.get(NEW)).text
    await Account.update({Account.unit: yearbook.unit}).where(Account.id == clerk.account.id)
    assert EVALUATION not in (await clerk.get(NEW)).text
    assert (await press(clerk, "post")).status_code == 422
    assert (await press(clerk, "post", **{f"impact_{EVALUATION}": ""})).status_code == 303
    saying = changed(SAYING, services={EVALUATION: "slow"})
    no = await an_outage(saying=saying)
    page = await clerk.get(f"{DESK}/{no}")
    assert "belongs to services of another unit" in page.text
    assert (await clerk.post(f"{DESK}/{no}/verify", {})).status_code == 403


async def test_a_manager_posts_for_their_agency_and_a_site_admin_for_all(samples, application):
    yearbook = await Service.objects().get(Service.slug == YEARBOOK)
    offered = {}
    for role in ("manager", "admin", "auditor"):
        async with client_of(application) as client:
            browser = await signed_in(client, role, role)
            await Membership.delete(force=True)
            await Account.update({Account.unit: yearbook.unit}).where(Account.id == browser.account.id)
            offered[role] = (await browser.get(NEW)).text.count('name="impact_')
    own = await Service.count().where(Service.agency == yearbook.agency)
    assert offered == {"manager": own, "admin": await Service.count(), "auditor": 0}
    assert 1 < own < await Service.count()


async def test_the_list_sorts_by_where_a_notice_stands(desk):
    await an_outage()
    await begun()
    await an_outage(publish_at=NOW + DAY)
    past = await begun()
    await actions.cancel(await an_outage(), WHY, seen=1, by=None, now=NOW)
    await actions.end(past, seen=1, by=None, now=NOW)
    text = words_of((await desk.get(DESK)).text)
    places = [
        text.index(f"{heading} Notice Kind") for heading in ("On now", "Ahead", "Not published yet", "Past")
    ]
    assert places == sorted(places)


async def test_the_past_is_paged(desk, monkeypatch):
    monkeypatch.setattr("portal.notices.staff_routes.PAGE", 2)
    monkeypatch.setattr("portal.paging.PAGE", 2)
    numbers = [await begun() for _n in range(3)]
    for no in numbers:
        await actions.end(no, seen=1, by=None, now=NOW)

    def listed(page):
        return [no for no in numbers if f'/desk/notices/{no}"' in page]

    page = (await desk.get(DESK)).text
    older = page.split('rel="next" href="')[1].split('"')[0]
    assert listed(page) == numbers[1:]
    assert listed((await desk.get(older)).text) == numbers[:1]


@pytest.mark.parametrize(("path", "month"), [("/en", "November 2026"), ("", "آبان ۱۴۰۵")])
async def test_the_month_is_jalali_in_persian_and_gregorian_in_english(desk, path, month):
    page = words_of((await desk.get(f"{path}/desk/notices/calendar?month=2026-11-10")).text)
    assert month in page


async def test_the_month_shows_a_window_on_each_of_its_days(desk):
    start = datetime(2031, 3, 10, 20, 0, tzinfo=UTC)  # 23:30 in Tehran
    await posted(changed(PLANNED, starts_at=start, ends_at=start + 2 * HOUR), now=start - 3 * DAY)
    page = await desk.get(f"{DESK}/calendar?month=2031-03-01")
    assert page.text.count("23:30–01:30") == 2
    assert (await queries.between(start + 2 * HOUR, start + DAY)) == []


@pytest.mark.parametrize("month", ["x", "0001-01-01", "9999-12-31", "2026-13-01"])
async def test_a_month_that_is_none_is_not_found(desk, month):
    for path in (DESK, "/desk/notices"):
        assert (await desk.get(f"{path}/calendar?month={month}")).status_code == 404


async def test_auditors_read_and_change_nothing(samples, application):
    async with client_of(application) as client:
        auditor = await signed_in(client, "auditor", "auditor")
        no = await an_outage()
        assert "What you can do" not in (await auditor.get(f"{DESK}/{no}")).text
        assert (await auditor.get(NEW)).status_code == 403
        assert (await auditor.post(f"{DESK}/{no}/cancel", {})).status_code == 403


@pytest.mark.parametrize("before", [-1, -(10**20), 10**20])
async def test_the_list_opens_before_any_number(desk, before):
    assert (await desk.get(f"{DESK}?before={before}")).status_code == 200

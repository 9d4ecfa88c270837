"""A new notice at the desk: its form, the preview, every mistake."""

import re
from datetime import timedelta

import pytest

from db.audit import AuditEntry
from db.notices import Notice, NoticeSeries
from db.services import Service
from db.subscriptions import Subscription
from tests.notices.desk import DAY, DESK, NOW, an_outage, change, press, typed
from tests.notices.outages import EVALUATION, HOUR, YEARBOOK, found
from tests.services.test_pages import words_of


async def test_an_outage_is_posted_from_one_form(desk):
    answer = await press(desk, "post")
    row = await Notice.objects().first()
    assert answer.headers["location"] == f"{DESK}/{row.no}"
    assert (row.kind, row.made_by) == ("planned", desk.account.id)
    notice = await found(row.no)
    assert {of.slug: of.impact for of in notice.services} == {YEARBOOK: "unavailable", EVALUATION: "slow"}
    assert notice.starts_at == NOW + 3 * DAY
    assert "The notice is posted." in (await desk.get(answer.headers["location"])).text
    assert await AuditEntry.exists().where(AuditEntry.action == "notice_posted")


async def test_the_preview_shows_both_languages_who_is_told_and_the_lead_and_posts_nothing(desk):
    service = await Service.objects().get(Service.slug == YEARBOOK)
    for n, about in enumerate((service.id, None, None)):
        await Subscription.insert(
            Subscription(
                address=f"reader{n % 2}@example.org",
                locale="fa",
                service=about,
                kinds='["planned"]',
                made_at=NOW,
                confirmed_at=NOW,
            )
        )
    page = words_of((await press(desk, "preview")).text)
    assert "قطعی سالنامه" in page
    assert "Yearbook outage" in page
    assert "Addresses that are told by e-mail: 2" in page
    assert "Announced 71 hours before its beginning, promised 48 hours: kept." in page
    for said in ("You get this because you asked for notices of this portal.", "اگر دیگر نمی‌خواهید"):
        assert said in page, said  # the very words of the mail
    assert await Notice.count() == 0


async def test_what_is_late_needs_a_reason_before_it_is_posted(desk):
    late = {"starts_at": typed(NOW + 20 * HOUR), "ends_at": ""}
    assert "promised 48 hours: missed. Please say why." in words_of(
        (await press(desk, "preview", **late)).text
    )
    refused = await press(desk, "post", **late)
    assert refused.status_code == 422
    assert "19 hours before its beginning, promised 48 hours: missed" in words_of(refused.text)
    assert "The database is upgraded." in refused.text
    posted = await press(desk, "post", **late, late_reason_fa="خرابی", late_reason_en="A broken disk")
    assert posted.status_code == 303
    assert (await Notice.objects().first()).late_reason_en == "A broken disk"


async def test_the_preview_asks_for_the_reason_where_it_is_written_until_it_is_given(desk):
    late = {"starts_at": typed(NOW + 20 * HOUR), "ends_at": ""}
    asked = await press(desk, "preview", **late)
    assert re.search("<details open>\\s*<summary>Publish it later, or say why it is late", asked.text)
    given = await press(desk, "preview", **late, late_reason_fa="خرابی", late_reason_en="A broken disk")
    assert "Please say why." not in given.text


async def test_the_preview_links_no_page_that_is_not_there_yet(desk):
    assert 'href="/notices/0"' not in (page := (await press(desk, "preview")).text)
    assert 'href="/en/notices/0"' not in page
    assert "/notices/0" not in page
    assert page.count("(the address comes with the notice)") == 1
    assert page.count("(نشانی همراه اطلاعیه می‌آید)") == 1


async def test_an_incident_begins_now_unless_it_says_otherwise(desk):
    await press(desk, "post", kind="incident", starts_at="", ends_at="", cause="infrastructure")
    row = await Notice.objects().first()
    assert (row.kind, row.cause, row.state) == ("incident", "infrastructure", "investigating")
    assert row.starts_at == row.published_at


async def test_the_usual_words_fill_only_what_is_empty(desk):
    page = await press(desk, "fill", title_en="", body_fa="", **{f"impact_{YEARBOOK}": "read_only"})
    assert "Technical work: no new requests for a while" in page.text
    assert "پیگیری کار می‌کند" in page.text
    assert "The empty texts are filled." in page.text
    assert "The database is upgraded." in page.text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"ends_at": typed(NOW + 2 * DAY)}, "The end must lie after the beginning."),
        ({"starts_at": typed(NOW - DAY), "ends_at": ""}, "This has begun already."),
        ({"starts_at": "tomorrow"}, "Write day and time like"),
        ({"starts_at": "2126-01-01 10:00", "ends_at": ""}, "more than two years ahead"),
        ({"ends_at": "2126-01-01 10:00"}, "more than two years ahead"),
        ({"starts_at": "1405/13/01 10:00"}, "There is no month 13"),
        ({"publish_at": typed(NOW + 4 * DAY)}, "It must be published before it begins."),
        ({f"impact_{YEARBOOK}": "", f"impact_{EVALUATION}": ""}, "Choose at least one service"),
        ({"impact_nothing": "slow"}, "There is no such service"),
        ({f"impact_{YEARBOOK}": "gone"}, "There is no such service"),
        ({"title_en": "x" * 201}, "at most 200 fit"),
        ({"body_en": "x" * 4001}, "at most 4,000 fit"),
        ({"advice_fa": "صبر کنید"}, "in both languages"),
        ({"repeat": "own", "rule": "FREQ=SECONDLY"}, "Write a rule like"),
        ({"repeat": "weekly", "times": "3", "last_day": "1406/01/01"}, "not both"),
        ({"repeat": "weekly", "ends_at": ""}, "What comes again needs an end."),
    ],
)
@pytest.mark.parametrize("do", ["post", "preview"])
async def test_a_mistake_is_named_at_its_field_and_what_was_typed_stays(desk, fields, said, do):
    page = await press(desk, do, **{"title_fa": "عنوان من", **fields})
    assert page.status_code == 422
    assert said in words_of(page.text)
    assert "عنوان من" in page.text
    assert 'aria-invalid="true"' in page.text
    assert await Notice.count() == 0


async def test_who_may_only_hope_for_speed_is_told_to_be_patient(desk):
    page = await press(desk, "fill", **{f"impact_{YEARBOOK}": "", f"impact_{EVALUATION}": "slow"})
    assert "press each button once only" in page.text
    assert "before the work begins or after" not in page.text


async def test_hints_and_filled_fields_write_dates_alike(desk):
    page = (await desk.get(f"{DESK}/{await an_outage()}")).text
    assert "Like 2026-12-05 22:00." in page
    assert f'value="{NOW + 3 * DAY + timedelta(hours=3.5):%Y-%m-%d %H:%M}"' in page


async def test_windows_that_come_again_are_listed_in_the_preview_and_posted(desk):
    fields = {"repeat": "weekly", "times": "3"}
    assert "each a notice of its own: 3" in words_of((await press(desk, "preview", **fields)).text)
    await press(desk, "post", **fields)
    assert await Notice.count() == 3
    first = await Notice.objects().order_by(Notice.no).first()
    page = words_of((await desk.get(f"{DESK}/{first.no}")).text)
    assert "Every week; 3 times in all" in page
    assert "FREQ=" not in page
    answer = await change(
        desk, first.no, "end-series", also_ahead="yes", text_fa="دلیل", text_en="No longer needed"
    )
    assert answer.status_code == 303
    assert (await NoticeSeries.objects().first()).ended_at is not None
    assert await Notice.count().where(Notice.cancelled_at.is_not_null()) == 3


async def test_a_window_cannot_be_moved_onto_the_next_of_its_series(desk):
    await press(desk, "post", repeat="weekly", times="2")
    first, second = await Notice.objects().order_by(Notice.no)
    page = await change(
        desk, first.no, "reschedule", starts_at=typed(second.starts_at), text_fa="دلیل", text_en="Why"
    )
    assert page.status_code == 422
    assert "Another window of the same series begins then." in page.text

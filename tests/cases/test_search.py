"""Searching the queue: by code in any spelling, by words, by e-mail, by phone."""

from urllib.parse import quote

import msgspec
import pytest

from db.cases import Case
from portal import codes, text
from portal.cases import actions, desk_queries
from portal.cases.desk_queries import QueueFilters
from portal.cases.desk_search import ALL, words_query
from tests.cases.factories import a_case, reads_all
from tests.cases.test_queue import filed_many, numbers, queue
from tests.conftest import NOON


@pytest.mark.parametrize("narrowed", ["", "&mine=1&state=registered"])
async def test_a_code_opens_its_case_at_once(clerk, narrowed):
    filed = await a_case()
    await actions.withdraw(filed.case_id, reason="", now=NOON)
    shown, digits = codes.show_text(filed.number), codes.show_numeric(filed.number)
    for typed in (shown, shown.lower().replace("-", " "), text.persian_digits(digits), f"کد پیگیری: {shown}"):
        answer = await clerk.get(f"/en/desk?q={quote(typed)}{narrowed}")
        assert (answer.status_code, answer.headers.get("location")) == (303, f"/en/desk/cases/{shown}"), typed


async def test_a_code_of_no_case_finds_nothing(clerk):
    await a_case()
    page = await clerk.get(f"/en/desk?q={codes.show_text(codes.LOWEST)}")
    assert (page.status_code, "No matching case." in page.text) == (200, True)


async def test_the_beginning_of_a_code_finds_its_case(db):
    filed, _other = await a_case(), await a_case()
    shown, digits = codes.show_text(filed.number), codes.show_numeric(filed.number)
    for typed in (shown[:9], shown[:7].lower(), shown[:14].replace("-", " "), digits[:12], digits[:23]):
        assert await numbers(q=typed) == [filed.number], typed
    assert filed.number in await numbers(q=shown[:4])


async def test_a_slip_in_a_code_is_said(clerk):
    await a_case()
    page = await clerk.get("/en/desk?q=XKP9-2ZKY-93WR-1W75")
    assert "tracking code with a typing mistake" in page.text


async def test_words_are_found_by_their_beginnings_in_any_order(db):
    filed = await a_case(contact_name="نرگس صادقی", body="لایهٔ راه‌های استان")
    await a_case(contact_name="مریم رضایی", body="لایهٔ رودها")
    for typed in ("نرگس", "صادق نرگ", "لايه راههاي", "راه‌ها", "استان نرگس"):
        assert await numbers(q=typed) == [filed.number], typed


async def test_every_word_must_occur(db):
    await a_case(contact_name="نرگس صادقی", agency_name="استانداری")
    assert await numbers(q="نرگس شهرداری") == []


async def test_words_joined_by_a_slash_are_found_apart(db):
    filed = await a_case(body="استان/شهرستان")
    assert await numbers(q="شهرستان") == [filed.number]


async def test_an_email_is_found_whole_and_by_its_beginning(db):
    filed = await a_case(contact_email="Sara.K@stats.example")
    await a_case(contact_email="zed@stats.example")
    for typed in ("sara.k@stats.example", "SARA.K@"):
        assert await numbers(q=typed) == [filed.number], typed


async def test_a_percent_sign_in_an_email_is_only_a_sign(db):
    await a_case(contact_email="sara@stats.example")
    assert await numbers(q="%@") == []


@pytest.mark.parametrize("typed", ["09123456789", "۰۹۱۲۳۴۵۶۷۸۹", "0912 345", "+98 912 345 6789", "912345"])
async def test_a_phone_is_found_as_people_write_it(db, typed):
    filed = await a_case(contact_phone="+989123456789")
    await a_case(contact_phone="+989350000000")
    assert await numbers(q=typed) == [filed.number]


@pytest.mark.parametrize("typed", ["6789", "۶۷۸۹", "56 789", "3456789"])
async def test_a_phone_is_found_by_its_last_digits(db, typed):
    filed = await a_case(contact_phone="+989123456789")
    await a_case(contact_phone="+989356789000")
    assert await numbers(q=typed) == [filed.number]


async def test_a_case_that_is_found_in_two_ways_is_listed_once(db):
    filed = await a_case(contact_phone="+989123456789", body="شمارهٔ ۰۹۱۲۳۴۵۶۷۸۹")
    assert await numbers(q="09123456789") == [filed.number]


async def test_the_number_of_a_letter_is_found(db):
    filed = await a_case(body="پیرو نامهٔ ۱۴۰۵/۷۷۳۱")
    await a_case()
    assert await numbers(q="7731") == [filed.number]


async def test_what_is_found_is_ordered_by_promise_and_paged(db):
    await filed_many(60)
    first = await queue(q="مریم")
    second = await queue(q="مریم", after=first.next)
    shown = [row.number for row in (*first.rows, *second.rows)]
    assert (len(first.rows), len(second.rows), second.next) == (50, 10, None)
    assert shown == await numbers_in_order()


async def numbers_in_order():
    rows = await Case.raw('SELECT number FROM "case" ORDER BY next_due_at NULLS LAST, id')
    return [row["number"] for row in rows]


async def test_a_search_keeps_to_the_filters(db):
    opened, ended = await a_case(), await a_case()
    await actions.withdraw(ended.case_id, reason="", now=NOON)
    assert await numbers(q="مریم") == [opened.number]
    assert await numbers(q="مریم", state="withdrawn") == [ended.number]
    assert await numbers(q="مریم", state=ALL) == [opened.number, ended.number]


async def test_ended_cases_are_found_by_beginnings_where_whole_words_find_none(db):
    whole, longer = [
        await a_case(body=f"{word} استان", contact_name="زهرا") for word in ("گزارش", "گزارش‌های")
    ]
    for ended in (whole, longer):
        await actions.withdraw(ended.case_id, reason="", now=NOON)
    for state in ("withdrawn", ALL):
        assert await numbers(q="گزارش اس", state=state) == [whole.number]
        assert await numbers(q="اس گزارش", state=state) == [whole.number, longer.number]
        assert await numbers(q="گزا زهرا", state=state) == [whole.number, longer.number]
    still_open = await a_case(body="گزارش‌های استان")
    assert await numbers(q="گزارش اس", state=ALL) == [still_open.number, whole.number]


async def test_a_case_of_another_unit_keeps_no_beginning_from_being_looked_for(db):
    mine = await a_case(slug="yearbook-qom", audience="citizen", body="گزارش‌های استان")
    theirs = await a_case(slug="spatial-observatory", body="گزارش استان")
    for ended in (mine, theirs):
        await actions.withdraw(ended.case_id, reason="", now=NOON)
    case = await Case.select(Case.unit).where(Case.id == mine.case_id).first()
    clerk = msgspec.structs.replace(reads_all(), role="staff", units=(case["unit"],), is_staff=True)
    page = await desk_queries.queue(QueueFilters(q="گزارش اس", state=ALL), reader=clerk, now=NOON)
    assert [row.number for row in page.rows] == [mine.number]


async def test_nothing_found_among_open_cases_offers_all(clerk):
    ended = await a_case(contact_name="Sara")
    await actions.withdraw(ended.case_id, reason="", now=NOON)
    page = await clerk.get("/en/desk?q=sara")
    assert "No matching case." in page.text
    assert 'href="/en/desk?state=all&amp;q=sara"' in page.text


async def test_a_search_that_meets_too_much_says_so(db, monkeypatch):
    monkeypatch.setattr(desk_queries, "MOST_MATCHES", 2)
    for _ in range(3):
        await a_case()
    page = await desk_queries.queue(QueueFilters(q="مریم"), reader=reads_all(), now=NOON)
    assert (len(page.rows), page.capped) == (2, True)


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("Road maps", "road:* & maps:*"),
        ("a & b | !c", "a:* & b:* & c:*"),
        ("x:* <-> 'y'", "x:* & y:*"),
        ("\\'); DROP", "drop:*"),
        ("راه‌های استان", "راههای:* & استان:*"),
        ("... !!", ""),
        ("", ""),
        (
            "one two three four five six seven eight nine",
            "one:* & two:* & three:* & four:* & five:* & six:* & seven:* & eight:*",
        ),
    ],
)
def test_a_query_holds_nothing_but_words(typed, asked):
    assert words_query(typed) == asked


@pytest.mark.parametrize("typed", ["!!!", "&", "':*", "a\\b", "%", "_", "@", "-", "x" * 5000, "\u200c"])
async def test_no_search_is_an_error(db, typed):
    await a_case()
    assert await queue(q=typed) is not None


@pytest.mark.parametrize("edge", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
async def test_a_cursor_at_the_edge_of_time_is_the_first_page(clerk, edge):
    cursor = f"{edge}_00000000-0000-0000-0000-000000000000"
    assert (await clerk.get("/en/desk", params={"after": cursor})).status_code == 200

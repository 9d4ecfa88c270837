"""Opening an ended case again: as long as the statement says, counted from its end and from nothing else."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from db.cases import Case
from portal.cases import access, actions, desk_actions, ratings, reopening
from portal.errors import Conflict
from portal.office_hours import IRAN_OFFICE
from tests.cases.closings import a_closed_case, close, mail_about
from tests.cases.factories import BROWSER, a_case, a_clerk
from tests.cases.visitors import as_filer, by_desk, path_of, right_now, send
from tests.conftest import NOON
from tests.support.browser import held_by_form

TEHRAN = ZoneInfo("Asia/Tehran")
DAY = timedelta(days=1)
# NOON is a Saturday; Thursday and Friday are free: the fifth working day after it is the next Saturday.
FIFTH = datetime(2026, 11, 28, 23, 59, 59, tzinfo=TEHRAN)


def test_the_last_day_is_counted_in_working_days_from_the_day_after_the_end():
    assert reopening.last_instant(NOON, IRAN_OFFICE, 1) == datetime(2026, 11, 22, 23, 59, 59, tzinfo=TEHRAN)
    assert reopening.last_instant(NOON, IRAN_OFFICE, 5) == FIFTH


def test_an_end_late_at_night_counts_for_its_own_day():
    late = datetime(2026, 11, 21, 23, 30, tzinfo=TEHRAN).astimezone(UTC)
    assert reopening.last_instant(late, IRAN_OFFICE, 5) == FIFTH


def test_without_a_word_in_the_statement_it_is_thirty_days():
    assert reopening.last_instant(NOON, IRAN_OFFICE, None) == datetime(
        2026, 12, 21, 23, 59, 59, tzinfo=TEHRAN
    )


async def test_a_case_is_opened_again_up_to_its_last_instant(db):
    filed = await a_closed_case(reopen_days=5)
    await actions.reopen(filed.case_id, reason="نشد", now=FIFTH)
    assert (await Case.select(Case.state).first())["state"] == "in_review"


@pytest.mark.parametrize(
    ("locale", "subject", "promise"),
    [
        ("en", "Your request is open again", "You will hear from us by"),
        ("fa", "درخواست شما دوباره باز شد", "به شما خبر می‌دهیم"),
    ],
)
async def test_who_opens_a_case_again_is_told_so_and_by_when_to_expect_its_result(
    db, settings, locale, subject, promise
):
    filed = await a_closed_case(reopen_days=5, locale=locale)
    await actions.reopen(filed.case_id, reason="نشد", now=NOON + DAY)
    mail = await mail_about("reopened", settings, now=NOON + DAY)
    assert mail.subject.startswith(subject)
    assert promise in mail.text


async def test_a_second_later_it_is_not(db):
    filed = await a_closed_case(reopen_days=5)
    with pytest.raises(Conflict):
        await actions.reopen(filed.case_id, reason="نشد", now=FIFTH + timedelta(seconds=1))


async def test_neither_a_note_nor_a_rating_makes_the_time_longer(db):
    filed, clerk = await a_closed_case(reopen_days=5), await a_clerk()
    await desk_actions.note(filed.case_id, clerk=clerk, seen=2, body="یادداشت", now=NOON + 5 * DAY)
    (question,) = await ratings.of_case(filed.case_id, now=NOON + 6 * DAY)
    await ratings.rate(question, score=1, comment="بد", now=NOON + 6 * DAY)
    with pytest.raises(Conflict):
        await actions.reopen(filed.case_id, reason="نشد", now=FIFTH + timedelta(seconds=1))


async def test_each_end_has_a_time_of_its_own(db):
    filed = await a_closed_case(reopen_days=5)
    await actions.reopen(filed.case_id, reason="نشد", now=NOON + DAY)
    await close(filed, now=NOON + 30 * DAY)
    await actions.reopen(filed.case_id, reason="باز هم نشد", now=NOON + 31 * DAY)


def test_an_end_from_before_its_day_was_written_down_leaves_thirty_days():
    assert reopening.until(NOON, {"outcome": "done"}) == NOON + 30 * DAY


async def test_a_rejected_case_can_be_opened_again_and_a_withdrawn_one_not(db):
    rejected, withdrawn, clerk = await a_case(), await a_case(), await a_clerk()
    await desk_actions.reject(rejected.case_id, clerk=clerk, seen=1, reason="نه", now=NOON)
    await actions.withdraw(withdrawn.case_id, reason="", now=NOON)
    await actions.reopen(rejected.case_id, reason="چرا", now=NOON + DAY)
    with pytest.raises(Conflict):
        await actions.reopen(withdrawn.case_id, reason="باز", now=NOON + DAY)


async def test_mail_and_page_name_the_last_day(db, settings, browser):
    filed = await a_closed_case(
        reopen_days=5, locale="en", key=settings.secret_key, filed_at=right_now(), now=right_now()
    )
    last = reopening.last_instant(right_now(), IRAN_OFFICE, 5).astimezone(TEHRAN)
    day = f"{last.day} {last:%B}"
    assert day in (await mail_about("closed", settings, now=right_now())).text
    page = (await as_filer(browser).get(path_of(filed))).text
    assert page.count(day) >= 2
    sent = await send(browser, filed, "reopen", {"reason": "Nothing came."})
    assert sent.status_code == 303
    page = (await browser.get(path_of(filed))).text
    assert "Your request is open again" in page
    assert "New answer" in page  # its day stands beside the days of what was given before


async def test_after_the_last_day_the_page_offers_no_form_and_takes_none(db, settings, browser):
    past = right_now() - 60 * DAY
    filed = await a_closed_case(reopen_days=5, locale="en", key=settings.secret_key, filed_at=past, now=past)
    key = access.browser_grant(settings.secret_key, filed.case_id, BROWSER, tier=2, now=right_now())
    await key.save()
    page = (await as_filer(browser).get(path_of(filed))).text
    assert "This did not solve it" not in page
    held = held_by_form(page, f"{path_of(filed)}/lock")
    answer = await browser.post(f"{path_of(filed)}/reopen", {**held, "reason": "Nothing came."})
    assert answer.status_code in (403, 409)
    assert (await Case.select(Case.state).first())["state"] == "closed"


async def test_a_complaint_that_was_turned_away_is_appealed_not_opened_again(db, settings, browser, clerk):
    complaint = await a_case(
        kind="complaint", topic="service", locale="en", key=settings.secret_key, now=right_now()
    )
    await by_desk("reject", complaint, clerk, reason="نه")
    assert (
        "open the request again until" not in (await mail_about("rejected", settings, now=right_now())).text
    )
    assert "This did not solve it" not in (await as_filer(browser).get(path_of(complaint))).text
    assert "can open it again until" not in (await clerk.get(f"/en/desk{path_of(complaint)[3:]}")).text
    with pytest.raises(Conflict):
        await actions.reopen(complaint.case_id, reason="باز", now=right_now())

"""A decision says why, what is done, and whom to turn to next: to the next level once, then outside."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from db.cases import Case
from db.outbox import OutboxMessage
from portal.cases import complaints, desk_actions
from portal.errors import Conflict
from portal.marks import Target
from portal.office_hours import IRAN_OFFICE, instant
from portal.services.actions import load_service, read_sample
from tests.cases.complaining import a_complaint, hearing_units, somebody
from tests.cases.factories import SLUG
from tests.cases.test_mails import drawn
from tests.cases.visitors import as_filer, path_of, right_now, send
from tests.conftest import NOON, OPENED

DAY = timedelta(days=1)
TEHRAN = ZoneInfo(IRAN_OFFICE.zone)


@pytest.fixture
async def units(db):
    return await hearing_units()


async def decide(complaint, unit, *, outcome="not_upheld", name="inspector", now=NOON):
    """Somebody of ``unit`` decides, with a remedy where one is due."""
    clerk = await somebody(name, unit)
    row = await Case.select(Case.version).where(Case.id == complaint.case_id).first()
    remedy = "" if outcome == "not_upheld" else "رسیدگی را از سر گرفتیم."
    await desk_actions.decide(
        complaint.case_id,
        clerk=clerk.account_id,
        seen=row["version"],
        outcome=outcome,
        reasons="پرونده دو ماه مانده بود.",
        remedy=remedy,
        now=now,
    )


async def test_the_applicant_reads_the_decision_with_its_reasons_and_remedy(units, browser, settings):
    complaint = await a_complaint(units["inspection"], key=settings.secret_key, now=right_now())
    visitor = as_filer(browser)
    before = await visitor.get(path_of(complaint))
    assert "independent of those who worked on what you complain about" in before.text
    await decide(complaint, units["inspection"], outcome="partly_upheld", now=right_now())
    page = await visitor.get(path_of(complaint))
    assert "The complaint was decided: Partly upheld." in page.text
    for words in ("پرونده دو ماه مانده بود.", "آنچه برای جبران می‌کنیم:", "رسیدگی را از سر گرفتیم."):
        assert words in page.text
    assert "Appeals" in page.text
    assert "you can appeal until" in page.text
    assert "Open the request again" not in page.text


async def test_the_applicant_appeals_once_and_is_then_told_who_hears_it_outside(units, browser, settings):
    complaint = await a_complaint(units["inspection"], key=settings.secret_key, now=right_now())
    visitor = as_filer(browser)
    await decide(complaint, units["inspection"], now=right_now())
    empty = await send(visitor, complaint, "appeal", {"reason": ""})
    assert (empty.status_code, 'href="#appeal"' in empty.text) == (422, True)
    sent = await send(visitor, complaint, "appeal", {"reason": "دلیل‌ها با پیوست‌ها نمی‌خواند."})
    assert sent.status_code == 303
    page = await visitor.get(path_of(complaint))
    assert "Your appeal has arrived" in page.text
    assert "New answer" in page.text
    assert "Appeals" in page.text
    await decide(complaint, units["appeals"], name="other", now=right_now())
    page = await visitor.get(path_of(complaint))
    assert "This was decided for the second time; here it can" in page.text
    assert "Outside of this agency you can turn to: General Inspection, 136" in page.text
    assert "/appeal" not in page.text
    with pytest.raises(Conflict):
        await complaints.appeal(complaint.case_id, reason="باز هم", now=right_now())


async def test_nobody_appeals_before_a_decision_or_a_month_after_it(units):
    complaint = await a_complaint(units["inspection"])
    with pytest.raises(Conflict):
        await complaints.appeal(complaint.case_id, reason="نه", now=NOON)
    await decide(complaint, units["inspection"])
    midnight = instant(TEHRAN, (NOON + 30 * DAY).astimezone(TEHRAN).date(), DAY)
    with pytest.raises(Conflict):
        await complaints.appeal(complaint.case_id, reason="نه", now=midnight)
    # The page names the day only, so all of it counts.
    await complaints.appeal(complaint.case_id, reason="نه", now=midnight - timedelta(minutes=1))


async def test_a_complaint_that_was_turned_away_can_t_be_appealed(units):
    complaint, clerk = (
        await a_complaint(units["inspection"]),
        await somebody("inspector", units["inspection"]),
    )
    await desk_actions.reject(complaint.case_id, clerk=clerk.account_id, seen=1, reason="نامربوط", now=NOON)
    with pytest.raises(Conflict):
        await complaints.appeal(complaint.case_id, reason="نه", now=NOON)


async def test_without_an_appeals_unit_others_of_the_same_unit_hear_it(db):
    units = await hearing_units(("inspection",))
    complaint = await a_complaint(units["inspection"])
    await decide(complaint, units["inspection"])
    await complaints.appeal(complaint.case_id, reason="نه", now=NOON)
    case = await Case.objects().get(Case.id == complaint.case_id)
    assert (case.unit, case.level, case.assignee) == (units["inspection"], 2, None)
    await decide(complaint, units["inspection"], name="other")


async def test_an_appeal_owes_an_answer_of_its_own(db):
    sample = read_sample(SLUG)
    promised = (Target("complaint_answer", 5, "working_days", "iran-office"),)
    statement = msgspec.structs.replace(sample.statement, targets=promised)
    await load_service(msgspec.structs.replace(sample, statement=statement), position=1, now=OPENED)
    units = await hearing_units()
    complaint = await a_complaint(units["inspection"])
    await decide(complaint, units["inspection"], now=NOON + DAY)
    await complaints.appeal(complaint.case_id, reason="نه", now=NOON + 3 * DAY)
    case = await Case.objects().get(Case.id == complaint.case_id)
    assert case.next_due_at is not None
    assert case.owed_since == NOON + 3 * DAY


@pytest.mark.parametrize("locale", ["fa", "en"])
@pytest.mark.parametrize("outcome", ["upheld", "partly_upheld", "not_upheld"])
async def test_each_decision_has_a_mail_that_says_where_to_go_next(units, settings, locale, outcome):
    complaint = await a_complaint(units["inspection"], locale=locale)
    await decide(complaint, units["inspection"], outcome=outcome)
    first = await the_mail("decided", settings)
    await complaints.appeal(complaint.case_id, reason="نه", now=NOON)
    appealed = await the_mail("appealed", settings)
    await decide(complaint, units["appeals"], outcome=outcome, name="other")
    second = await the_mail("decided", settings)
    words = {
        "fa": ("اعتراض کنید", "اعتراض شما را ثبت کردیم", "سازمان بازرسی کل کشور"),
        "en": ("you can appeal to Appeals", "We have registered your appeal", "General Inspection, 136"),
    }[locale]
    assert words[0] in first
    assert words[1] in appealed
    assert words[2] in second
    assert words[2] not in first
    assert "پرونده دو ماه مانده بود." not in first


async def the_mail(kind, settings):
    """The text of the newest mail about an event of ``kind``."""
    message = (
        await OutboxMessage.objects()
        .where(OutboxMessage.template == f"cases/mail/{kind}")
        .order_by(OutboxMessage.created_at, OutboxMessage.id, ascending=False)
        .first()
        .output(load_json=True)
    )
    made = drawn(message, settings)
    return made.text + made.html

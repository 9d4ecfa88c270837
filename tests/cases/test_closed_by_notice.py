"""A notice closes the form of its service for a while: kindly, and nothing that was typed is lost."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest

from db.cases import Case
from portal import codes
from portal.notices import queries
from tests.cases.factories import SLUG, a_case, a_service
from tests.cases.test_filing_pages import FIELDS
from tests.conftest import NOON
from tests.notices.outages import HOUR, INCIDENT, PLANNED, SAYING, changed, posted
from tests.support.browser import Browser, client_of, held_by_form, signed_in
from tests.support.sample_files import PDF

FORM = f"/en/cases/new/{SLUG}"
NOW = datetime.now(UTC).replace(microsecond=0)
START = NOW + HOUR
END = START + 2 * HOUR
CLOSED = "This form is closed for a while"


def an_outage(impact: str = "unavailable", **fields):
    given = {"saying": changed(SAYING, services={SLUG: impact}), "starts_at": START, "ends_at": END}
    return changed(PLANNED, **{**given, **fields})


class Clock:
    """The time it is, also for sessions and form tokens."""

    now = NOW

    def at(self, now: datetime) -> None:
        self.now = now
        queries.forget()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
async def visitor(db, timed_application, clock):
    """A guest."""
    await a_service()
    async with client_of(timed_application.by(lambda: clock.now)) as client:
        yield Browser(client)


@pytest.fixture
async def citizen(db, timed_application, clock):
    await a_service()
    async with client_of(timed_application.by(lambda: clock.now)) as client:
        yield await signed_in(client, "maryam", "citizen")


async def ahead(impact: str = "unavailable", **fields):
    return await posted(an_outage(impact, **fields), now=NOW - 72 * HOUR)


async def test_the_form_says_when_it_closes_and_what_becomes_of_a_draft(visitor, citizen):
    await ahead()
    guest, signed = (await visitor.get(FORM)).text, (await citizen.get(FORM)).text
    assert "This form closes: " in guest
    assert "comes back to you whole" in guest
    assert "kept as your draft" in signed


async def test_the_form_says_nothing_more_than_a_day_before(visitor, clock):
    await ahead()
    clock.at(START - 25 * HOUR)
    assert "This form closes" not in (await visitor.get(FORM)).text


async def test_a_closed_form_says_until_when(visitor, clock):
    await ahead()
    clock.at(START + HOUR)
    answer = await visitor.get(FORM)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "3600")
    assert CLOSED in answer.text
    assert "The form opens again: <time" in answer.text
    assert 'name="body"' not in answer.text


async def test_the_form_is_open_again_with_the_last_instant_of_the_window(visitor, clock):
    await ahead()
    clock.at(END - timedelta(microseconds=1))
    assert (await visitor.get(FORM)).headers["retry-after"] == "1"
    clock.at(END)
    assert (await visitor.get(FORM)).status_code == 200


async def test_an_open_end_asks_to_come_back_in_a_quarter_of_an_hour(visitor, clock):
    await ahead(ends_at=None)
    clock.at(START)
    answer = await visitor.get(FORM)
    assert answer.headers["retry-after"] == "900"
    assert "Nobody can say yet when it opens again" in answer.text


async def test_a_form_that_lets_people_track_only_opens_after_the_last_of_both(visitor, clock):
    await ahead()
    await ahead("read_only", ends_at=END + HOUR)
    clock.at(START)
    assert (await visitor.get(FORM)).headers["retry-after"] == str(3 * 3600)
    clock.at(END)
    answer = await visitor.get(FORM)
    assert (answer.status_code, "takes no new requests now" in answer.text) == (503, True)


async def test_a_slow_service_takes_requests_and_says_that_it_is_slow(visitor, clock):
    await ahead("slow")
    clock.at(START)
    answer = await visitor.get(FORM)
    assert (answer.status_code, "The service is slow now" in answer.text) == (200, True)
    assert "/receipt" in (await visitor.submit(FORM, FIELDS)).headers["location"]


@pytest.mark.parametrize("late", [timedelta(0), timedelta(seconds=1), HOUR])
async def test_what_a_guest_sends_too_late_comes_back_whole_and_can_be_sent_later(visitor, clock, late):
    await ahead()
    opened = await visitor.get(FORM)
    clock.at(START + late)
    answer = await sent_from(visitor, opened.text, {**FIELDS, "body": "نوشتهٔ بلند من"})
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) == (END - clock.now).total_seconds()
    assert "Nothing was sent, and nothing is lost" in answer.text
    assert "نوشتهٔ بلند من" in answer.text
    assert await Case.count() == 0
    clock.at(END)
    filed = await sent_from(visitor, answer.text, {})
    assert "/receipt" in filed.headers["location"]
    assert await Case.count() == 1


async def sent_from(browser, html: str, fields):
    """What the browser sends from the page it was shown."""
    return await browser.post(FORM, {**held_by_form(html, FORM), **fields})


async def test_a_guest_is_told_to_choose_files_again(visitor, clock):
    await ahead()
    clock.at(START)
    files = [("attachments", ("a.pdf", io.BytesIO(PDF), "application/pdf"))]
    answer = await visitor.post(FORM, FIELDS, files=files)
    assert "choose your files here again" in answer.text


async def test_what_somebody_signed_in_sends_too_late_is_their_draft(citizen, clock):
    await ahead(ends_at=START + HOUR / 2)
    opened = await citizen.get(FORM)
    clock.at(START)
    answer = await sent_from(citizen, opened.text, {**FIELDS, "body": "نوشتهٔ من"})
    assert (answer.status_code, "What you wrote is kept as your draft" in answer.text) == (503, True)
    assert "Not sent yet" in (await citizen.get("/en/mine")).text
    assert "What you wrote is kept as your draft" in (await citizen.get(FORM)).text
    clock.at(START + HOUR / 2)
    assert "نوشتهٔ من" in (await citizen.get(FORM)).text
    assert "/receipt" in (await citizen.submit(FORM, FIELDS)).headers["location"]
    assert "Not sent yet" not in (await citizen.get("/en/mine")).text


async def test_a_draft_too_long_to_keep_comes_back_whole(citizen, clock):
    await ahead()
    opened = await citizen.get(FORM)
    clock.at(START)
    answer = await sent_from(citizen, opened.text, {**FIELDS, "body": "ن" * 99_990})
    assert "nothing is lost" in answer.text
    assert "ن" * 99_990 in answer.text


async def test_a_form_of_another_session_is_kept_as_no_draft(citizen, clock):
    await ahead()
    clock.at(START)
    answer = await citizen.post(FORM, FIELDS)
    assert (answer.status_code, "nothing is lost" in answer.text) == (503, True)
    assert "Not sent yet" not in (await citizen.get("/en/mine")).text


async def test_a_half_filled_form_is_saved_also_while_it_is_closed(citizen, clock):
    await ahead()
    opened = await citizen.get(FORM)
    clock.at(START)
    answer = await sent_from(citizen, opened.text, {"body": "نیمه", "save": "yes"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/en/mine")


async def test_the_rest_of_the_portal_goes_on(visitor, clock):
    await ahead()
    filed = await a_case(now=NOON)
    clock.at(START)
    for page in ("/en", "/en/services", f"/en/services/{SLUG}", "/en/track"):
        assert (await visitor.get(page)).status_code == 200
    shown = await visitor.get(f"/en/cases/{codes.show_text(filed.number)}")
    assert shown.status_code == 200
    assert shown.text.count("is unavailable now, until") == 2  # the strip, and beside the case


async def test_an_incident_closes_the_form_until_it_is_fixed(visitor, clock):
    incident = changed(INCIDENT, saying=changed(SAYING, services={SLUG: "unavailable"}), starts_at=NOW)
    await posted(incident, now=NOW)
    answer = await visitor.get(FORM)
    assert (answer.status_code, "We are looking for the cause." in answer.text) == (503, True)

"""How long a service usually takes, said beside its promise."""

from datetime import timedelta
from uuid import uuid4

import pytest

from db.cases import CaseEvent
from db.clocks import ClockFact
from portal import codes
from portal.promises import actions, forecast
from portal.services import queries as services
from portal.services.labels import usual_words
from portal.services.usual import Usual
from portal.workdays import ONE
from tests.cases.factories import a_case, a_clerk, a_service
from tests.conftest import NOON
from tests.promises.worlds import DAY, LATER, SLUG, TEHRAN, a_fact, cases


async def ended(n, *, of=None, **changed):
    """``n`` results that took 1, 2, … ``n`` working days, one ended each hour."""
    service = await a_service(SLUG)
    facts = [
        a_fact(
            service, case, **{"days": 1, "ago": timedelta(hours=i), "used": i * ONE["days"] - 1, **changed}
        )
        for i, case in enumerate(of or await cases(n), start=1)
    ]
    await ClockFact.insert(*facts)
    return service, facts


async def usual(now=NOON):
    return list((await forecast.usual_times(now=now)).values())


async def test_it_goes_from_the_median_to_the_ninth_tenth(db):
    await ended(30)
    assert await usual() == [Usual("result", 15, 27, "working_days")]


async def test_twenty_requests_are_too_few(db):
    await ended(20)
    assert await usual() == []
    await ended(1)
    assert len(await usual()) == 1


async def test_what_ended_longer_ago_than_ninety_days_does_not_count(db):
    await ended(30, ago=91 * DAY)
    assert await usual() == []


async def test_what_nobody_waited_for_any_more_does_not_count(db):
    await ended(30, state="dropped", kept=False)
    assert await usual() == []


async def closed_by(clerk, facts):
    events = [
        CaseEvent(
            case=fact.case, n=9, kind="closed", actor_role="staff", actor=clerk, data="{}", at=fact.stopped_at,
            hash=uuid4().hex,
        )
        for fact in facts
    ]  # fmt: skip
    await CaseEvent.insert(*events)


async def test_a_clean_up_by_one_person_does_not_make_a_service_look_fast(db):
    await ended(25)
    _service, tidied = await ended(40, ago=5 * DAY, used=1)
    await closed_by(await a_clerk(), tidied)
    assert await usual() == [Usual("result", 13, 23, "working_days")]


async def test_a_busy_hour_of_many_people_is_no_clean_up(db):
    _service, busy = await ended(40, ago=5 * DAY, used=ONE["days"])
    for n in range(4):
        await closed_by(await a_clerk(f"clerk-{n}"), busy[10 * n : 10 * n + 10])
    assert await usual() == [Usual("result", 1, 1, "working_days")]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (Usual("result", 2, 5, "working_days"), "2 to 5 working days"),
        (Usual("result", 1, 1, "working_days"), "1 working day"),
        (Usual("result", 3, 3, "working_hours"), "3 working hours"),
        (Usual("result", 3, 8, "working_hours"), "3 to 8 working hours"),
    ],
)
def test_it_is_worded_as_a_range(given, words):
    from portal import i18n

    with i18n.using("en"):
        assert usual_words(given) == words


@pytest.fixture
async def told(db):
    """A service whose last thirty requests took one to thirty working days, as counted now."""
    await ended(30)
    await actions.publish(zone=TEHRAN, now=LATER)
    services.forget()


async def test_the_page_of_the_service_says_it_beside_the_promise(browser, told):
    page = (await browser.get(f"/en/services/{SLUG}")).text
    assert "It usually takes 15 to 27 working days; we promise" in page


async def test_the_page_of_a_case_says_it_while_the_result_is_owed(browser, told):
    filed = await a_case(slug=SLUG)
    page = (await browser.get(f"/en/cases/{codes.show_text(filed.number)}")).text
    assert "15 to 27 working days" in page


async def test_without_enough_requests_nothing_is_said(browser, db):
    await ended(10)
    await actions.publish(zone=TEHRAN, now=LATER)
    assert "It usually takes" not in (await browser.get(f"/en/services/{SLUG}")).text

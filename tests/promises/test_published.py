"""What the worker publishes, against the facts it was counted from."""

import gzip
from collections import Counter
from datetime import date, timedelta

import msgspec
import pytest

from db.clocks import ClockFact
from db.promises import PublishedPromises
from portal.cases import clock, clock_terms
from portal.promises import actions, queries
from portal.promises.figures import Facts, figures
from portal.services.editions import publish_statement
from portal.services.queries import service_by_slug
from tests.cases.factories import a_case, a_service
from tests.conftest import NOON
from tests.promises.worlds import DAY, LATER, SLUG, TEHRAN, a_fact, cases, drawn


async def published(slug=SLUG, now=LATER):
    await actions.publish(zone=TEHRAN, now=now)
    return (await queries.published_of(slug)).figures


async def file_of(slug=SLUG):
    return msgspec.json.decode(gzip.decompress(await queries.packed_facts(slug)), type=Facts)


def result_of(found):
    return next(kept for kept in found.promises if kept.target == "result")


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_the_published_file_alone_gives_the_published_figures(db, seed):
    await drawn(300, seed=seed)
    found = await published()
    assert figures(await file_of()) == found
    assert result_of(found).window("365").kept


async def test_kept_and_missed_are_exactly_those_of_the_facts(db):
    facts = [fact for fact in await drawn(400) if fact.round == 1]
    found = result_of(await published()).window("edition")
    in_fives = sorted(facts, key=lambda fact: (fact.stopped_at, fact.id))[: len(facts) // 5 * 5]
    states = Counter(fact.state for fact in in_fives)
    again = list(await ClockFact.select().where(ClockFact.round == 2).order_by(ClockFact.stopped_at))
    states.update(fact["state"] for fact in again[: len(again) // 5 * 5])
    assert (found.kept, found.missed, found.dropped) == (
        states["met"],
        states["missed"],
        states["dropped"],
    )


async def test_median_and_ninth_tenth_are_of_the_fulfilled_rounds(db):
    service = await a_service(SLUG)
    for n, case in enumerate(await cases(10), start=1):
        await ClockFact.insert(a_fact(service, case, days=1, ago=DAY, used=n * actions.TENTH["days"] - 1))
    found = result_of(await published()).window("30")
    assert (found.median, found.p90) == (5, 9)  # tenths of a day, rounded up: a mark less than n of them is n


async def test_nothing_is_said_below_five(db):
    service = await a_service(SLUG)
    some = await cases(5)
    await ClockFact.insert(*[a_fact(service, case, days=1, ago=DAY) for case in some[:4]])
    assert result_of(await published()).window("30").kept is None
    assert (await file_of()).facts == ()
    await ClockFact.insert(a_fact(service, some[4], days=1, ago=DAY))
    assert result_of(await published(now=LATER + DAY)).window("30").kept == 5


async def test_every_line_of_the_file_shares_its_day_with_four_other_cases(db):
    await drawn(200)
    await published()
    lines = Counter()
    for fact in (await file_of()).facts:
        lines[fact.edition, fact.target, fact.round, fact.counted_on] += fact.n
    assert lines
    assert all(n % 5 == 0 for n in lines.values())


async def test_the_file_names_no_case_and_no_instant(db):
    facts = await drawn(60)
    await published()
    packed = gzip.decompress(await queries.packed_facts(SLUG)).decode()
    for fact in facts:
        assert str(fact.case) not in packed
        assert fact.stopped_at.isoformat()[:16] not in packed
    lines = (await file_of()).facts
    assert list(lines) == sorted(lines, key=msgspec.structs.astuple)


async def test_a_round_that_is_no_longer_needed_counts_neither_way(db):
    service = await a_service(SLUG)
    some = await cases(10)
    await ClockFact.insert(*[a_fact(service, case, days=1, ago=DAY) for case in some[:5]])
    gone = [a_fact(service, case, days=1, ago=DAY * 2, state="dropped", kept=False) for case in some[5:]]
    await ClockFact.insert(*gone)
    found = result_of(await published()).window("30")
    assert (found.kept, found.missed, found.dropped, found.percent) == (5, 0, 5, 100)


async def test_the_inner_promise_of_a_referral_is_nobodys_business(db):
    service = await a_service(SLUG)
    inner = [a_fact(service, case, days=1, ago=DAY, target="referral") for case in await cases(10)]
    await ClockFact.insert(*inner)
    assert "referral" not in {kept.target for kept in (await published()).promises}
    assert (await file_of()).facts == ()


async def test_open_rounds_are_those_that_the_clock_says_are_open(db):
    for n in range(18):
        kind = ("request", "complaint", "suggestion")[n % 3]
        await a_case(slug=SLUG, browser=f"browser-{n}", kind=kind)
    service = await service_by_slug(SLUG, now=LATER)
    open_now = Counter()
    for row in await ClockFact.raw('SELECT id FROM "case"'):
        events, _ = await clock_terms.past_of(row["id"])
        terms = await clock_terms.terms_of(service.id, service.sla_id, events, now=LATER)
        open_now.update(r.target.key for r in clock.readings(terms, events, now=LATER) if r.is_open)
    assert {kept.target: kept.open for kept in (await published()).promises} == {
        key: n for key, n in open_now.items() if key != "referral"
    }


async def test_days_are_counted_from_the_day_at_the_desk(db):
    service = await a_service(SLUG)
    some = await cases(10)
    await ClockFact.insert(*[a_fact(service, case, days=1, ago=29 * DAY) for case in some[:5]])
    await ClockFact.insert(*[a_fact(service, case, days=1, ago=30 * DAY) for case in some[5:]])
    found = result_of(await published())
    assert (found.window("30").kept, found.window("90").kept) == (5, 10)
    assert (await published()).day == date(2026, 11, 21)


async def test_without_anything_new_nothing_is_counted_again(db):
    await drawn(20)
    assert await actions.publish(zone=TEHRAN, now=LATER) == 1
    assert await actions.publish(zone=TEHRAN, now=LATER + timedelta(minutes=10)) == 0
    assert await actions.publish(zone=TEHRAN, now=LATER + DAY) == 1


async def test_a_service_whose_name_says_too_much_publishes_no_facts(db):
    await drawn(20)
    await ClockFact.raw("UPDATE service SET sensitive = true")
    await published()
    assert await queries.packed_facts(SLUG) is None
    assert await PublishedPromises.count() == 1


async def test_an_edition_that_was_replaced_is_not_the_one_that_figures_stand_for(db):
    service = await a_service(SLUG)
    some = await cases(10)
    await ClockFact.insert(*[a_fact(service, case, days=1, ago=DAY) for case in some])
    shorter = msgspec.structs.replace(service.statement, notice_lead_hours=7)
    await publish_statement(service.id, shorter, at=NOON, now=NOON)
    found = await published()
    assert found.edition == 2
    assert (result_of(found).window("edition").kept, result_of(found).window("30").kept) == (None, 10)

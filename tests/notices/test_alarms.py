"""The probe announces a fault by itself and calls it over; staff who write to it take it over."""

from portal.availability.actions import record
from portal.availability.samples import EVERY, Look, Sample
from portal.notices import actions, alarms, queries
from portal.notices.rules import stage
from tests.conftest import NOON
from tests.notices.outages import HOUR, PLANNED, WHY, YEARBOOK, changed, found, posted


async def looks(first, last, *parts, services=(YEARBOOK,)):
    """Looks of the minutes ``first`` to ``last`` after NOON."""
    for minute in range(first, last + 1):
        at = NOON + minute * EVERY
        await record(Look(at, tuple(Sample(service, at, parts) for service in services)))
    return NOON + (last + 1) * EVERY


async def test_two_lost_answers_are_no_fault(samples):
    now = await looks(0, 1, "form")
    assert await alarms.announce(now) is None


async def test_three_are_and_the_fault_began_with_the_first(samples):
    now = await looks(0, 2, "form")
    no = await alarms.announce(now)
    incident = await found(no)
    assert (incident.kind, incident.source, incident.starts_at) == ("incident", "probe", NOON)
    assert incident.delay == 3 * EVERY
    assert [of.slug for of in incident.services] == [YEARBOOK]


async def test_it_is_announced_once(samples):
    await alarms.announce(await looks(0, 2, "form"))
    assert await alarms.announce(await looks(3, 3, "form")) is None


async def test_services_that_fail_together_share_an_incident(samples):
    both = (YEARBOOK, "performance-evaluation")
    no = await alarms.announce(await looks(0, 2, "tracking", services=both))
    assert {of.slug for of in (await found(no)).services} == set(both)


async def test_announced_work_is_no_fault(samples):
    soon = changed(PLANNED, starts_at=NOON + EVERY, ends_at=NOON + HOUR, late_reason=WHY)
    await posted(soon, now=NOON)
    assert await alarms.announce(await looks(0, 9, "form")) is None


async def test_five_good_looks_call_it_over(samples):
    no = await alarms.announce(await looks(0, 2, "form"))
    await alarms.announce(await looks(3, 6))
    assert (await found(no)).state == "investigating"
    now = await looks(7, 7)
    await alarms.announce(now)
    assert (await found(no)).state == "fixed"
    assert stage(await found(no), now) == "over"


async def test_what_staff_have_written_to_only_staff_end(samples):
    no = await alarms.announce(await looks(0, 2, "form"))
    await actions.update(no, WHY, state="identified", seen=1, by=None, now=NOON + 3 * EVERY)
    await alarms.announce(await looks(3, 30))
    assert (await queries.notice(no)).state == "identified"

"""Looks are kept as stretches, and on the disk while the database is away."""

from datetime import timedelta

from db.availability import AvailabilitySpan
from portal.availability import queries
from portal.availability.actions import forget_old, record
from portal.availability.samples import EVERY, Look, Sample, Spool, minute_of
from tests.conftest import NOON

YEARBOOK = "yearbook-qom"


def look(minute, *parts, service=YEARBOOK):
    at = NOON + minute * EVERY
    return Look(at, (Sample(service, at, parts),))


async def stretches():
    rows = await AvailabilitySpan.objects().order_by(AvailabilitySpan.since)
    return [((r.since - NOON) / EVERY, (r.until - NOON) / EVERY, r.state, r.parts) for r in rows]


async def test_a_quiet_time_is_one_row(samples):
    for minute in range(5):
        assert await record(look(minute)) == 1
    assert await stretches() == [(0, 5, "up", "")]


async def test_what_failed_begins_a_new_stretch(samples):
    for one in (look(0), look(1, "form"), look(2, "form"), look(3)):
        await record(one)
    assert await stretches() == [(0, 1, "up", ""), (1, 3, "down", "form"), (3, 4, "up", "")]


async def test_late_mail_alone_keeps_nobody_from_the_service(samples):
    await record(look(0, "mail"))
    assert [row[2:4] for row in await stretches()] == [("up", "mail")]


async def test_a_minute_that_nobody_looked_stays_a_gap(samples):
    for one in (look(0), look(1), look(4)):
        await record(one)
    assert [row[:2] for row in await stretches()] == [(0, 2), (4, 5)]


async def test_the_first_of_two_workers_is_believed(samples):
    await record(look(0))
    assert await record(look(0, "form")) == 0
    assert await stretches() == [(0, 1, "up", "")]


async def test_a_look_at_a_service_that_is_gone_is_left_out(samples):
    assert await record(look(0, service="nothing")) == 0


async def test_the_present_begins_where_it_last_changed(samples):
    for one in (look(0), look(1, "form"), look(2, "page"), look(3, "page")):
        await record(one)
    (present,) = await queries.present(now=NOON + 4 * EVERY)
    assert (present.up, present.lasted) == (False, 3 * EVERY)


async def test_an_old_look_says_nothing_of_now(samples):
    await record(look(0))
    assert await queries.present(now=NOON + 5 * EVERY) == []


async def test_what_ended_three_years_ago_is_forgotten(samples):
    await record(look(0))
    await forget_old(NOON + timedelta(days=3 * 366 + 1))
    assert await stretches() == []


def test_looks_wait_on_the_disk_in_order(tmp_path):
    spool = Spool(tmp_path / "looks.jsonl")
    assert spool.read() == []
    spool.add(look(0))
    spool.add(look(1, "database"))
    assert spool.read() == [look(0), look(1, "database")]
    spool.replace([])
    assert not spool.path.exists()


def test_a_line_that_was_cut_short_is_left_out(tmp_path):
    spool = Spool(tmp_path / "looks.jsonl")
    spool.add(look(0))
    spool.path.write_bytes(spool.path.read_bytes() + b'{"at": "2026-')
    assert spool.read() == [look(0)]


def test_samples_stand_on_whole_minutes():
    assert minute_of(NOON + timedelta(seconds=59, microseconds=9)) == NOON

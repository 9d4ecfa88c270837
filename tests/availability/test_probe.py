"""The probe walks the real portal; what fails is broken on the way to it."""

import httpx
import pytest

from db.availability import AvailabilitySpan
from portal.availability.probe import Probe, until_next
from portal.availability.samples import EVERY, Spool
from portal.services.actions import load_samples
from tests.conftest import NOON, OPENED

YEARBOOK = "yearbook-qom"


class Broken:
    """The portal behind a wire on which some addresses answer 503, or nothing at all."""

    def __init__(self, application):
        self.application = application
        self.refused: set[str] = set()
        self.dead = False

    async def __call__(self, scope, receive, send):
        if self.dead:
            raise httpx.ConnectError("nobody listens")
        if scope["path"] in self.refused:
            await send({"type": "http.response.start", "status": 503, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        await self.application(scope, receive, send)


@pytest.fixture
def wire(application):
    return Broken(application)


@pytest.fixture
async def probe(committed, wire, settings, tmp_path):
    await load_samples(OPENED)
    transport = httpx.ASGITransport(wire)
    async with httpx.AsyncClient(transport=transport, base_url=settings.base_url) as client:
        yield Probe(client, Spool(tmp_path / "looks.jsonl"))


def failed(look):
    return {sample.service: sample.parts for sample in look.samples}


async def test_all_is_well_where_every_page_answers(probe):
    look = await probe.look(NOON)
    assert set(failed(look).values()) == {()}
    assert YEARBOOK in failed(look)


async def test_a_form_that_does_not_open_is_its_service_s_fault_alone(probe, wire):
    wire.refused.add(f"/cases/new/{YEARBOOK}")
    parts = failed(await probe.look(NOON))
    assert parts.pop(YEARBOOK) == ("form",)
    assert set(parts.values()) == {()}


async def test_tracking_belongs_to_every_service(probe, wire):
    wire.refused.add("/track")
    assert set(failed(await probe.look(NOON)).values()) == {("tracking",)}


async def test_a_portal_that_answers_nobody_is_down_in_all_its_parts(probe, wire):
    await probe.look(NOON)
    wire.dead = True
    parts = failed(await probe.look(NOON + EVERY))
    assert set(parts.values()) == {("page", "form", "tracking", "database")}


async def test_what_waited_is_recorded_before_what_is_new(probe, wire):
    probe.spool.add(await probe.look(NOON))
    await probe.keep(await probe.look(NOON + EVERY))
    rows = await AvailabilitySpan.objects().where(AvailabilitySpan.service.slug == YEARBOOK)
    assert [(row.since, row.until) for row in rows] == [(NOON, NOON + 2 * EVERY)]
    assert not probe.spool.path.exists()


def test_the_next_look_is_at_the_next_whole_minute():
    assert until_next(NOON) == 60
    assert until_next(NOON + EVERY * 0.5) == 30

"""The whole portal closed from the command line: a page in both languages, also without a database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import msgspec
import pytest

from portal import cli, maintenance
from portal.app import create_app
from portal.settings import load
from tests.support.browser import BASE, checked, client_of

NOW = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)
UNTIL = NOW + timedelta(hours=2)


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Settings whose data folder is the test's own, also for the command line."""
    monkeypatch.setenv("PORTAL_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("PORTAL_BASE_URL", BASE)
    monkeypatch.setattr(maintenance, "LOOK_EVERY", 0.0)
    return load()


@pytest.fixture
async def visitor(place):
    """A guest of a portal without a database."""
    async with client_of(create_app(place, clock=lambda: NOW)) as client:
        yield client


@pytest.mark.parametrize("path", ["/", "/en", "/nothing", "/cases/new/yearbook-qom", "/notices"])
async def test_every_address_says_in_both_languages_that_it_is_closed(visitor, place, path):
    maintenance.begin(place, UNTIL)
    answer = checked(await visitor.get(path))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "7200")
    assert "The portal is being worked on" in answer.text
    assert "It will be back: Saturday 21 November 2026, 14:00" in answer.text
    assert "شنبه ۳۰ آبان ۱۴۰۵، ساعت ۱۴:۰۰" in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("method", ["POST", "HEAD", "OPTIONS"])
async def test_other_methods_are_answered_alike(visitor, place, method):
    maintenance.begin(place, None)
    answer = await visitor.request(method, "/cases/new/yearbook-qom")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "900")
    assert (answer.content == b"") == (method == "HEAD")


@pytest.mark.parametrize("until", [None, NOW - timedelta(hours=1)])
async def test_without_a_known_end_it_asks_to_come_back_in_a_quarter_of_an_hour(visitor, place, until):
    maintenance.begin(place, until)
    answer = await visitor.get("/")
    assert answer.headers["retry-after"] == "900"
    assert "Please try again in a quarter of an hour." in answer.text


async def test_a_file_that_nobody_can_read_closes_it_too(visitor, place):
    (place.data_dir / "maintenance").write_bytes(b"\xff\xfe")
    assert (await visitor.get("/")).status_code == 503


async def test_static_files_and_the_pulse_are_served_on(visitor, place):
    maintenance.begin(place, UNTIL)
    assert (await visitor.get("/static/portal.css")).status_code == 200
    assert (await visitor.get("/healthz")).text == "ok"
    ready = await visitor.get("/readyz")
    assert (ready.status_code, ready.json()) == (503, {"ready": False})


async def test_a_foreign_host_name_is_refused_as_ever(visitor, place):
    maintenance.begin(place, UNTIL)
    assert (await visitor.get("/", headers={"Host": "evil.example"})).status_code == 400


async def test_the_file_is_looked_for_once_a_second(place, monkeypatch):
    monkeypatch.setattr(maintenance, "LOOK_EVERY", 3600.0)
    async with client_of(create_app(place)) as client:
        assert (await client.get("/healthz")).status_code == 200
        assert await status_of(client) == 200
        maintenance.begin(place, None)
        assert await status_of(client) == 200


async def status_of(client: httpx.AsyncClient) -> int:
    return (await client.get("/robots.txt")).status_code


async def test_the_command_closes_and_opens_it(visitor, place, capsys):
    assert await status_of(visitor) == 200
    ahead = (datetime.now(UTC) + timedelta(days=2)).strftime("%Y-%m-%d 22:00")
    assert cli.main(["maintenance", "on", "--until", ahead]) == 0
    assert (place.data_dir / "maintenance").read_text().endswith("18:30:00+00:00")
    assert await status_of(visitor) == 503
    assert cli.main(["maintenance", "off"]) == 0
    assert await status_of(visitor) == 200
    assert cli.main(["maintenance", "off"]) == 0
    assert "open again" in capsys.readouterr().out


@pytest.mark.parametrize("until", ["1404/01/01 10:00", "soon", "1405/12/31", "25:00"])
def test_an_end_that_lies_behind_or_is_none_is_refused(place, capsys, until):
    assert cli.main(["maintenance", "on", "--until", until]) == 2
    assert "--until" in capsys.readouterr().err
    assert not (place.data_dir / "maintenance").exists()


async def test_one_language_alone_is_shown_alone(place):
    maintenance.begin(place, None)
    english = msgspec.structs.replace(place, languages=("en",))
    async with client_of(create_app(english)) as client:
        answer = await client.get("/")
    assert 'lang="fa"' not in answer.text

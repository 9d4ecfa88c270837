"""Forms of other sites: refused by origin first, by the token second."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import msgspec
import pytest

from portal import settings
from portal.security.csrf import OriginGuard, check_form_token, form_token

NOON = datetime(2026, 3, 21, 12, tzinfo=UTC)
KEY = b"k" * 32
OWN = "https://desk.example.org"


@pytest.fixture
def local(tmp_path: Path) -> settings.Settings:
    return settings.load({"PORTAL_DATA_DIR": str(tmp_path)})


@pytest.fixture
def public(local):
    return msgspec.structs.replace(local, base_url=OWN)


def saying(status):
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    return app


async def status_of(settings, headers, method="POST"):
    app = OriginGuard(saying(200), settings, saying(403))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        return (await client.request(method, OWN + "/cases/new/x", headers=headers)).status_code


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": OWN},
        {"Referer": OWN + "/cases/new/x?a=1"},
    ],
)
async def test_our_own_forms_pass(public, headers):
    assert await status_of(public, headers) == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": OWN},
        {"Sec-Fetch-Site": "Same-Origin"},
        {"Origin": "null"},
        {"Origin": "null", "Referer": OWN + "/"},
        {"Origin": "https://evil.example"},
        {"Origin": OWN + ".evil.example"},
        {"Origin": "http://desk.example.org"},
        {"Origin": OWN + ":8443"},
        {"Referer": OWN + ".evil.example/"},
        {"Referer": "https://evil.example/?" + OWN},
        {"Referer": "https://desk.example.org@evil.example/"},
        {"Referer": "https://[broken"},
    ],
)
async def test_forms_of_other_sites_are_refused(public, headers):
    assert await status_of(public, headers) == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"])
async def test_every_method_that_may_change_something_is_looked_at(public, method):
    assert await status_of(public, {"Origin": "https://evil.example"}, method) == 403


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
async def test_links_from_other_sites_still_work(public, method):
    assert await status_of(public, {"Sec-Fetch-Site": "cross-site"}, method) == 200


async def test_two_origins_are_no_origin(public):
    headers = [("Origin", OWN), ("Origin", OWN)]
    assert await status_of(public, headers) == 403


@pytest.mark.parametrize("origin", ["http://localhost:8000", "http://127.0.0.1:8000", "http://[::1]:8000"])
async def test_this_machine_has_three_names(local, origin):
    assert await status_of(local, {"Origin": origin}) == 200


async def test_another_port_of_this_machine_is_another_site(local):
    assert await status_of(local, {"Origin": "http://localhost:8001"}) == 403


def check(token, *, key=KEY, session="s", path="/cases/new/x", now=NOON):
    return check_form_token(key, session, path, token, now)


def test_a_token_opens_its_own_form_for_a_day():
    token = form_token(KEY, "s", "/cases/new/x", NOON)
    assert check(token)
    assert check(token, now=NOON + timedelta(hours=24))
    assert not check(token, now=NOON + timedelta(hours=25))


def test_a_token_from_a_clock_an_hour_ahead_is_still_right():
    token = form_token(KEY, "s", "/cases/new/x", NOON)
    assert check(token, now=NOON - timedelta(minutes=1))
    assert not check(token, now=NOON - timedelta(hours=2))


def test_a_token_fits_one_session_one_form_and_one_key():
    token = form_token(KEY, "s", "/cases/new/x", NOON)
    assert not check(token, session="")
    assert not check(token, path="/cases/new/y")
    assert not check(token, key=b"other" * 8)


def test_a_slash_at_the_end_makes_no_other_form():
    assert check(form_token(KEY, "s", "/cases/new/x/", NOON))


@pytest.mark.parametrize(
    "token", [None, "", ".", "۱۲۳.رمز", "492937.رمز", "9" * 5000, "-1.a", "\ud800", "1e3.a", b"x", object()]
)
def test_no_token_breaks_the_check(token):
    assert not check(token)


def test_a_token_with_one_letter_changed_is_refused():
    token = form_token(KEY, "s", "/cases/new/x", NOON)
    assert not check(token[:-1] + ("0" if token[-1] != "0" else "1"))
    hour, _dot, digest = token.partition(".")
    assert not check(f"{int(hour) + 1}.{digest}")

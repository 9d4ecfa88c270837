"""Headers, request ids and host names, tried on a tiny ASGI application."""

import re
from pathlib import Path

import httpx
import msgspec
import pytest

from portal import settings
from portal.security.headers import CSP, HostGuard, SecurityHeaders, own_hosts


@pytest.fixture
def local(tmp_path: Path) -> settings.Settings:
    return settings.load({"PORTAL_DATA_DIR": str(tmp_path)})


@pytest.fixture
def public(local):
    return msgspec.structs.replace(local, base_url="https://desk.example.org")


def answering(*headers, seen=None):
    async def app(scope, receive, send):
        if seen is not None:
            seen.append(scope)
        await send({"type": "http.response.start", "status": 200, "headers": list(headers)})
        await send({"type": "http.response.body", "body": b"hello"})

    return app


async def fetch(app, url="http://localhost:8000/", **options):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        return await client.get(url, **options)


async def test_every_answer_carries_the_strict_policy(local):
    answer = await fetch(SecurityHeaders(answering(), local))
    assert answer.headers["content-security-policy"] == CSP
    assert CSP.startswith("default-src 'none'; script-src 'self';")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"


async def test_only_https_promises_to_stay_https(local, public):
    assert "strict-transport-security" not in (await fetch(SecurityHeaders(answering(), local))).headers
    answer = await fetch(SecurityHeaders(answering(), public))
    assert answer.headers["strict-transport-security"].startswith("max-age=31536000")


async def test_nothing_is_cached_unless_the_answer_says_so(local):
    assert (await fetch(SecurityHeaders(answering(), local))).headers["cache-control"] == "no-store"
    cached = answering((b"Cache-Control", b"public, max-age=60"))
    assert (await fetch(SecurityHeaders(cached, local))).headers["cache-control"] == "public, max-age=60"


async def test_an_answer_cannot_loosen_the_policy_but_may_tighten_it(local):
    app = SecurityHeaders(
        answering((b"Content-Security-Policy", b"sandbox"), (b"Referrer-Policy", b"x")), local
    )
    answer = await fetch(app)
    assert answer.headers.get_list("content-security-policy") == ["sandbox", CSP]
    assert answer.headers.get_list("referrer-policy") == ["same-origin"]


async def test_the_server_is_not_named(local):
    answer = await fetch(SecurityHeaders(answering((b"Server", b"uvicorn")), local))
    assert "server" not in answer.headers


async def test_a_request_has_an_id_of_our_own_making(local):
    seen = []
    app = SecurityHeaders(answering(seen=seen), local)
    answer = await fetch(app, headers={"X-Request-ID": "forged"})
    assert re.fullmatch("[0-9a-f]{16}", answer.headers["x-request-id"])
    assert seen[0]["state"]["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1:8000", "[::1]:8000", "LOCALHOST:8000"])
async def test_this_machine_is_served_under_each_of_its_names(local, host):
    assert (await fetch(HostGuard(answering(), local), headers={"Host": host})).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "desk.example.org.evil.example", "desk.example.org:8000", "localhost:8000", ""]
)
async def test_a_foreign_host_name_is_refused(public, host):
    answer = await fetch(HostGuard(answering(), public), headers={"Host": host})
    assert answer.status_code == 400
    assert answer.text == "This host name is not served here.\n"


@pytest.mark.parametrize("host", ["desk.example.org", "desk.example.org:443", "Desk.Example.Org"])
async def test_our_own_host_name_is_served(public, host):
    assert (await fetch(HostGuard(answering(), public), headers={"Host": host})).status_code == 200


@pytest.mark.parametrize("hosts", [[], [b"desk.example.org", b"evil.example"], [b"desk.example.org"] * 2])
async def test_no_host_and_two_hosts_are_refused(public, hosts):
    sent = []

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "path": "/", "method": "GET", "headers": [(b"host", host) for host in hosts]}
    await HostGuard(answering(), public)(scope, None, send)
    assert sent[0]["status"] == 400


async def test_a_forwarded_host_is_not_believed(public):
    forged = {"Host": "evil.example", "X-Forwarded-Host": "desk.example.org"}
    assert (await fetch(HostGuard(answering(), public), headers=forged)).status_code == 400


async def test_a_health_probe_may_call_by_address(public):
    answer = await fetch(HostGuard(answering(), public), "http://10.0.0.7:8000/healthz")
    assert answer.status_code == 200


def test_the_port_of_the_scheme_may_be_left_out(public):
    assert own_hosts(public) == {b"desk.example.org", b"desk.example.org:443"}

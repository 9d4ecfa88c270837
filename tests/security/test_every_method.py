"""What no page asks for: other methods, other addresses, headers of proxies that are none of ours."""

from __future__ import annotations

import httpx
import msgspec
import pytest
import uvicorn

from portal.app import _litestar, create_app
from portal.child import config_of
from portal.security.address import client_address
from tests.security.test_route_table import SOMETHING, routes_of
from tests.support.browser import BASE, client_of

ODD = ("TRACE", "PUT", "PATCH", "DELETE", "CONNECT", "PROPFIND", "TRACK")


async def test_s44_no_address_knows_a_method_that_no_page_uses(settings, application, db):
    known: dict[str, set[str]] = {}
    for method, path, _name in routes_of(_litestar(settings)):
        known.setdefault(path.format(**SOMETHING), set()).add(method)
    async with client_of(application) as client:
        for address, methods in known.items():
            for method in ODD:
                answer = await client.request(method, address, headers={"Sec-Fetch-Site": "same-origin"})
                assert answer.status_code == 405, (method, address)
                assert methods <= set(answer.headers["allow"].replace(" ", "").split(",")) | {"HEAD"}, address


@pytest.mark.parametrize(
    "path", ["/schema", "/schema/openapi.json", "/schema/swagger", "/docs", "/openapi.json"]
)
async def test_s43_nothing_describes_what_can_be_called(path, application, db):
    async with client_of(application) as client:
        assert (await client.get(path)).status_code == 404


def test_s43_the_environment_switches_no_debugging_on(settings, monkeypatch):
    monkeypatch.setenv("LITESTAR_DEBUG", "1")
    assert _litestar(settings).debug is False


async def seen_as(settings, *, peer: str, forwarded: str) -> str:
    """The address that the portal believes, behind the server as it is configured."""
    seen: list[str] = []

    async def app(scope, receive, send):
        seen.append(client_address(type("Connection", (), {"scope": scope})()))
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    config: uvicorn.Config = config_of(app, settings)
    config.load()
    transport = httpx.ASGITransport(config.loaded_app, client=(peer, 5000))
    async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
        await client.get("/", headers={"X-Forwarded-For": forwarded, "X-Real-IP": "203.0.113.9"})
    return seen[0]


@pytest.mark.parametrize("peer", ["127.0.0.1", "::1", "198.51.100.7"])
async def test_s16_without_a_proxy_of_ours_nobody_chooses_their_address(settings, peer):
    assert await seen_as(settings, peer=peer, forwarded="203.0.113.9") == peer


async def test_s16_only_the_proxy_we_named_is_believed_and_only_what_it_added(settings):
    behind = msgspec.structs.replace(settings, trusted_proxies="10.0.0.1")
    assert await seen_as(behind, peer="10.0.0.1", forwarded="192.0.2.1") == "192.0.2.1"
    assert await seen_as(behind, peer="10.0.0.1", forwarded="203.0.113.9, 192.0.2.1") == "192.0.2.1"
    assert await seen_as(behind, peer="10.0.0.2", forwarded="192.0.2.1") == "10.0.0.2"


async def test_s15_links_are_made_of_the_setting_and_not_of_what_was_sent(settings, db):
    public = msgspec.structs.replace(settings, base_url="https://desk.example.org")
    transport = httpx.ASGITransport(create_app(public))
    async with httpx.AsyncClient(transport=transport, base_url="https://desk.example.org") as client:
        answer = await client.get("/notices.atom", headers={"X-Forwarded-Host": "evil.example"})
        page = await client.get(
            "/", headers={"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
        )
    assert "evil.example" not in answer.text + page.text + str(answer.headers) + str(page.headers)

"""Cookies and addresses: what the browser is given, and what is believed of where it is."""

from pathlib import Path

import msgspec
import pytest
from litestar import Request

from portal import settings
from portal.security.address import client_address, network_of
from portal.security.cookies import cleared, cookie, cookie_value


@pytest.fixture
def local(tmp_path: Path) -> settings.Settings:
    return settings.load({"PORTAL_DATA_DIR": str(tmp_path)})


@pytest.fixture
def public(local):
    return msgspec.structs.replace(local, base_url="https://desk.example.org")


def header(cookie):
    first, *rest = cookie.to_header(header="").split("; ")
    return first, {part.lower() for part in rest}


def request(headers=(), client=("192.0.2.7", 5000)):
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "client": client}
    return Request({**scope, "headers": [(b"cookie", value) for value in headers]})


def test_on_https_a_cookie_is_bound_to_this_host_and_to_tls(public):
    name, rest = header(cookie(public, "session", "abc"))
    assert name == "__Host-session=abc"
    assert rest == {"secure", "httponly", "samesite=lax", "path=/"}


def test_on_loopback_a_cookie_has_its_plain_name(local):
    name, rest = header(cookie(local, "session", "abc", 60))
    assert name == "session=abc"
    assert rest == {"httponly", "samesite=lax", "path=/", "max-age=60"}


def test_a_cleared_cookie_is_over_at_once(public):
    name, rest = header(cleared(public, "session"))
    assert name in ("__Host-session=", '__Host-session=""')
    assert "max-age=0" in rest


def test_only_the_bound_name_is_read_on_https(public):
    assert cookie_value(public, request([b"session=planted"]), "session") == ""
    assert cookie_value(public, request([b"__Host-session=own"]), "session") == "own"


def test_the_address_is_the_one_the_server_saw():
    assert client_address(request()) == "192.0.2.7"
    assert client_address(request(client=None)) == "unknown"


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.0/24"),
        ("192.0.2.254", "192.0.2.0/24"),
        ("::ffff:192.0.2.7", "192.0.2.0/24"),
        ("2001:db8:1:2345::1", "2001:db8:1:2300::/56"),
        ("fe80::1%eth0", "fe80::/56"),
        ("", "unknown"),
        ("unknown", "unknown"),
        ("1.2.3.4, 5.6.7.8", "unknown"),
    ],
)
def test_neighbours_count_as_one(address, network):
    assert network_of(address) == network

"""What we call on somebody's word is public, https, and the address that was checked."""

import httpx
import pytest

from portal import outward
from portal.outward import Refused

PUBLIC = "93.184.215.14"


@pytest.mark.parametrize(
    "url",
    [
        "http://status.example.org/",
        "ftp://status.example.org/",
        "https://localhost/",
        "https://intranet/",
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://0x7f000001/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://169.254.169.254/latest/meta-data/",
        "https://user:secret@status.example.org/",
        "https://status.example.org@127.0.0.1/",
        "https://status.example.org\\@evil.example.org/",
        "https://status.example.org/\r\nX-Evil: 1",
        "https://status.example.org:99999/",
        "https://status.example.org/#part",
        "https:///hook",
        "//status.example.org/",
        "",
        "https://status.example.org/" + 500 * "a",
    ],
)
def test_only_an_https_name_of_the_open_network_may_be_called(url):
    with pytest.raises(Refused):
        outward.host_of(url)


def test_a_port_of_its_own_is_fine():
    assert outward.host_of("https://status.example.org:8443/hook?a=b") == ("status.example.org", 8443)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        (PUBLIC, True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("127.0.0.1", False),
        ("0.0.0.0", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("224.0.0.1", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
        ("2001:0:53aa:64c::80ff:fffe", False),
        ("64:ff9b::5db8:d822", True),
        ("64:ff9b:1::7f00:1", False),
        ("::7f00:1", False),
        ("::ffff:0:7f00:1", False),
        ("fec0::1", False),
        ("3fff::1", False),
        ("5f00::1", False),
        ("192.0.0.8", False),
    ],
)
def test_inner_addresses_are_no_public_ones_in_any_clothing(address, public):
    assert outward.is_public(address) is public


async def said():
    yield b"thanks"


class Wire:
    """What would leave this machine, and how it is answered."""

    def __init__(self, answer=None):
        self.sent = []
        self.answer = answer or httpx.Response(204, content=said())
        self.client = httpx.AsyncClient(transport=httpx.MockTransport(self._take))

    def _take(self, request):
        self.sent.append(request)
        return self.answer

    async def post(self, addresses, url="https://status.example.org/hook"):
        async def resolve(host, port):
            return addresses

        return await outward.post(url, b"{}", {"X-Id": "1"}, resolve=resolve, client=self.client)


async def test_it_is_sent_to_the_address_that_was_checked_under_its_name():
    wire = Wire()
    assert await wire.post([PUBLIC]) == 204
    (request,) = wire.sent
    assert request.url.host == PUBLIC
    assert request.headers["host"] == "status.example.org"
    assert request.extensions["sni_hostname"] == "status.example.org"


@pytest.mark.parametrize("addresses", [[], ["10.0.0.1"], [PUBLIC, "127.0.0.1"]])
async def test_a_name_with_any_inner_address_is_not_called(addresses):
    wire = Wire()
    with pytest.raises(Refused):
        await wire.post(addresses)
    assert wire.sent == []


async def test_no_redirect_is_followed():
    wire = Wire(httpx.Response(307, headers={"Location": "https://127.0.0.1/"}, content=said()))
    assert await wire.post([PUBLIC]) == 307
    assert len(wire.sent) == 1


async def test_a_flood_of_an_answer_is_cut_short():
    read = 0

    async def flood():
        nonlocal read
        while True:
            read += 2**14
            yield bytes(2**14)

    assert await Wire(httpx.Response(200, content=flood())).post([PUBLIC]) == 200
    assert read <= outward.LONGEST_ANSWER + 2 * 2**14


async def test_a_name_that_does_not_exist_is_refused():
    with pytest.raises(Refused):
        await outward.look_up("nobody.invalid", 443)

"""Requests that we send to addresses that somebody typed: only to public https hosts, never into our own network.

The name is looked up once, every address it has must be public, and the connection goes to exactly that address, so
that a name cannot point elsewhere a moment later (DNS rebinding). No redirect is followed; answers are cut short.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urlsplit

import httpx

PATIENCE = 5.0  # seconds for a whole exchange
LONGEST_ANSWER = 64 * 2**10  # bytes that are read of an answer
LONGEST_URL = 500
Resolve = Callable[[str, int], Awaitable[list[str]]]
"""The addresses of a host name."""


class Refused(ValueError):
    """The address may not be called; the text says why, for a log."""


def host_of(url: str) -> tuple[str, int]:
    """Host and port of an address that may be called, as far as its spelling tells. Raises Refused."""
    try:
        parts = urlsplit(url)
        port = parts.port or 443
    except ValueError as error:
        raise Refused("not an address") from error
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
        raise Refused("not an address")
    if parts.scheme != "https" or not parts.hostname:
        raise Refused("not https")
    if parts.username is not None or parts.password is not None or parts.fragment or "\\" in url:
        raise Refused("more than an address")
    if _is_number(parts.hostname) or "." not in parts.hostname.strip("."):
        raise Refused("not a host name")
    return parts.hostname, port


async def post(
    url: str, body: bytes, headers: Mapping[str, str], *, resolve: Resolve, client: httpx.AsyncClient
) -> int:
    """The status that a POST of ``body`` was answered with. Raises Refused, httpx.HTTPError, TimeoutError."""
    host, port = host_of(url)
    sent = {**headers, "Host": host if port == 443 else f"{host}:{port}"}
    async with asyncio.timeout(PATIENCE):
        target = httpx.URL(url).copy_with(host=await _public(host, port, resolve))
        request = client.build_request(
            "POST", target, content=body, headers=sent, extensions={"sni_hostname": host}
        )
        answer = await client.send(request, stream=True, follow_redirects=False)
        try:
            await _read_some(answer)
        finally:
            await answer.aclose()
    return answer.status_code


async def look_up(host: str, port: int) -> list[str]:
    """The addresses of ``host`` as this machine finds them. Raises Refused where it has none."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Refused("no such host") from error
    return [str(one[4][0]) for one in found]


def is_public(address: str) -> bool:
    """Whether the address lies in the open network: no private, local, reserved or translated one."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    inner = [ip]
    if isinstance(ip, ipaddress.IPv6Address):
        teredo = ip.teredo[1] if ip.teredo else None
        nat64 = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else None
        inner += [one for one in (ip.ipv4_mapped, ip.sixtofour, teredo, nat64) if one is not None]
    return all(_is_open(one) for one in inner)


async def _public(host: str, port: int, resolve: Resolve) -> str:
    found = await resolve(host, port)
    if not found or not all(is_public(one) for one in found):
        raise Refused("not a public address")
    return found[0]


async def _read_some(answer: httpx.Response) -> None:
    read = 0
    async for part in answer.aiter_raw():
        read += len(part)
        if read > LONGEST_ANSWER:
            return


def _is_open(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if ip.version == 6 and not any(ip in one for one in _ROUTED):
        return False
    return ip.is_global and not ip.is_multicast and not any(ip in one for one in _RESERVED)


def _is_number(host: str) -> bool:
    """Whether the host is an address in any spelling that a resolver takes: 127.1, 0x7f000001, [::1]."""
    last = host.rstrip(".").rpartition(".")[2]
    return ":" in host or last.isdigit() or last.lower().startswith("0x")


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_ROUTED = (ipaddress.IPv6Network("2000::/3"), _NAT64)
# Python's own table knows these in its newer versions only.
_RESERVED = tuple(map(ipaddress.ip_network, ("192.0.0.0/24", "192.88.99.0/24", "3fff::/20")))

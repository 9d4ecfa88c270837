"""Where a request came from, as far as that can be believed."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any, Protocol

UNKNOWN = "unknown"


class Connection(Protocol):
    """Has an ASGI scope, as Litestar's requests do; actions count by address and never import Litestar."""

    @property
    def scope(self) -> Any: ...


def client_address(connection: Connection) -> str:
    """The address the server saw, or ``unknown`` (a Unix socket has none).

    Forwarded headers are never read here: uvicorn already put the visitor's address into the scope when the
    peer is one of ``PORTAL_TRUSTED_PROXIES``, and anybody else may write into them what they like.
    """
    client = connection.scope.get("client")
    return str(client[0]) if client else UNKNOWN


def network_of(address: str) -> str:
    """The neighbourhood that counts as one guesser: /24 for IPv4, /56 for IPv6, otherwise ``unknown``."""
    try:
        ip = _unmapped(ip_address(address))
    except ValueError:
        return UNKNOWN
    return str(ip_network((int(ip), 24 if ip.version == 4 else 56), strict=False))


def _unmapped(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address inside ``::ffff:1.2.3.4``, which a dual-stack socket reports for IPv4 visitors."""
    return (ip.ipv4_mapped or ip) if isinstance(ip, IPv6Address) else ip

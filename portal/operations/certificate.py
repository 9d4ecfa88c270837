"""How long the certificate of this portal's own address is good for.

The address is that of the settings and of nobody else; nothing is sent but the handshake, and no redirect is followed.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from datetime import UTC, datetime
from urllib.parse import urlsplit

import msgspec

PATIENCE = 5.0  # seconds for connecting, and again for the handshake


class Certificate(msgspec.Struct, frozen=True):
    """``ends_at`` is None where no good one was shown; then ``problem`` says why, in the words of the machine."""

    ends_at: datetime | None
    problem: str = ""


async def certificate_of(base_url: str, *, trusted: ssl.SSLContext | None = None) -> Certificate | None:
    """What ``base_url`` shows to visitors; None for an address without one. ``trusted``: whom to believe."""
    parts = urlsplit(base_url)
    if parts.scheme != "https" or not parts.hostname:
        return None
    context = trusted or ssl.create_default_context()
    return await asyncio.to_thread(_look, parts.hostname, parts.port or 443, context)


def _look(host: str, port: int, context: ssl.SSLContext) -> Certificate:
    try:
        with (
            socket.create_connection((host, port), timeout=PATIENCE) as plain,
            context.wrap_socket(plain, server_hostname=host) as sealed,
        ):
            shown = sealed.getpeercert() or {}
    except ssl.SSLCertVerificationError as error:
        return Certificate(None, error.verify_message)
    except (OSError, ValueError) as error:
        return Certificate(None, str(error) or type(error).__name__)
    return Certificate(datetime.fromtimestamp(ssl.cert_time_to_seconds(str(shown["notAfter"])), UTC))

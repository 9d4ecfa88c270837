"""The certificate of the portal's own address is looked at, in a thread and not for long."""

from __future__ import annotations

import asyncio
import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from portal.operations.certificate import certificate_of

HOUR = timedelta(hours=1)


def a_certificate(folder: Path) -> Path:
    """A certificate for localhost that signs itself, with its key, good for a day."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - HOUR)
        .not_valid_after(now + 24 * HOUR)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "localhost.pem"
    path.write_bytes(
        made.public_bytes(Encoding.PEM) + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    return path


@pytest.fixture
async def tls_server(tmp_path):
    """A server that shows its own certificate, and the file of it."""
    pem = a_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    server = await asyncio.start_server(lambda _read, write: write.close(), "localhost", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1], pem


async def test_the_end_of_a_good_certificate_is_read(tls_server):
    port, pem = tls_server
    trusted = ssl.create_default_context(cafile=str(pem))
    seen = await certificate_of(f"https://localhost:{port}", trusted=trusted)
    assert seen is not None
    assert seen.ends_at is not None
    assert timedelta(0) < seen.ends_at - datetime.now(UTC) <= 24 * HOUR


async def test_a_certificate_that_nobody_vouches_for_is_a_problem(tls_server):
    port, _pem = tls_server
    seen = await certificate_of(f"https://localhost:{port}")
    assert seen is not None
    assert seen.ends_at is None
    assert "self" in seen.problem


async def test_an_address_without_https_has_no_certificate():
    assert await certificate_of("http://localhost:8000") is None


async def test_where_nobody_answers_the_certificate_is_a_problem():
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    seen = await certificate_of(f"https://localhost:{port}")
    assert seen is not None
    assert seen.ends_at is None
    assert seen.problem

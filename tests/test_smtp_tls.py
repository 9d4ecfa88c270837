"""A mail server that can't prove its name gets no mail (S53)."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from portal import smtp
from tests.mail_server import Box, mail_server
from tests.test_smtp import _mail


@pytest.fixture
def certified(tmp_path):
    """TLS with a certificate that nobody vouches for."""
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")]),
    )
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path / "pem"
    plain = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + plain)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem)
    return context


async def test_s53_a_certificate_that_nobody_vouches_for_gets_no_mail(certified):
    async with mail_server(Box(), tls_context=certified) as box:
        with pytest.raises(smtp.NotTaken, match="(?i)certificate"):
            await smtp.post(_mail(), box.url.replace("smtp://", "smtp+starttls://"))
    assert not box.taken

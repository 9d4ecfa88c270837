"""Codes that stand in for a device: six digits from an authenticator app (TOTP, RFC 6238), and recovery codes.

The app's key is kept encrypted, so that a copy of the database alone makes no codes; of recovery codes only
keyed digests are kept.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from functools import cache
from uuid import UUID

import pyotp
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pyotp.exceptions import OTPVerificationError

from portal.text import latin_digits

APP_DIGITS, RECOVERY_DIGITS = 6, 12
RECOVERY_CODES = 10
_DRIFT = 1
"""Steps of half a minute by which a telephone's clock may be off, either way."""
_NONCE = 12


def new_secret() -> str:
    """A new key for an authenticator app: 160 random bits in base 32."""
    return pyotp.random_base32()


def sealed(secret: str, *, account: UUID, key: bytes) -> bytes:
    """``secret`` as it is kept: readable with the server's ``key`` only, and for ``account`` only."""
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(_sealing_key(key)).encrypt(nonce, secret.encode(), account.bytes)


def opened(kept: bytes, *, account: UUID, keys: Sequence[bytes]) -> str | None:
    """The secret that was ``sealed`` with one of ``keys``; None when it was another key or for somebody else."""
    for key in keys:
        with suppress(InvalidTag):
            return AESGCM(_sealing_key(key)).decrypt(kept[:_NONCE], kept[_NONCE:], account.bytes).decode()
    return None


def step_of(secret: str, code: str, *, now: datetime) -> int | None:
    """The half minute whose code ``code`` is: the present one or one to either side. None when it is none of them."""
    try:
        return pyotp.TOTP(secret).verify_and_get_timecode(code, for_time=now, valid_window=_DRIFT)
    except OTPVerificationError:
        return None


def app_address(secret: str, *, username: str, host: str) -> str:
    """The ``otpauth:`` address that an authenticator app reads from a square code."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=host)


def new_recovery_codes() -> list[str]:
    """Ten new codes of twelve digits: digits can be typed on every keyboard and read out in every language."""
    return [f"{secrets.randbelow(10**RECOVERY_DIGITS):0{RECOVERY_DIGITS}}" for _ in range(RECOVERY_CODES)]


def recovery_digest(code: str, *, account: UUID, key: bytes) -> str:
    """What is kept of a recovery code."""
    return hmac.digest(key, b"recovery\0" + account.bytes + code.encode(), hashlib.sha256).hex()


def typed_digits(typed: str) -> str:
    """The digits of a code as somebody typed them, with any keyboard and spaces; empty for anything else."""
    digits = "".join(latin_digits(typed[:100]).replace("-", " ").split())
    return digits if digits.isascii() and digits.isdecimal() else ""


@cache
def _sealing_key(key: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"second factor").derive(key)

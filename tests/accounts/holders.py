"""People with a password and a second factor, and a device that makes passkeys (a software authenticator)."""

from __future__ import annotations

import hashlib
import json
import os
import struct
from datetime import UTC, datetime, timedelta
from uuid import UUID

import cbor2
import pyotp
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

from portal.accounts import factor_actions
from portal.accounts.actions import make_account
from portal.accounts.factor_queries import secret_of_new_app

PHRASE = "صبح بارانی ۱۴۰۵ کتابخانه"
USER_PRESENT, ATTESTED = 0x01, 0x40


class Holder:
    """An account with an authenticator app, set up five minutes ago, and ten recovery codes."""

    def __init__(self, account: UUID, username: str, secret: str, recovery: list[str]) -> None:
        self.account, self.username, self.secret, self.recovery = account, username, secret, recovery

    def code(self, steps: int = 0) -> str:
        """What the app shows now, or ``steps`` half minutes later."""
        return code_of(self.secret, datetime.now(UTC) + timedelta(seconds=30 * steps))


def code_of(secret: str, now: datetime) -> str:
    return pyotp.TOTP(secret).at(now)


async def new_person(username: str, role: str, *, now: datetime | None = None) -> UUID:
    made_at = now or datetime.now(UTC)
    return await make_account(username, display_name=username, role=role, password=PHRASE, now=made_at)


async def new_holder(key: bytes, username: str = "maryam", role: str = "staff") -> Holder:
    account = await new_person(username, role)
    secret, recovery = await new_app(account, key, now=datetime.now(UTC) - timedelta(minutes=5))
    return Holder(account, username, secret, recovery)


async def new_app(account: UUID, key: bytes, *, now: datetime) -> tuple[str, list[str]]:
    """The key of an app that was set up, and the recovery codes that were shown."""
    factor = await factor_actions.begin_app(account, key=key, now=now)
    secret = await secret_of_new_app(account, factor, keys=[key])
    assert secret
    return secret, await factor_actions.confirm_app(
        account, factor, code_of(secret, now), name="Phone", keys=[key], now=now
    )


class Device:
    """Makes one passkey for ``host`` and signs with it; ``counter`` is how often it has done so."""

    def __init__(self, host: str = "localhost", origin: str = "http://localhost:8000") -> None:
        self.host, self.origin, self.counter = host, origin, 0
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = os.urandom(32)

    def register(self, options: str) -> str:
        """What the browser would answer to the options of a registration."""
        numbers = self.key.public_key().public_numbers()
        x, y = (number.to_bytes(32, "big") for number in (numbers.x, numbers.y))
        public = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})
        attested = bytes(16) + struct.pack(">H", len(self.id)) + self.id + public
        data = self._authenticator_data(USER_PRESENT | ATTESTED) + attested
        statement = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        said = self._client_data("webauthn.create", options)
        return self._answer(clientDataJSON=said, attestationObject=statement)

    def sign(self, options: str) -> str:
        """What the browser would answer when asked for this passkey."""
        self.counter += 1
        data = self._authenticator_data(USER_PRESENT)
        said = self._client_data("webauthn.get", options)
        signature = self.key.sign(data + hashlib.sha256(said).digest(), ec.ECDSA(SHA256()))
        return self._answer(clientDataJSON=said, authenticatorData=data, signature=signature)

    def _authenticator_data(self, flags: int) -> bytes:
        return hashlib.sha256(self.host.encode()).digest() + struct.pack(">BI", flags, self.counter)

    def _client_data(self, kind: str, options: str) -> bytes:
        challenge = json.loads(options)["challenge"]
        assert base64url_to_bytes(challenge)
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _answer(self, **response: bytes) -> str:
        shown = {name: bytes_to_base64url(value) for name, value in response.items()}
        me = bytes_to_base64url(self.id)
        return json.dumps({"id": me, "rawId": me, "type": "public-key", "response": shown})

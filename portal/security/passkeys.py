"""Passkeys (WebAuthn): a device proves that it holds a key made for this site, and for no look-alike of it.

A challenge needs no row: it is random, dated and signed for one session, and whoever answers one gets a session
with a new token, for which the answer is worthless.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import struct
from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
import webauthn
from webauthn.helpers import bytes_to_base64url, parse_client_data_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

VALID = timedelta(minutes=15)
LONGEST = 20_000
"""Characters of an answer: those of today's devices have about one thousand."""
_NONCE = 16
_UNREADABLE = (WebAuthnException, ValueError, KeyError, TypeError, msgspec.MsgspecError)
"""What py_webauthn 3.0 and we meet in an answer that no device gave."""


class Ceremony(msgspec.Struct, frozen=True):
    """Who asks, and in which session: ``Settings.keys``, the portal's ``base_url``, the session's token."""

    keys: Sequence[bytes]
    base_url: str
    session: str

    @property
    def host(self) -> str:
        """The name that passkeys are made for."""
        return urlsplit(self.base_url).hostname or ""


class Passkey(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of one. ``counter`` counts its uses where the device counts at all, otherwise it stays 0."""

    credential_id: str
    public_key: bytes
    counter: int


class _ClientData(msgspec.Struct, rename={"json": "clientDataJSON"}):
    json: str


class _Answer(msgspec.Struct):
    id: str
    response: _ClientData


def registration_options(
    at: Ceremony, *, account: UUID, username: str, display_name: str, known: Sequence[str], now: datetime
) -> str:
    """What the browser needs to make a passkey, as JSON. ``known`` are the ids of those that exist."""
    options = webauthn.generate_registration_options(
        rp_id=at.host,
        rp_name=at.host,
        user_id=account.bytes,
        user_name=username,
        user_display_name=display_name,
        challenge=_challenge(at, now),
        exclude_credentials=_descriptors(known),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.DISCOURAGED,
            user_verification=UserVerificationRequirement.PREFERRED,
        ),
    )
    return webauthn.options_to_json(options)


def registered(at: Ceremony, answer: str, *, now: datetime) -> Passkey | None:
    """The passkey that a device made for us; None when ``answer`` is not such a one."""
    try:
        made = webauthn.verify_registration_response(
            credential=answer[:LONGEST],
            expected_challenge=_our_challenge(at, answer, now),
            expected_rp_id=at.host,
            expected_origin=at.base_url,
        )
    except _UNREADABLE:
        return None
    return Passkey(
        credential_id=bytes_to_base64url(made.credential_id),
        public_key=made.credential_public_key,
        counter=made.sign_count,
    )


def sign_in_options(at: Ceremony, *, known: Sequence[str], now: datetime) -> str:
    """What the browser needs to ask for one of the ``known`` passkeys, as JSON."""
    options = webauthn.generate_authentication_options(
        rp_id=at.host,
        challenge=_challenge(at, now),
        allow_credentials=_descriptors(known),
        user_verification=UserVerificationRequirement.PREFERRED,
    )
    return webauthn.options_to_json(options)


def named_in(answer: str) -> str:
    """The id of the passkey that ``answer`` claims to be from; empty where it claims nothing."""
    try:
        return msgspec.json.decode(answer[:LONGEST], type=_Answer).id
    except _UNREADABLE:
        return ""


def counter_after(at: Ceremony, answer: str, passkey: Passkey, *, now: datetime) -> int | None:
    """The counter of ``passkey`` after it gave ``answer``; None when it did not, or its counter went back."""
    try:
        return webauthn.verify_authentication_response(
            credential=answer[:LONGEST],
            expected_challenge=_our_challenge(at, answer, now),
            expected_rp_id=at.host,
            expected_origin=at.base_url,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.counter,
        ).new_sign_count
    except _UNREADABLE:
        return None


def _challenge(at: Ceremony, now: datetime) -> bytes:
    body = os.urandom(_NONCE) + struct.pack(">q", int(now.timestamp()))
    return body + _signature(at, body, at.keys[0])


def _our_challenge(at: Ceremony, answer: str, now: datetime) -> bytes:
    """The challenge inside ``answer``. Raises ValueError unless we gave it to this session lately."""
    client_data = msgspec.json.decode(answer[:LONGEST], type=_Answer).response.json
    challenge = parse_client_data_json(webauthn.base64url_to_bytes(client_data)).challenge
    body, signature = challenge[: _NONCE + 8], challenge[_NONCE + 8 :]
    if not any(hmac.compare_digest(signature, _signature(at, body, key)) for key in at.keys):
        raise ValueError("not our challenge")
    age = int(now.timestamp()) - struct.unpack(">q", body[_NONCE:])[0]
    # A little ahead is allowed: another process's clock may be so.
    if not -60 <= age <= VALID.total_seconds():
        raise ValueError("an old challenge")
    return challenge


def _signature(at: Ceremony, body: bytes, key: bytes) -> bytes:
    message = b"passkey\0" + at.session.encode("utf-8", "replace") + b"\0" + body
    return hmac.digest(key, message, hashlib.sha256)


def _descriptors(known: Sequence[str]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=webauthn.base64url_to_bytes(one)) for one in known]

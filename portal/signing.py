"""The portal's own signature: Ed25519, so that anybody can check with a published key what was signed here.

The private key lies in the data folder, readable by the portal alone. Every process looks whether the file is still the
one it read, so that a new key signs from the moment it is there.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from functools import lru_cache
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from portal.settings import SettingError, write_once

FILE = "receipt_key.pem"
SIGNATURE_BYTES = 64


class Signer(msgspec.Struct, frozen=True):
    """A private key at hand. ``id`` names it in what it signs; ``public`` is the 32 bytes to check with, as hex."""

    id: str
    public: str
    key: Ed25519PrivateKey

    def sign(self, text: bytes) -> bytes:
        """64 bytes; the same text gives the same ones."""
        return self.key.sign(text)


class _Kept(msgspec.Struct):
    """Where the key lies, and the one that was read last, with what told its file from others."""

    path: Path | None = None
    stamp: tuple[int, int] = (0, 0)
    signer: Signer | None = None


_kept = _Kept()


def keep_in(folder: Path) -> None:
    """This process signs with the key in ``folder``, which is made when there is none. Raises SettingError."""
    path = folder / FILE
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        write_once(path, _private_pem(Ed25519PrivateKey.generate()))
    _kept.path, _kept.stamp = path, (0, 0)
    current()


def current() -> Signer:
    """The key that signs now. Raises SettingError for a file that can't be used."""
    if _kept.path is None:
        raise RuntimeError("signing.keep_in says where the key lies; nobody has called it in this process.")
    stat = _kept.path.stat()
    stamp = (stat.st_mtime_ns, stat.st_ino)
    if _kept.signer is None or stamp != _kept.stamp:
        if stat.st_mode & 0o077:
            raise SettingError(f"{_kept.path}: others may read it. Run: chmod 600 {_kept.path}")
        _kept.signer, _kept.stamp = _read(_kept.path), stamp
    return _kept.signer


def new_signer() -> Signer:
    """A fresh key that signs nothing yet."""
    return _signer(Ed25519PrivateKey.generate())


def change_to(signer: Signer) -> None:
    """``signer`` signs from now on in every process of this data folder; the private key before it is gone."""
    assert _kept.path is not None, "signing.keep_in was called"
    draft = _kept.path.with_name(f".{FILE}.{secrets.token_hex(4)}")
    write_once(draft, _private_pem(signer.key))
    os.replace(draft, _kept.path)


def is_signed(text: bytes, signature: bytes, public: str) -> bool:
    """Whether whoever holds the private key of ``public`` signed exactly ``text``."""
    try:
        _public_key(public).verify(signature, text)
    except InvalidSignature:
        return False
    return True


def key_id(public: bytes) -> str:
    """The name of a key: the first 16 digits of the SHA-256 of its 32 bytes."""
    return hashlib.sha256(public).hexdigest()[:16]


def public_pem(public: str) -> str:
    """The public key as openssl reads it."""
    return (
        _public_key(public)
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


@lru_cache(maxsize=64)
def _public_key(public: str) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))


def _read(path: Path) -> Signer:
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SettingError(f"{path}: this is no private key in PEM: {error}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise SettingError(f"{path}: this is no Ed25519 key. Make one: openssl genpkey -algorithm ed25519")
    return _signer(key)


def _signer(key: Ed25519PrivateKey) -> Signer:
    public = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return Signer(key_id(public), public.hex(), key)


def _private_pem(key: Ed25519PrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()

"""Key pairs of age: everybody may know the recipient, who holds the identity reads the backups."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

import pyrage

from portal.backup.manifest import BackupError

Recipient: TypeAlias = pyrage.x25519.Recipient
Identity: TypeAlias = pyrage.x25519.Identity


def make(path: Path, *, now: datetime) -> str:
    """``path`` is a new file of mode 600 that holds an identity, as age-keygen writes it; returns its recipient."""
    identity = Identity.generate()
    recipient = str(identity.to_public())
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(f"# created: {now:%Y-%m-%dT%H:%M:%SZ}\n# public key: {recipient}\n{identity}\n")
            file.flush()
            os.fsync(descriptor)
    except FileExistsError as error:
        raise BackupError(f"{path} is there already. Keys are never overwritten.") from error
    except OSError as error:
        raise BackupError(f"{path} can't be written: {os.strerror(error.errno or 0)}") from error
    return recipient


def recipients(given: Iterable[str]) -> list[Recipient]:
    """Those who will be able to read. Raises BackupError for one that is no age recipient."""
    found = []
    for text in given:
        try:
            found.append(Recipient.from_str(text))
        except pyrage.RecipientError as error:
            secret = text.upper().startswith("AGE-SECRET-KEY")  # never shown again, not even to its owner
            shown = "that is a secret key" if secret else repr(text)
            raise BackupError(f"{shown}: give a recipient of age, like age1ql3z7hjy5…") from error
    return found


def identities(path: Path) -> list[Identity]:
    """The identities in the file ``path``. Raises BackupError for one that others may read, and one without any."""
    try:
        about = path.stat()
        lines = path.read_text(encoding="ascii").splitlines()
    except (OSError, ValueError) as error:
        raise BackupError(f"--identity: {path} can't be read") from error
    if stat.S_ISREG(about.st_mode) and about.st_mode & 0o077:
        raise BackupError(f"--identity: others may read or write {path}. Run: chmod 600 {path}")
    try:
        found = [
            Identity.from_str(line.strip()) for line in lines if line.strip() and not line.startswith("#")
        ]
    except pyrage.IdentityError as error:
        raise BackupError(
            f"--identity: {path} holds no plain identity of age (AGE-SECRET-KEY-1…). "
            "One with a passphrase is opened by age -d first."
        ) from error
    if not found:
        raise BackupError(f"--identity: {path} holds no identity of age (AGE-SECRET-KEY-1…)")
    return found

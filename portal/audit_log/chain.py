"""The chain that seals the audit log: what is sealed, under which key. Pure.

The seal of number ``seq`` is HMAC-SHA256, in hexadecimal digits, over the UTF-8 bytes of this JSON array without
spaces::

    [seq, MAC before, entry's id, actor, role, action, object, address, data, at]

The MAC before is the empty string for the first seal. ``actor`` is the account's id or null. ``data`` is the text
that PostgreSQL writes for the jsonb value, as a string. ``at`` is RFC 3339 in UTC: ``2026-11-21T08:30:00.5Z`` has
the digits of ``2026-11-21T08:30:00.500000Z``, and whole seconds have no fraction.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

FIELDS = "e.id, e.actor, e.role, e.action, e.object, e.address, e.data::text AS data, e.at"
"""What SQL must select of ``audit_entry e`` for a seal."""

Mac = Callable[[int, str, Mapping[str, Any]], str]


def sealer(secret_key: bytes) -> Mac:
    """The function from number, MAC before and entry (a row of FIELDS) to the MAC, under this server's key."""
    keyed = hmac.new(hmac.digest(secret_key, b"audit chain\0", hashlib.sha256), digestmod=hashlib.sha256)
    encode = msgspec.json.Encoder().encode

    def mac(seq: int, before: str, entry: Mapping[str, Any]) -> str:
        digest = keyed.copy()
        digest.update(
            encode(
                (
                    seq,
                    before,
                    entry["id"],
                    entry["actor"],
                    entry["role"],
                    entry["action"],
                    entry["object"],
                    entry["address"],
                    entry["data"],
                    entry["at"],
                )
            )
        )
        return digest.hexdigest()

    return mac

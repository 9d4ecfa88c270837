"""Tables of second factors: what a person has besides the password."""

from __future__ import annotations

from piccolo.columns import UUID, BigInt, Bytea, ForeignKey, Text, Timestamptz, Varchar
from piccolo.constraints import Check
from piccolo.table import Table

from db.accounts import Account
from db.keys import uuid7
from db.services import KEEP


class SecondFactor(Table, tablename="second_factor"):
    """An authenticator app (``kind`` totp) or a passkey of an account; ``name`` is what its owner calls it.

    ``secret`` is the app's key, encrypted under the server's key, or the passkey's public key.
    ``credential_id`` is NULL for an app. ``counter`` is the last time step used, or the passkey's own counter:
    what comes again is refused. ``confirmed_at`` is NULL until the first code was right.
    """

    id = UUID(primary_key=True, default=uuid7)
    account = ForeignKey(Account, on_delete=KEEP, null=False, index=True)
    kind = Varchar(length=8)
    name = Varchar(length=80, default="")
    secret = Bytea()
    credential_id = Text(null=True, default=None, unique=True)
    counter = BigInt(default=0)
    created_at = Timestamptz(default=None)
    confirmed_at = Timestamptz(null=True, default=None)
    used_at = Timestamptz(null=True, default=None)
    second_factor_kind = Check("kind IN ('totp', 'passkey')")


class RecoveryCode(Table, tablename="recovery_code"):
    """One code that stands in for a lost second factor, once. Only a keyed digest is kept."""

    id = UUID(primary_key=True, default=uuid7)
    account = ForeignKey(Account, on_delete=KEEP, null=False, index=True)
    code_hmac = Varchar(length=64, unique=True)
    made_at = Timestamptz(default=None)
    used_at = Timestamptz(null=True, default=None)

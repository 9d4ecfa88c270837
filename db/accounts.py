"""Tables of people who sign in."""

from __future__ import annotations

from piccolo.columns import UUID, ForeignKey, Text, Timestamptz, Varchar
from piccolo.constraints import Check
from piccolo.table import Table

from db.keys import uuid7
from db.services import KEEP, Unit


class Account(Table, tablename="account"):
    """One named person who may sign in.

    ``role`` is one of citizen, liaison, staff, evaluator, manager, admin, auditor. ``unit`` is NULL for people
    outside the desk. ``password_hash`` is an argon2id string. ``state`` is active or locked.
    """

    id = UUID(primary_key=True, default=uuid7)
    username = Varchar(length=80, unique=True)
    display_name = Varchar(length=160)
    role = Varchar(length=20)
    unit = ForeignKey(Unit, on_delete=KEEP, null=True)
    email = Varchar(length=254, null=True, default=None)
    password_hash = Varchar(length=200)
    state = Varchar(length=10, default="active")
    locale = Varchar(length=2, default="fa")
    created_at = Timestamptz(default=None)
    known_role = Check("role IN ('citizen', 'liaison', 'staff', 'evaluator', 'manager', 'admin', 'auditor')")


class Session(Table, tablename="session"):
    """One sign-in on one device. Only the token's SHA-256 is kept; an ended session has no row.

    ``seen_at`` moves at most once a minute; ``ends_at`` is the absolute limit. All times are UTC.
    """

    id = UUID(primary_key=True, default=uuid7)
    token_sha256 = Varchar(length=64, unique=True)
    account = ForeignKey(Account, on_delete=KEEP, null=False)
    device = Text(default="")
    started_at = Timestamptz(default=None)
    seen_at = Timestamptz(default=None)
    ends_at = Timestamptz(default=None, index=True)

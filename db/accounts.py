"""Tables of people who sign in."""

from __future__ import annotations

from piccolo.columns import UUID, Boolean, Date, ForeignKey, Integer, Text, Timestamptz, Varchar
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from db.keys import uuid7
from db.services import KEEP, Agency, Unit


class Account(Table, tablename="account"):
    """One named person who may sign in.

    ``role`` is one of citizen, agency (a user of an agency), liaison, staff, evaluator, manager, admin, auditor.
    ``unit`` is NULL for people outside the desk, ``agency`` for those who speak for no agency. ``password_hash``
    is an argon2id string, empty until an invitation is redeemed. ``state`` is active, locked or erased;
    ``locked_because`` is the admin's reason while it is locked.
    """

    id = UUID(primary_key=True, default=uuid7)
    username = Varchar(length=80, unique=True)
    display_name = Varchar(length=160)
    role = Varchar(length=20)
    agency = ForeignKey(Agency, on_delete=KEEP, null=True)
    unit = ForeignKey(Unit, on_delete=KEEP, null=True)
    password_hash = Varchar(length=200)
    password_changed_at = Timestamptz(null=True, default=None)
    state = Varchar(length=10, default="active")
    locked_because = Text(default="")
    locale = Varchar(length=2, default="fa")
    created_at = Timestamptz(default=None)
    account_role = Check(
        "role IN ('citizen', 'agency', 'liaison', 'staff', 'evaluator', 'manager', 'admin', 'auditor')"
    )


class Membership(Table, tablename="membership"):
    """A further unit whose cases the account works on, besides its own ``unit``: a desk that serves several."""

    id = UUID(primary_key=True, default=uuid7)
    account = ForeignKey(Account, on_delete=KEEP, null=False)
    unit = ForeignKey(Unit, on_delete=KEEP, null=False)
    membership_once = Unique([account, unit])


class Session(Table, tablename="session"):
    """One sign-in on one device. Only the token's SHA-256 is kept; an ended session has no row.

    ``seen_at`` moves at most once a minute; ``ends_at`` is the absolute limit; ``proved_at`` is when the person
    last proved who they are. While ``complete`` is false only the password was right: the second factor is
    still asked for, and the session opens nothing. ``address`` is where the sign-in came from. All times are UTC.
    """

    id = UUID(primary_key=True, default=uuid7)
    token_sha256 = Varchar(length=64, unique=True)
    account = ForeignKey(Account, on_delete=KEEP, null=False, index=True)
    device = Text(default="")
    address = Varchar(length=50, default="")
    complete = Boolean(default=True)
    started_at = Timestamptz(default=None)
    seen_at = Timestamptz(default=None)
    proved_at = Timestamptz(default=None)
    ends_at = Timestamptz(default=None, index=True)


class ContactPoint(Table, tablename="contact_point"):
    """Where an account can be told something: ``kind`` email or phone, ``value`` as ``portal.identifiers`` writes it.

    ``verified_at`` is NULL until its owner answered from there. ``changed_at`` is when it was put on file: a
    reset right after that waits. ``token_sha256`` belongs to the link that confirms it, valid until ``token_ends_at``.
    """

    id = UUID(primary_key=True, default=uuid7)
    account = ForeignKey(Account, on_delete=KEEP, null=False)
    kind = Varchar(length=5)
    value = Varchar(length=254, index=True)
    verified_at = Timestamptz(null=True, default=None)
    changed_at = Timestamptz(default=None)
    token_sha256 = Varchar(length=64, null=True, default=None, unique=True)
    token_ends_at = Timestamptz(null=True, default=None)
    contact_point_kind = Check("kind IN ('email', 'phone')")
    contact_point_once = Unique([account, kind, value])


class Introduction(Table, tablename="introduction"):
    """The letter in which an agency named the holder of an account; ``stored_as`` is the scan's random name.

    ``scan_state`` as in ``db.cases.Attachment``.
    """

    id = UUID(primary_key=True, default=uuid7)
    account = ForeignKey(Account, on_delete=KEEP, null=False, index=True)
    letter_no = Varchar(length=60)
    letter_date = Date()
    name = Varchar(length=200)
    media_type = Varchar(length=100)
    size = Integer()
    sha256 = Varchar(length=64)
    stored_as = Varchar(length=64, unique=True)
    scan_state = Varchar(length=12, default="")
    made_by = ForeignKey(Account, on_delete=KEEP, null=True)
    at = Timestamptz(default=None)

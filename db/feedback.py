"""Table of anonymous tips. All other feedback is a case (``db.cases``)."""

from __future__ import annotations

from piccolo.columns import UUID, ForeignKey, Text, Timestamptz, Varchar
from piccolo.constraints import Check
from piccolo.table import Table

from db.accounts import Account
from db.services import KEEP, Service, Unit


class Tip(Table, tablename="tip"):
    """What somebody told without saying who they are: no code, no reply, nothing about the sender.

    ``id`` is the one of the page it was written on, so that it is stored once; it is random and tells no time.
    ``service`` is NULL where it is about none, ``unit`` is whose people read it. ``at`` is rounded down to the hour
    of the desk's clock. ``state`` is new, read or archived; ``read_at`` and ``read_by`` say who marked it first, NULL
    until then.
    """

    id = UUID(primary_key=True)
    service = ForeignKey(Service, on_delete=KEEP, null=True)
    unit = ForeignKey(Unit, on_delete=KEEP, null=False, index=True)
    body = Text()
    at = Timestamptz(default=None)
    state = Varchar(length=10, default="new")
    read_at = Timestamptz(null=True, default=None)
    read_by = ForeignKey(Account, on_delete=KEEP, null=True)
    known_state = Check("state IN ('new', 'read', 'archived')")

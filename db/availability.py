"""The table of what the probe has seen."""

from __future__ import annotations

from piccolo.columns import UUID, ForeignKey, Timestamptz, Varchar
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from db.keys import uuid7
from db.services import KEEP, Service


class AvailabilitySpan(Table, tablename="availability_span"):
    """A stretch in which every sample of a service said the same: ``up`` or not, and which ``parts`` failed.

    Samples are a minute apart; the stretch reaches from ``since`` to ``until``, one interval past the last of them.
    Time that no stretch covers was not observed: it is unknown, neither up nor down. ``parts`` names what failed, in
    order, with commas: page, form, tracking, database, mail; empty when all was well. Only page, form, tracking and
    database make a service down.
    """

    id = UUID(primary_key=True, default=uuid7)
    service = ForeignKey(Service, on_delete=KEEP, null=False)
    state = Varchar(length=4)
    parts = Varchar(length=60, default="")
    since = Timestamptz(default=None)
    until = Timestamptz(default=None)
    known_state = Check("state IN ('up', 'down')")
    takes_time = Check("until > since")
    availability_span_once = Unique([service, since])

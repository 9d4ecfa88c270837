"""The table of what is published about kept promises."""

from __future__ import annotations

from piccolo.columns import JSONB, Bytea, ForeignKey, Timestamptz, Varchar
from piccolo.table import Table

from db.services import KEEP, Service


class PublishedPromises(Table, tablename="published_promises"):
    """How one service has kept its promises, as the worker last counted it; pages read nothing else.

    ``document`` is a ``promises.figures.Figures``, counted at ``as_of`` (UTC) from ``facts``: the gzip of the JSON file
    that everybody can count again. ``facts`` is NULL for a service whose name says too much of its applicants.
    ``usual`` is a ``services.usual.Usual``, NULL where too few requests ended lately. ``seen`` says what it was counted
    from: while it stays the same there is nothing to count.
    """

    service = ForeignKey(Service, on_delete=KEEP, null=False, primary_key=True)
    as_of = Timestamptz(default=None)
    seen = Varchar(length=300)
    document = JSONB()
    facts = Bytea(null=True, default=None)
    usual = JSONB(null=True, default=None)

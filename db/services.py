"""Tables of what is offered: agencies, their units, services, forms and service-level statements."""

from __future__ import annotations

from piccolo.columns import JSONB, UUID, Boolean, ForeignKey, Integer, Text, Timestamptz, Varchar
from piccolo.columns.base import OnDelete
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from db.keys import References, uuid7

KEEP = OnDelete.restrict
"""A row that others point to can't be deleted; Piccolo would delete those too."""


class Agency(Table, tablename="agency"):
    """An organisation that offers services.

    ``outside_fa``, ``outside_en`` and ``outside_url`` name who outside of it hears a complaint that it has decided
    twice, and how to reach them; empty where nobody was named.
    """

    id = UUID(primary_key=True, default=uuid7)
    slug = Varchar(length=80, unique=True)
    name_fa = Varchar(length=200)
    name_en = Varchar(length=200)
    outside_fa = Text(default="")
    outside_en = Text(default="")
    outside_url = Varchar(length=300, default="")


class Unit(Table, tablename="unit"):
    """A part of an agency that works on cases; its phone and e-mail are public.

    ``kind``: desk, inspection (complaints go there), appeals (complaints decided once) or technical.
    """

    id = UUID(primary_key=True, default=uuid7)
    agency = ForeignKey(Agency, on_delete=KEEP, null=False)
    slug = Varchar(length=80, unique=True)
    name_fa = Varchar(length=200)
    name_en = Varchar(length=200)
    phone = Varchar(length=40, default="")
    email = Varchar(length=254, default="")
    kind = Varchar(length=12, default="desk")
    known_kind = Check("kind IN ('desk', 'inspection', 'appeals', 'technical')")


class Service(Table, tablename="service"):
    """One service of an agency. ``state`` is draft (not shown), open, closed (shown, takes nothing new) or
    desk: the electronic desk as a whole, which stands in no catalogue and takes feedback only.

    ``sheet`` holds what is shown as a whole and never filtered: description, documents, cost, legal basis,
    frequency. ``search_key`` is the normalised text that the catalogue's search looks in. ``retention_months``
    after a case ended what names its people is erased; NULL keeps it until somebody asks. So many
    ``recheck_days`` after a case was closed as done its applicant is asked whether it still is; NULL asks nobody.
    ``watch`` is a ``statement.Watch``: whom to warn about a promise, and when; NULL is the usual way.
    """

    id = UUID(primary_key=True, default=uuid7)
    slug = Varchar(length=80, unique=True)
    agency = ForeignKey(Agency, on_delete=KEEP, null=False)
    unit = ForeignKey(Unit, on_delete=KEEP, null=False)
    title_fa = Varchar(length=200)
    title_en = Varchar(length=200)
    audience = JSONB()
    intake_channels = JSONB()
    sheet = JSONB()
    search_key = Text(default="")
    free = Boolean(default=True)
    sensitive = Boolean(default=False)
    retention_months = Integer(null=True, default=None)
    recheck_days = Integer(null=True, default=None)
    watch = JSONB(null=True, default=None)
    state = Varchar(length=10, default="draft")
    position = Integer(default=0)
    known_state = Check("state IN ('draft', 'open', 'closed', 'desk')")


class FormVersion(Table, tablename="form_version"):
    """One edition of a service's form. A case keeps the edition it was filed with; the highest ``n`` is asked now."""

    id = UUID(primary_key=True, default=uuid7)
    service = ForeignKey(Service, on_delete=KEEP, null=False)
    n = Integer()
    fields = JSONB()
    published_at = Timestamptz(default=None)
    form_version_edition = Unique([service, n])


class SlaVersion(Table, tablename="sla_version"):
    """One published edition of a service's statement; ``document`` is a ``Statement`` as JSON, ``sha256`` its digest.

    ``cover`` is NULL but for editions from before documents had a cover: what it would have said when that came.

    In force from ``in_force_from`` up to, not including, ``superseded_at``; NULL: nothing ends it yet. Both may lie
    in the future. ``ending`` says how it ends: superseded or terminated, empty while nothing ends it. ``follows`` is
    the end of the edition before, NULL for the first. The schema holds that an edition begins no earlier than the
    one before (``previous``) ends, so that at every instant at most one is in force.
    """

    id = UUID(primary_key=True, default=uuid7)
    service = ForeignKey(Service, on_delete=KEEP, null=False)
    n = Integer()
    previous = Integer()
    document = JSONB()
    cover = JSONB(null=True, default=None)
    sha256 = Varchar(length=64)
    in_force_from = Timestamptz(default=None)
    superseded_at = Timestamptz(null=True, default=None)
    ending = Varchar(length=10, default="")
    follows = Timestamptz(null=True, default=None)
    sla_version_edition = Unique([service, n])
    sla_version_end = Unique([service, n, superseded_at])
    known_ending = Check(
        "ending IN ('', 'superseded', 'terminated') AND (ending = '') = (superseded_at IS NULL)"
    )
    ends_after_it_begins = Check("superseded_at >= in_force_from")
    begins_after_the_one_before = Check(
        "previous = n - 1 AND (n = 1) = (follows IS NULL) AND in_force_from >= follows"
    )
    sla_version_follows = References(
        ["service", "previous", "follows"], "sla_version", ["service", "n", "superseded_at"]
    )

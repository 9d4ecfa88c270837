"""Tables of working calendars: each a row, its numbered revisions, and the change that is being drafted."""

from __future__ import annotations

from piccolo.columns import JSONB, UUID, ForeignKey, Integer, Text, Timestamptz, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from db.accounts import Account
from db.keys import uuid7
from db.services import KEEP


class Calendar(Table, tablename="calendar"):
    """Working hours that the targets of statements count in; they name it by ``name``. What holds is a revision."""

    id = UUID(primary_key=True, default=uuid7)
    name = Varchar(length=80, unique=True)
    title_fa = Varchar(length=200)
    title_en = Varchar(length=200)


class CalendarRevision(Table, tablename="calendar_revision"):
    """What a calendar says; the highest ``n`` holds. Rows are only ever added.

    ``document`` is a ``portal.office_hours.Calendar`` as JSON, ``entries`` the ``portal.calendars.rules.Entry``
    of each day that somebody decided about. ``made_by`` is NULL for what the portal made itself.
    """

    id = UUID(primary_key=True, default=uuid7)
    calendar = ForeignKey(Calendar, on_delete=KEEP, null=False)
    n = Integer()
    document = JSONB()
    entries = JSONB()
    made_at = Timestamptz(default=None)
    made_by = ForeignKey(Account, on_delete=KEEP, null=True, default=None)
    note = Text(default="")
    calendar_revision_n = Unique([calendar, n])


class CalendarDraft(Table, tablename="calendar_draft"):
    """The next revision of a calendar while it is written; at most one, and it differs from what holds."""

    id = UUID(primary_key=True, default=uuid7)
    calendar = ForeignKey(Calendar, on_delete=KEEP, null=False, unique=True)
    document = JSONB()
    entries = JSONB()
    changed_at = Timestamptz(default=None)
    changed_by = ForeignKey(Account, on_delete=KEEP, null=False)

"""Who asked for a link to their requests because the tracking code is lost."""

from __future__ import annotations

from piccolo.columns import UUID, Timestamptz, Varchar
from piccolo.constraints import Check
from piccolo.table import Table

from db.keys import uuid7


class LostCode(Table, tablename="lost_code"):
    """A wish for a link, sent to ``address``; the row goes with the use of the link, or after a day.

    ``channel``: mail or sms. ``token_hash`` is a keyed digest of the link's secret, NULL until the message is made;
    the link is worth something until ``token_ends_at``. Times are UTC.
    """

    id = UUID(primary_key=True, default=uuid7)
    channel = Varchar(length=8)
    address = Varchar(length=254)
    asked_at = Timestamptz(default=None, index=True)
    token_hash = Varchar(length=64, null=True, default=None, unique=True)
    token_ends_at = Timestamptz(null=True, default=None)
    known_channel = Check("channel IN ('mail', 'sms')")

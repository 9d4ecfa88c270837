"""Tables of those who run the place: what each day added up to, and how the installation is."""

from __future__ import annotations

from piccolo.columns import JSONB, Date, Integer, SmallInt, Timestamptz
from piccolo.table import Table


class DayReport(Table, tablename="day_report"):
    """What one day of the agency's zone added up to, as last reckoned at ``made_at`` (UTC).

    ``figures`` is an ``operations.reckoning.Figures``, ``oddities`` a list of ``Oddity``: the first 200 of ``n_odd``.
    """

    day = Date(primary_key=True, default=None)
    figures = JSONB()
    oddities = JSONB()
    n_odd = Integer(default=0)
    made_at = Timestamptz(default=None)


class HealthReport(Table, tablename="health_report"):
    """How the installation is, as the worker last saw it at ``made_at`` (UTC): an ``operations.health.Health``.

    There is one row.
    """

    id = SmallInt(primary_key=True, default=1)
    document = JSONB()
    made_at = Timestamptz(default=None)

"""The page of figures: how the desk stands, for those who run it."""

from __future__ import annotations

from datetime import datetime

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Template

from portal import jalali, text
from portal.cases import complaint_figures, figures, rules
from portal.cases.figures import AGES, Figures
from portal.cases.staff_pages import Visit
from portal.charts import Chart, Series, bar_chart
from portal.i18n import _, current_language, direction
from portal.security.headers import PRIVATE
from portal.settings import Settings


@get("/figures", name="desk.figures")
async def show_figures(
    request: Visit,
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
    service: FromQuery[str] = "",
    unit: FromQuery[str] = "",
) -> Template:
    chosen = {"service": text.store(service[:80]), "unit": text.store(unit[:80])}
    found = await figures.figures(reader=request.user, **chosen, zone=settings.zone, now=now)
    context = {
        "figures": found,
        "chosen": chosen,
        "services": [(slug, str(name)) for slug, name in found.service_choices],
        "units": [(slug, str(name)) for slug, name in found.unit_choices],
        "ages": _ages(),
        "complaints": await complaint_figures.by_unit(reader=request.user, **chosen, now=now),
        "ends": [(rules.ending_label(how), n) for how, n in found.ended],
        "chart": _chart(found, settings),
        "at": now,
        "current": "desk",
    }
    return Template("cases/figures.html", context=context, headers=PRIVATE)


def _ages() -> list[str]:
    """The ages of the table in words, the youngest first: "0–2", …, "over 20"."""
    shown = [text.show_number(age, current_language()) for age in AGES]
    begins = [text.show_number(age + 1, current_language()) for age in (-1, *AGES)]
    spans = [f"{begin}–{end}" for begin, end in zip(begins, shown, strict=False)]
    return [*spans, _("over %(days)s") % {"days": shown[-1]}]


def _chart(found: Figures, settings: Settings) -> Chart:
    days = [jalali.show_numeric_date(week.begins, current_language(), settings.zone) for week in found.weeks]
    return bar_chart(
        days,
        [
            Series(_("Came"), tuple(week.n_came for week in found.weeks)),
            Series(_("Ended"), tuple(week.n_went for week in found.weeks)),
        ],
        rtl=direction() == "rtl",
    )

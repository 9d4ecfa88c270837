"""Pages on which services are written, published and their statements ended."""

from __future__ import annotations

from playwright.async_api import Response

from tests.browser.going import ADMIN, Go, Stop, World, at, sending_nothing, told, too_old
from tests.browser.visitor import Visitor

QOM, TEHRAN = "/admin/services/yearbook-qom", "/admin/services/yearbook-tehran"
UNDRAFTED, ENDING = "/admin/services/resource-monitoring", "/admin/services/spatial-observatory"
PARTS = ("form", "legal", "sections", "clauses")


def filled(path: str, form: str, **values: str) -> Go:
    """By sending the form of the page at ``path`` with ``values``."""

    async def go(visitor: Visitor, _: World) -> Response:
        await visitor.open(path)
        for name, value in values.items():
            await visitor.fill(name, value)
        return await visitor.send(form)

    return go


def drafted(path: str) -> Go:
    """The page at ``path`` of a service whose draft lacks its English summary."""

    async def go(visitor: Visitor, world: World) -> Response:
        await filled(f"{QOM}/sheet", "/sheet", summary_en="")(visitor, world)
        return await visitor.open(path)

    return go


async def another_time(visitor: Visitor, world: World) -> Response:
    """A draft that lacks nothing, with a moment nobody can read."""
    await filled(f"{TEHRAN}/terms", "/terms", amount_first_answer="7")(visitor, world)
    return await filled(f"{TEHRAN}/publish", "/publish", at="tomorrow")(visitor, world)


async def outdated_sheet(visitor: Visitor, _: World) -> Response:
    """A sheet that a colleague has changed since its page was opened."""
    await visitor.open(f"{TEHRAN}/sheet")
    await visitor.page.eval_on_selector("main [name=seen]", "seen => { seen.value = 'old' }")
    await visitor.fill("summary_en", f"Numbers of Tehran, {visitor.language}.")
    return await visitor.send("/sheet")


async def proposed_end(visitor: Visitor, _: World) -> Response:
    """The wish to end a statement, which somebody has proposed already in the other language."""
    await visitor.open(f"{ENDING}/end")
    if await visitor.field("reason").count():
        for name, value in {
            "reason": "The law has changed.",
            "notice_fa": "این خدمت پایان می‌یابد.",
            "notice_en": "This service comes to its end.",
            "effective_at": "2199-01-02 08:00",
        }.items():
            await visitor.fill(name, value)
        await visitor.send("/end")
    return await visitor.open(f"{ENDING}/end")


SERVICE_STOPS = [
    Stop("services-kept", "services.kept", ADMIN, at("/admin/services")),
    Stop("service-new", "services.new", ADMIN, at("/admin/services/new")),
    Stop(
        "service-new-errors",
        "services.add",
        ADMIN,
        sending_nothing("/admin/services/new", "/services/new"),
        422,
    ),
    Stop("service-edit", "services.edit", ADMIN, told("published", UNDRAFTED)),
    Stop("service-drafted", "services.edit", ADMIN, drafted(QOM)),
    Stop("sheet", "services.sheet", ADMIN, at(f"{UNDRAFTED}/sheet")),
    Stop("sheet-stale", "services.save_sheet", ADMIN, too_old(f"{UNDRAFTED}/sheet"), 403),
    Stop("sheet-overtaken", "services.save_sheet", ADMIN, outdated_sheet, 409),
    Stop("terms", "services.terms", ADMIN, at(f"{UNDRAFTED}/terms")),
    Stop(
        "terms-errors",
        "services.save_terms",
        ADMIN,
        filled(f"{UNDRAFTED}/terms", "/terms", notice_days="x"),
        422,
    ),
    *(Stop(f"rows-{part}", "services.rows", ADMIN, at(f"{UNDRAFTED}/{part}")) for part in PARTS),
    *(
        Stop(f"row-{part}", "services.row", ADMIN, at(f"{QOM}/{part}/1"))
        for part in ("form", "sections", "clauses")
    ),
    Stop("row-legal", "services.row", ADMIN, at("/admin/services/spatial-observatory/legal/1")),
    *(Stop(f"row-new-{part}", "services.new_row", ADMIN, at(f"{QOM}/{part}/new")) for part in PARTS),
    *(
        Stop(
            f"row-errors-{part}",
            "services.add_row",
            ADMIN,
            sending_nothing(f"{QOM}/{part}/new", f"/{part}/new"),
            422,
        )
        for part in ("form", "clauses")
    ),
    Stop("publish-gaps", "services.preview", ADMIN, drafted(f"{QOM}/publish")),
    Stop("publish-errors", "services.publish", ADMIN, another_time, 422),
    Stop("publish-nothing", "services.preview", ADMIN, at(f"{UNDRAFTED}/publish")),
    Stop("end", "services.end", ADMIN, at(f"{UNDRAFTED}/end")),
    Stop("end-errors", "services.propose_end", ADMIN, sending_nothing(f"{UNDRAFTED}/end", "/end"), 422),
    Stop("end-proposed", "services.end", ADMIN, proposed_end),
]

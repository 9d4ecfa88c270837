"""Every page the portal can show, and how somebody gets there. A new page gets its line here.

``Stop.shows`` names the route, so that test_tour.py notices a page nobody visits.
"""

from __future__ import annotations

from playwright.async_api import Response

from portal import codes
from portal.cases import rules
from portal.services.actions import read_sample
from tests.browser.account_stops import ACCOUNT_STOPS
from tests.browser.calendar_stops import CALENDAR_STOPS
from tests.browser.cases import SAMPLES, fill_request, move, unlock
from tests.browser.clock_stops import CLOCK_STOPS
from tests.browser.complaint_stops import COMPLAINT_STOPS
from tests.browser.errands import (
    first_message,
    first_reset,
    forgotten,
    fresh_slip,
    unproved,
    wrong_password,
    wrong_setting,
    wrong_watch,
)
from tests.browser.feedback_stops import FEEDBACK_STOPS
from tests.browser.going import (
    ADMIN,
    APPLICANT,
    CITIZEN,
    GUEST,
    STAFF,
    Stop,
    World,
    at,
    sending_nothing,
    told,
    too_old,
)
from tests.browser.mine_stops import MINE_STOPS
from tests.browser.notice_stops import NOTICE_STOPS
from tests.browser.operation_stops import OPERATION_STOPS
from tests.browser.receipt_stops import RECEIPT_STOPS
from tests.browser.security_stops import SECURITY_STOPS
from tests.browser.service_stops import SERVICE_STOPS
from tests.browser.subscription_stops import SUBSCRIPTION_STOPS
from tests.browser.visitor import Visitor

FIRST = "yearbook-qom"
AGENCY, UNIT = read_sample(FIRST).agency.slug, read_sample(FIRST).unit.slug
MISTYPED = "XKP9-2ZKY-93WR-1W58"
NOBODYS = codes.show_text(codes.LOWEST + 20_261_121)


async def wrong_passcode(visitor: Visitor, world: World) -> Response:
    await visitor.open(world.states["answered"])
    return await unlock(visitor, "0000 0000")


async def sent_twice(visitor: Visitor, _: World) -> Response:
    """The form of a request that was sent, sent again with other words."""
    await fill_request(visitor, FIRST)
    first = await visitor.page.locator("[name=submission_id]").input_value()
    await visitor.send("/cases/new/yearbook-qom")
    await fill_request(visitor, FIRST)
    await visitor.fill("body", "Something else.")
    await visitor.page.eval_on_selector("[name=submission_id]", "(field, id) => { field.value = id }", first)
    return await visitor.send("/cases/new/yearbook-qom")


async def just_unlocked(visitor: Visitor, world: World) -> Response:
    await visitor.open(world.filed.path)
    await visitor.send("/lock")  # which locks every case in this browser
    for case in (world.waiting, world.closed):
        await visitor.open(case.path)
        await unlock(visitor, case.passcode)
    await visitor.open(world.filed.path)
    return await unlock(visitor, world.filed.passcode)


async def cut_off(visitor: Visitor, world: World) -> Response:
    """A reply from a page whose access has ended meanwhile."""
    await visitor.open(world.waiting.path)
    await visitor.fill("body", "A long reply.", within="#write")
    kept = await visitor.page.context.cookies()
    await visitor.page.context.clear_cookies()
    response = await visitor.send("/reply")
    await visitor.page.context.add_cookies(kept)  # type: ignore[arg-type]
    return response


async def overtaken(visitor: Visitor, world: World) -> Response:
    """A move on a case that a colleague has moved on meanwhile."""
    await visitor.open(f"/desk{world.filed.path}")
    await visitor.page.eval_on_selector('form[action$="/answer"] [name=seen]', "seen => { seen.value = '0' }")
    return await move(visitor, "answer", body="We call back on Monday.")


async def outdated_unit(visitor: Visitor, _: World) -> Response:
    """A unit that a colleague has changed since its page was opened."""
    await visitor.open(f"/admin/units/{UNIT}")
    await visitor.page.eval_on_selector("main [name=seen]", "seen => { seen.value = 'old' }")
    await visitor.fill("phone", "111")
    return await visitor.send(f"/units/{UNIT}")


async def unused_unit(visitor: Visitor, _: World) -> Response:
    """A unit nothing belongs to, which can be removed."""
    await visitor.open(f"/admin/units/new?agency={AGENCY}")
    for name, value in {
        "slug": f"new-{visitor.language}",
        "name_fa": "واحد تازه",
        "name_en": "New unit",
    }.items():
        await visitor.fill(name, value)
    return await visitor.send("/units/new")


STOPS = [
    Stop("home", "site.home", GUEST, at("/")),
    Stop("services", "services.catalogue", GUEST, at("/services")),
    Stop("services-found", "services.catalogue", GUEST, at("/services?q=%D9%82%D9%85+Qom")),
    Stop("services-none", "services.catalogue", GUEST, at("/services?q=zzzz")),
    *(Stop(f"service-{slug}", "services.service", GUEST, at(f"/services/{slug}")) for slug in SAMPLES),
    *(
        Stop(f"statement-{slug}", "services.statement", GUEST, at(f"/services/{slug}/sla"))
        for slug in SAMPLES
    ),
    Stop("notices", "notices.all", GUEST, at("/notices")),
    Stop("notices-older", "notices.all", GUEST, at("/notices?before=1")),
    Stop("notice-none", "notices.notice", GUEST, at("/notices/99999"), 404),
    Stop("availability", "notices.availability", GUEST, at("/notices/availability")),
    Stop("availability-of", "notices.availability_of", GUEST, at(f"/notices/availability/{FIRST}")),
    Stop("promises", "promises.all", GUEST, at("/promises")),
    Stop("promises-service", "promises.service", GUEST, at(f"/promises/{FIRST}")),
    Stop("promises-none", "promises.service", GUEST, at("/promises/nothing"), 404),
    Stop("edition", "services.edition", GUEST, at(f"/services/{FIRST}/sla/1")),
    Stop("edition-changes", "services.changes", GUEST, at(f"/services/{FIRST}/sla/1/changes?from=1")),
    *(Stop(f"new-{slug}", "cases.new", GUEST, at(f"/cases/new/{slug}")) for slug in SAMPLES),
    Stop(
        "new-errors",
        "cases.file",
        GUEST,
        sending_nothing("/cases/new/yearbook-tehran", "yearbook-tehran"),
        422,
    ),
    Stop("new-stale", "cases.file", GUEST, too_old(f"/cases/new/{FIRST}"), 403),
    Stop("track", "cases.track", GUEST, at("/track")),
    Stop("track-short", "cases.track", GUEST, at("/track?code=12345"), 404),
    Stop("track-mistyped", "cases.track", GUEST, at(f"/track?code={MISTYPED}"), 404),
    Stop("track-unknown", "cases.track", GUEST, at(f"/T/{NOBODYS.replace('-', '')}"), 404),
    *(
        Stop(f"case-{state}", "cases.show", GUEST, at(lambda world, state=state: world.states[state]))
        for state in rules.STATES
    ),
    Stop("why", "cases.why", GUEST, at(lambda world: f"{world.states['waiting']}/why")),
    Stop(
        "case-no-proof", "cases.unlock", GUEST, sending_nothing(lambda w: w.states["closed"], "/unlock"), 422
    ),
    Stop("case-wrong-passcode", "cases.unlock", GUEST, wrong_passcode, 422),
    Stop("sign-in", "accounts.sign_in", GUEST, at("/accounts/sign-in")),
    Stop("sign-in-next", "accounts.sign_in", GUEST, at("/desk/cases/register")),
    Stop(
        "sign-in-errors", "accounts.sign_in_post", GUEST, sending_nothing("/accounts/sign-in", "sign-in"), 422
    ),
    Stop("sign-in-wrong", "accounts.sign_in_post", GUEST, wrong_password, 422),
    Stop("signed-out", "accounts.signed_out", GUEST, at("/accounts/signed-out")),
    Stop("stale-form", "accounts.sign_in_post", GUEST, too_old("/accounts/sign-in"), 403),
    Stop("forgot", "resets.forgot", GUEST, at("/accounts/forgot")),
    Stop("forgot-errors", "resets.ask", GUEST, sending_nothing("/accounts/forgot", "forgot"), 422),
    Stop("reset-nobody", "resets.reset", GUEST, at("/accounts/reset")),
    Stop("reset", "resets.reset", GUEST, forgotten),
    Stop("reset-errors", "resets.redeem", GUEST, sending_nothing("/accounts/reset", "/accounts/reset"), 422),
    Stop("reset-done", "resets.done", GUEST, at("/accounts/reset/done")),
    Stop("link-old", "resets.link", GUEST, at("/accounts/set-password?key=123456.nobody"), 404),
    Stop("not-found", "", GUEST, at("/nothing/here"), 404),
    Stop("receipt", "cases.receipt", APPLICANT, at(lambda world: f"{world.filed.path}/receipt")),
    Stop("own-case", "cases.show", APPLICANT, at(lambda world: world.filed.path)),
    Stop("own-case-waiting", "cases.show", APPLICANT, at(lambda world: world.waiting.path)),
    Stop("own-case-closed", "cases.show", APPLICANT, at(lambda world: world.closed.path)),
    Stop("own-case-unlocked", "cases.unlock", APPLICANT, just_unlocked),
    Stop("reply-errors", "cases.reply", APPLICANT, sending_nothing(lambda w: w.waiting.path, "/reply"), 422),
    Stop("reply-cut-off", "cases.reply", APPLICANT, cut_off, 403),
    Stop("sent-twice", "cases.file", APPLICANT, sent_twice, 409),
    Stop("home-signed-in", "site.home", CITIZEN, at("/")),
    Stop("not-allowed", "site.mail", CITIZEN, at("/admin/mail"), 403),
    Stop("desk", "desk.queue", STAFF, at("/desk")),
    Stop("desk-all", "desk.queue", STAFF, at("/desk?state=all&at_risk=1")),
    Stop("desk-none", "desk.queue", STAFF, at("/desk?q=zzzz")),
    Stop("desk-mistyped", "desk.queue", STAFF, at(f"/desk?q={MISTYPED}")),
    Stop("desk-turn", "desk.queue", STAFF, at("/desk?turn=applicant")),
    Stop("desk-late", "desk.queue", STAFF, at("/desk?late=1")),
    Stop("figures", "desk.figures", STAFF, at("/desk/figures")),
    Stop("figures-none", "desk.figures", STAFF, at("/desk/figures?service=nothing")),
    Stop("desk-why", "desk.why", STAFF, at(lambda world: f"/desk{world.states['waiting']}/why")),
    Stop("desk-not-found", "desk.case", STAFF, at("/desk/cases/12345"), 404),
    *(
        Stop(
            f"desk-case-{state}",
            "desk.case",
            STAFF,
            at(lambda world, state=state: f"/desk{world.states[state]}"),
        )
        for state in rules.STATES
    ),
    Stop("desk-case-own", "desk.case", STAFF, told("ask", lambda world: f"/desk{world.waiting.path}")),
    Stop(
        "desk-move-errors",
        "cases.move",
        STAFF,
        sending_nothing(lambda world: f"/desk{world.filed.path}", "/close", within="#close"),
        422,
    ),
    Stop("desk-conflict", "cases.move", STAFF, overtaken, 409),
    Stop("register", "desk.register", STAFF, at("/desk/cases/register")),
    Stop(
        "register-errors",
        "desk.register_post",
        STAFF,
        sending_nothing("/desk/cases/register", "register"),
        422,
    ),
    Stop("slip", "desk.slip", STAFF, fresh_slip),
    *SUBSCRIPTION_STOPS,
    *FEEDBACK_STOPS,
    *COMPLAINT_STOPS,
    *ACCOUNT_STOPS,
    *MINE_STOPS,
    Stop("mail", "site.mail", ADMIN, at("/admin/mail")),
    Stop("message", "site.message", ADMIN, first_message),
    Stop("resets", "resets.requests", ADMIN, at("/admin/resets")),
    Stop("resets-unmatched", "resets.requests", ADMIN, at("/admin/resets?tab=unmatched")),
    Stop("one-reset", "resets.show", ADMIN, first_reset),
    Stop("one-reset-errors", "resets.approve", ADMIN, unproved, 422),
    Stop("resets-report", "resets.report", ADMIN, at("/admin/resets/report")),
    *SECURITY_STOPS,
    Stop("audit", "audit_log.entries", ADMIN, at("/admin/audit")),
    Stop("audit-filtered", "audit_log.entries", ADMIN, at("/admin/audit?who=admin&action=signed_in")),
    Stop("audit-none", "audit_log.entries", ADMIN, at("/admin/audit?who=nobody")),
    Stop("audit-mistyped", "audit_log.entries", ADMIN, at("/admin/audit?from=1405/12/30&action=x"), 422),
    Stop("settings", "site.settings", ADMIN, told("changed", "/admin/settings")),
    Stop("settings-errors", "site.settings_post", ADMIN, wrong_setting, 422),
    *CALENDAR_STOPS,
    Stop("agencies", "services.agencies", ADMIN, at("/admin/agencies")),
    Stop("agency", "services.agency", ADMIN, told("changed", f"/admin/agencies/{AGENCY}")),
    Stop("agency-new", "services.new_agency", ADMIN, at("/admin/agencies/new")),
    Stop(
        "agency-errors",
        "services.add_agency",
        ADMIN,
        sending_nothing("/admin/agencies/new", "/agencies/new"),
        422,
    ),
    Stop("unit", "services.unit", ADMIN, told("same", f"/admin/units/{UNIT}")),
    Stop("unit-overtaken", "services.change_unit", ADMIN, outdated_unit, 409),
    Stop("unit-new", "services.new_unit", ADMIN, at(f"/admin/units/new?agency={AGENCY}")),
    Stop("unit-errors", "services.add_unit", ADMIN, sending_nothing("/admin/units/new", "/units/new"), 422),
    Stop("unit-head", "services.head", ADMIN, told("changed", f"/admin/units/{UNIT}/head")),
    Stop("unit-head-errors", "services.name_head", ADMIN, too_old(f"/admin/units/{UNIT}/head"), 403),
    Stop("figures-of-service", "desk.figures", ADMIN, at(f"/desk/figures?service={FIRST}")),
    Stop("watch", "services.watch", ADMIN, told("same", f"/admin/services/{FIRST}/watch")),
    Stop("watch-errors", "services.change_watch", ADMIN, wrong_watch, 422),
    Stop("unit-unused", "services.unit", ADMIN, unused_unit),
    *SERVICE_STOPS,
    *CLOCK_STOPS,
    *NOTICE_STOPS,
    *OPERATION_STOPS,
    *RECEIPT_STOPS,
]

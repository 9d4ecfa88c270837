"""Composition root: builds the web application from its features."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, cast

from litestar import Litestar, Request
from litestar.di import NamedDependency, Provide
from litestar.exceptions import InternalServerException
from litestar.middleware import ASGIMiddleware
from litestar.response import Template
from litestar.static_files import create_static_files_router
from litestar.template.config import TemplateConfig
from litestar.types import ASGIApp, Receive, Scope, Send

from db.engine import AWAY, close_pool, open_pool
from portal import error_pages, i18n, maintenance, quarantine, signing
from portal import settings as settings_module
from portal.accounts import proposals
from portal.accounts.new_routes import people_admin_router
from portal.accounts.routes import router as accounts_router
from portal.accounts.security_routes import security_router
from portal.accounts.staff_routes import accounts_admin_router
from portal.accounts.step_routes import step_router
from portal.audit_log.staff_routes import audit_router
from portal.availability import labels
from portal.calendars.movement import Movement
from portal.calendars.staff_routes import calendars_router
from portal.cases import rules
from portal.cases.filing_routes import filing_handlers
from portal.cases.moving import Shifter
from portal.cases.rating_routes import rating_handlers
from portal.cases.staff_routes import staff_router
from portal.cases.tracking_routes import tracking_handlers
from portal.crowd import Crowd
from portal.feedback.lost_code_routes import lost_code_router
from portal.feedback.routes import router as feedback_router
from portal.feedback.tips_routes import desk_router as tips_router
from portal.i18n import LanguagePrefix
from portal.notices import measured, wording
from portal.notices.availability_routes import availability_router
from portal.notices.feed_routes import feed_handlers
from portal.notices.routes import router as notices_router
from portal.notices.staff_routes import staff_router as notices_desk_router
from portal.notices.strip import NoticesAtHand
from portal.notices.subscription_routes import subscriptions_router
from portal.notices.webhook_routes import webhooks_router
from portal.operations.admin_routes import operations_router
from portal.promises.routes import router as promises_router
from portal.receipts import labels as receipt_labels
from portal.receipts.case_routes import case_receipt_handlers
from portal.receipts.routes import verify_router
from portal.resets import links
from portal.resets.admin_routes import admin_router as resets_admin_router
from portal.resets.routes import router as resets_router
from portal.security.csrf import OriginGuard, read_form, read_posted, wait_to_read
from portal.security.guards import SignedInReader, permitted
from portal.security.headers import HostGuard, SecurityHeaders
from portal.services.document_routes import documents_router
from portal.services.free_queries import all_free
from portal.services.routes import router as services_router
from portal.services.staff_routes import admin_router as agencies_router
from portal.services.watch_routes import watch_router
from portal.settings import Settings
from portal.site import erasing
from portal.site.mine_notices import mine_notices_router
from portal.site.mine_routes import mine_router
from portal.site.routes import site_handlers
from portal.site.staff_routes import admin_router
from portal.templating import STATIC, Clock, MailTemplates, PageEngine, request_now

POOL = 10
"""Database connections of one web process."""
BODY_LIMIT = 2_000_000
"""Bytes of a request's body, except where a route takes files."""


FEATURES: tuple[Any, ...] = (
    accounts_router,
    step_router,
    security_router,
    services_router,
    documents_router,
    promises_router,
    feedback_router,
    tips_router,
    lost_code_router,
    notices_router,
    agencies_router,
    calendars_router,
    watch_router,
    staff_router,
    admin_router,
    resets_router,
    resets_admin_router,
    mine_router,
    audit_router,
    operations_router,
    webhooks_router,
    accounts_admin_router,
    people_admin_router,
    notices_desk_router,
    *feed_handlers,
    subscriptions_router,
    mine_notices_router,
    availability_router,
    *site_handlers,
    *filing_handlers,
    *case_receipt_handlers,
    verify_router,
    *tracking_handlers,
    *rating_handlers,
)
"""Routers and handlers of every feature."""


OPEN_CASES = Shifter()


def utc_clock() -> datetime:
    """The present instant."""
    return datetime.now(UTC)


def create_app(
    settings: Settings | None = None, movement: Movement = OPEN_CASES, clock: Clock = utc_clock
) -> ASGIApp:
    """The whole portal as one ASGI application, its guards outermost.

    ``movement`` knows which deadlines a calendar's change would move, ``clock`` what time it is.
    """
    settings = settings or settings_module.load()
    for code in settings_module.LANGUAGES:
        i18n.catalogue(code)
    proposals.register(erasing.WISH, erasing.KIND)
    signing.keep_in(settings.data_dir)
    quarantine.expect_scanner(settings.clamd)
    inner = _litestar(settings, movement, clock)
    guarded = OriginGuard(inner, settings, error_pages.cross_site(inner))
    noticed = NoticesAtHand(guarded, settings, clock)
    # i18n knows nothing of Litestar, not even its types.
    localized = cast(ASGIApp, LanguagePrefix(cast(Any, noticed), settings.languages))
    gate = maintenance.Gate(localized, settings, clock)
    guarded_hosts = HostGuard(Crowd(gate, settings, clock), settings)
    return SecurityHeaders(guarded_hosts, settings)


def _litestar(settings: Settings, movement: Movement = OPEN_CASES, clock: Clock = utc_clock) -> Litestar:
    page_names = {
        "kept_back": quarantine.label,
        **rules.NAMES,
        **wording.names(settings.zone),
        **labels.NAMES,
        **receipt_labels.NAMES,
    }
    mail_templates = MailTemplates(settings, rules.NAMES)
    return Litestar(
        route_handlers=[*FEATURES, _static_files()],
        dependencies={
            "now": Provide(_instant_of(clock)),
            "settings": Provide(lambda: settings, sync_to_thread=False, use_cache=True),
            "invite": Provide(lambda: links.invite, sync_to_thread=False, use_cache=True),
            "movement": Provide(lambda: movement, sync_to_thread=False, use_cache=True),
            "usable": Provide(lambda: measured.usable, sync_to_thread=False, use_cache=True),
            "mail_templates": Provide(lambda: mail_templates, sync_to_thread=False, use_cache=True),
            "sent": Provide(wait_to_read),
            "posted": Provide(read_posted),
            "form": Provide(read_form),
        },
        guards=[permitted],
        after_request=_with_foot(clock),
        middleware=[RequestAtHand(), SignedInReader(settings, clock)],
        exception_handlers=error_pages.HANDLERS,
        template_config=TemplateConfig(instance=PageEngine(settings, page_names, clock)),
        lifespan=[_pool],
        openapi_config=None,
        debug=False,
        logging_config=None,
        request_max_body_size=BODY_LIMIT,
        multipart_form_part_limit=200,
    )


def _with_foot(clock: Clock) -> Callable[[Any], Awaitable[Any]]:
    async def with_foot(response: Any) -> Any:
        """A page knows whether its foot may say that all services are free; one that needs no database does without."""
        if isinstance(response, Template):
            with contextlib.suppress(*AWAY):
                response.context["all_free"] = await all_free(now=clock())
        return response

    return with_foot


class RequestAtHand(ASGIMiddleware):
    """Templates can see the request being answered: its language, its visitor, its form tokens."""

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Remember the request while it is answered."""
        token = request_now.set(Request(scope))
        try:
            await next_app(scope, receive, send)
        finally:
            request_now.reset(token)


def _instant_of(clock: Clock) -> Callable[..., Awaitable[datetime]]:
    async def instant(settings: NamedDependency[Settings]) -> datetime:
        """The instant of this request; below the routes it is an argument.

        It asks for ``settings`` so that Litestar 2.25 finds one after the other: for two at once it opens a task
        group in every request.
        """
        return clock()

    return instant


@contextlib.asynccontextmanager
async def _pool(app: Litestar) -> AsyncIterator[None]:
    await open_pool(POOL)
    try:
        yield
    finally:
        await close_pool()


def _static_files() -> Any:
    return create_static_files_router(
        path="/static",
        directories=[STATIC],
        name="static",
        opt={"no_session": True},
        # A NUL or a name too long for the disk.
        exception_handlers=dict.fromkeys(
            (ValueError, OSError, InternalServerException), error_pages.show_nothing_here
        ),
        after_request=_kept_for_a_year,
    )


def _kept_for_a_year(response: Any) -> Any:
    response.headers.setdefault("Cache-Control", "public, max-age=31536000, immutable")
    return response

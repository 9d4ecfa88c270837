"""The sign-in page as a browser sees it: cookies, redirects, messages. A small app around the router."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Litestar, Request, Response, get
from litestar.di import Provide
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.template.config import TemplateConfig

from db.accounts import Account, Session
from portal import i18n, settings
from portal.accounts.actions import make_account
from portal.accounts.routes import router
from portal.accounts.step_routes import send_on
from portal.errors import PortalError
from portal.security import permissions
from portal.security.csrf import FIELD, form_token, read_form, read_posted, wait_to_read
from portal.security.guards import SignedInReader, StepNeeded, permitted

NOON = datetime(2026, 3, 21, 12, tzinfo=UTC)
PHRASE = "صبح بارانی ۱۴۰۵ کتابخانه"
TEMPLATES = Path(__file__).parent.parent.parent / "templates"


@get("/mine", name="mine")
async def mine(request: Request) -> str:
    return request.user.username


class Browser:
    """Keeps cookies and sends each form with its token, as it came with the page."""

    def __init__(self, client: httpx.AsyncClient, key: bytes) -> None:
        self.client = client
        self.key = key

    @property
    def session(self) -> str:
        return self.client.cookies.get("session", "")

    def plant(self, token: str) -> None:
        # The standard library's cookie jar calls a host without a dot so.
        self.client.cookies.set("session", token, domain="localhost.local", path="/")

    async def get(self, path: str) -> httpx.Response:
        return await self.client.get(path)

    async def submit(self, path: str, **fields: str) -> httpx.Response:
        return await self.client.post(
            path, data={**fields, FIELD: form_token(self.key, self.session, path, NOON)}
        )

    async def sign_in(self, **fields: str) -> httpx.Response:
        return await self.submit("/accounts/sign-in", **{"username": "maryam", "password": PHRASE, **fields})


def environment_of(own: settings.Settings) -> Environment:
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    i18n.install(environment)
    environment.filters["num"] = str
    environment.globals.update(
        link=i18n.localized,
        static=lambda name: f"/static/{name}",
        csrf=lambda path: form_token(own.secret_key, "", path, NOON),
        language="en",
        direction="ltr",
        may=lambda name: False,
        other_language={"href": "/", "code": "fa", "name": "فارسی"},
    )
    return environment


def show(request: Request, error: PortalError) -> Response:
    return Response(str(error), status_code=error.status)


@pytest.fixture
async def browser(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Browser]:
    monkeypatch.setitem(permissions.ACCESS, "mine", permissions.PERSON)
    own = settings.load({"PORTAL_DATA_DIR": str(tmp_path)})
    app = Litestar(
        [router, mine],
        guards=[permitted],
        middleware=[SignedInReader(own, lambda: NOON)],
        dependencies={
            "settings": Provide(lambda: own, sync_to_thread=False),
            "now": Provide(lambda: NOON, sync_to_thread=False),
            "sent": Provide(wait_to_read),
            "posted": Provide(read_posted),
            "form": Provide(read_form),
        },
        exception_handlers={PortalError: show, StepNeeded: send_on},
        template_config=TemplateConfig(instance=JinjaTemplateEngine.from_environment(environment_of(own))),
        openapi_config=None,
    )
    transport = httpx.ASGITransport(app)
    with i18n.using("en"):
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as client:
            yield Browser(client, own.secret_key)


@pytest.fixture
async def maryam(db: None) -> None:
    await make_account("maryam", display_name="Maryam", role="citizen", password=PHRASE, now=NOON)


async def test_the_page_asks_for_name_and_password(browser):
    page = await browser.get("/accounts/sign-in")
    assert page.status_code == 200
    assert "<h1>Sign in</h1>" in page.text
    assert 'autocomplete="current-password"' in page.text
    assert f'value="{form_token(browser.key, "", "/accounts/sign-in", NOON)}"' in page.text


async def test_looking_at_the_page_leaves_no_cookie_and_no_row(browser):
    page = await browser.get("/accounts/sign-in")
    assert "set-cookie" not in page.headers
    assert await Session.count() == 0


async def test_a_citizen_lands_on_their_own_requests(browser, maryam):
    answer = await browser.sign_in()
    assert (answer.status_code, answer.headers["location"]) == (303, "/en/mine")
    flags = answer.headers["set-cookie"].lower().split("; ")[1:]
    assert {"httponly", "samesite=lax", "path=/"} == set(flags)
    assert (await browser.get("/mine")).text == "maryam"


async def test_staff_land_on_the_desk(browser, maryam):
    await Account.update({Account.role: "staff"}, force=True)
    assert (await browser.sign_in()).headers["location"] == "/en/desk"


async def test_one_is_led_back_to_the_page_one_wanted(browser, maryam):
    asked = await browser.get("/mine?page=2")
    assert (asked.status_code, asked.headers["location"]) == (
        303,
        "/en/accounts/sign-in?next=%2Fmine%3Fpage%3D2",
    )
    page = await browser.get("/accounts/sign-in?next=%2Fmine%3Fpage%3D2")
    assert 'name="next" value="/mine?page=2"' in page.text
    assert (await browser.sign_in(next="/mine?page=2")).headers["location"] == "/en/mine?page=2"


@pytest.mark.parametrize(
    "evil", ["//evil.example", "/\\evil.example", "https:evil.example", "/\t/evil.example"]
)
async def test_nobody_is_led_to_another_site(browser, maryam, evil):
    assert "evil" not in (await browser.get("/accounts/sign-in?next=" + evil.replace("\t", "%09"))).text
    assert (await browser.sign_in(next=evil)).headers["location"] == "/en/mine"


async def test_a_wrong_password_keeps_the_name_and_forgets_the_password(browser, maryam):
    page = await browser.sign_in(password="wrong wrong wrong", next="/mine")
    assert page.status_code == 422
    assert "match. Please" in page.text
    assert 'value="maryam"' in page.text
    assert 'name="next" value="/mine"' in page.text
    assert "wrong wrong" not in page.text
    assert "set-cookie" not in page.headers


async def test_an_unknown_name_is_answered_alike(browser, maryam):
    known = await browser.sign_in(password="wrong wrong wrong")
    unknown = await browser.sign_in(username="nobody", password="wrong wrong wrong")
    assert known.text.replace("maryam", "nobody") == unknown.text
    assert known.status_code == unknown.status_code


async def test_an_empty_form_says_what_is_missing(browser):
    page = await browser.sign_in(username="", password="")
    assert page.status_code == 422
    assert 'href="#username"' in page.text
    assert 'href="#password"' in page.text


async def test_too_many_tries_say_how_long_to_wait(browser, maryam):
    for _ in range(5):
        await browser.sign_in(password="wrong wrong wrong")
    page = await browser.sign_in()
    assert (page.status_code, page.headers["retry-after"]) == (429, "30")
    assert "30 seconds" in page.text


async def test_a_planted_session_is_not_adopted(browser, maryam):
    browser.plant("a" * 64)
    await browser.sign_in()
    assert browser.session != "a" * 64
    assert await Session.count() == 1


async def test_signing_in_again_ends_the_session_before(browser, maryam):
    await browser.sign_in()
    first = browser.session
    await browser.sign_in()
    assert browser.session != first
    assert await Session.count() == 1


async def test_who_is_signed_in_is_not_asked_again(browser, maryam):
    await browser.sign_in()
    again = await browser.get("/accounts/sign-in?next=/mine")
    assert (again.status_code, again.headers["location"]) == (303, "/en/mine")


async def test_signing_out_ends_the_session_for_good(browser, maryam):
    await browser.sign_in()
    token = browser.session
    answer = await browser.submit("/accounts/sign-out")
    assert (answer.status_code, answer.headers["location"]) == (303, "/en/accounts/signed-out")
    assert "You are signed out" in (await browser.get("/accounts/signed-out")).text
    assert answer.headers["clear-site-data"] == '"cache", "storage"'
    assert not browser.session
    browser.plant(token)
    assert (browser.session, await Session.count()) == (token, 0)
    assert (await browser.get("/mine")).status_code == 303


async def test_signing_out_needs_the_token_of_its_form(browser, maryam):
    await browser.sign_in()
    assert (await browser.client.post("/accounts/sign-out")).status_code == 403
    assert (await browser.get("/mine")).text == "maryam"


async def test_one_cannot_sign_out_by_a_link(browser):
    assert (await browser.get("/accounts/sign-out")).status_code == 405

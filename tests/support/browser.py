"""A visitor's browser over the real application, in the test's own loop and transaction."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import html5lib
import httpx
import pytest
import pytest_asyncio

from db.accounts import Account, Membership
from portal import app as portal_app
from portal import place, signing
from portal import settings as settings_module
from portal.calendars import queries as calendar_queries
from portal.notices import measured
from portal.notices import queries as notice_queries
from portal.security import sessions
from portal.services import queries as service_queries
from portal.settings import Settings

BASE = "http://localhost:8000"
XHTML = "{http://www.w3.org/1999/xhtml}"


class Browser:
    """Fetches pages and sends their forms as a browser does; every HTML page must parse without an error.

    ``account`` is who is signed in, None for a guest.
    """

    def __init__(self, client: httpx.AsyncClient, account: Account | None = None) -> None:
        self.client = client
        self.account = account

    async def get(self, path: str, **options: Any) -> httpx.Response:
        return checked(await self.client.get(path, **options))

    async def submit(
        self,
        page: str,
        fields: Mapping[str, Any] | None = None,
        *,
        to: str | None = None,
        files: Any = None,
    ) -> httpx.Response:
        """Open ``page``, fill the form that posts to ``to`` (default: the page itself) and send it.

        What the form already holds stays, unless ``fields`` says otherwise; None leaves a field out.
        """
        opened = await self.get(page)
        assert opened.status_code < 400, f"{page}: {opened.status_code}"
        action = to or urlsplit(page).path
        held = held_by_form(opened.text, action)
        sent = {name: value for name, value in {**held, **(fields or {})}.items() if value is not None}
        return await self.post(action, sent, files=files)

    async def post(self, path: str, fields: Mapping[str, Any], *, files: Any = None) -> httpx.Response:
        """Send ``fields`` as they are."""
        headers = {"Sec-Fetch-Site": "same-origin"}
        return checked(await self.client.post(path, data=dict(fields), files=files, headers=headers))


def held_by_form(html: str, action: str) -> dict[str, Any]:
    """The fields of the page's form that posts to ``action`` (a path), as they stand."""
    tree, _errors = _parsed(html)
    forms = [
        form for form in tree.iter(f"{XHTML}form") if urlsplit(form.get("action") or action).path == action
    ]
    assert forms, f"no form posts to {action}"
    held: dict[str, Any] = {}
    for field in forms[0].iter():
        name, kind = field.get("name"), field.get("type")
        if (
            not name
            or field.get("disabled") is not None
            or kind in ("file", "submit")
            or field.tag == f"{XHTML}button"
        ):
            continue
        if kind in ("radio", "checkbox") and field.get("checked") is None:
            continue
        held[name] = _value_of(field)
    return held


def _value_of(field: Any) -> str:
    if field.tag == f"{XHTML}textarea":
        return "".join(field.itertext())
    if field.tag == f"{XHTML}select":
        options = list(field.iter(f"{XHTML}option"))
        chosen = [option for option in options if option.get("selected") is not None] or options[:1]
        return (chosen[0].get("value") or "") if chosen else ""
    return field.get("value") or ("on" if field.get("type") == "checkbox" else "")


def checked(response: httpx.Response) -> httpx.Response:
    """The response, once its HTML has parsed strictly and its title begins with its only h1."""
    if response.headers.get("content-type", "").startswith("text/html") and response.text:
        tree, errors = _parsed(response.text)
        assert not errors, f"{response.request.url}: {errors[:3]}"
        titles = [_text(node) for node in tree.iter(f"{XHTML}title")]
        headings = [_text(node) for node in tree.iter(f"{XHTML}h1")]
        # The seal in the masthead may hold a title of its own: the first is the page's.
        assert len(headings) <= 1, f"{response.request.url}: {headings}"
        assert not headings or titles[0].startswith(headings[0]), (titles, headings)
    return response


@functools.lru_cache(maxsize=4)
def _parsed(html: str) -> tuple[Any, list[Any]]:
    """The page and what is wrong with it; parsing takes as long as making it, and its form is often asked for next."""
    parser = html5lib.HTMLParser()
    return parser.parse(html), parser.errors


def _text(node: Any) -> str:
    return " ".join("".join(node.itertext()).split())


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of the application under test: loopback, no mail server, a folder of its own.

    Accounts of tests may be years old and have no second factor; tests of the grace period set one.
    """
    folder: Path = tmp_path_factory.mktemp("data")
    given = {"PORTAL_DATA_DIR": str(folder), "PORTAL_BASE_URL": BASE, settings_module.GRACE: "never"}
    return settings_module.load(given)


@pytest.fixture(scope="session")
def application(settings: Settings) -> Any:
    return portal_app.create_app(settings)


class TimedApplication:
    """The application under a clock that each test sets; one for all of them, since its templates take a second."""

    clock: Callable[[], datetime]

    def __init__(self, settings: Settings) -> None:
        self.application = portal_app.create_app(settings, clock=lambda: self.clock())

    def by(self, clock: Callable[[], datetime]) -> Any:
        """The application, where it is always as late as ``clock`` says."""
        self.clock = clock
        return self.application


@pytest.fixture(scope="session")
def timed_application(settings: Settings) -> TimedApplication:
    return TimedApplication(settings)


@pytest.fixture(autouse=True)
def nothing_remembered(settings: Settings) -> None:
    """What the process remembers of services and settings belongs to another test; receipts are signed with our key."""
    signing.keep_in(settings.data_dir)
    service_queries.forget()
    calendar_queries.forget()
    notice_queries.forget()
    measured.forget()
    place.forget()


def client_of(application: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url=BASE)


@pytest_asyncio.fixture
async def browser(db: None, application: Any) -> AsyncIterator[Browser]:
    """A guest."""
    async with client_of(application) as client:
        yield Browser(client)


@pytest_asyncio.fixture
async def stranger(db: None, application: Any) -> AsyncIterator[Browser]:
    """Another guest, on another device."""
    async with client_of(application) as client:
        yield Browser(client)


@pytest_asyncio.fixture
async def clerk(db: None, application: Any) -> AsyncIterator[Browser]:
    """Somebody of the desk, signed in."""
    async with client_of(application) as client:
        yield await signed_in(client, "clerk", "staff")


@pytest_asyncio.fixture
async def colleague(db: None, application: Any) -> AsyncIterator[Browser]:
    """A second clerk, signed in."""
    async with client_of(application) as client:
        yield await signed_in(client, "colleague", "staff")


@pytest_asyncio.fixture
async def admin(db: None, application: Any) -> AsyncIterator[Browser]:
    """A site admin, signed in."""
    async with client_of(application) as client:
        yield await signed_in(client, "chief", "admin")


async def works_everywhere() -> None:
    """Everybody of the desk works on the cases of every unit that there is: tests of one unit say so themselves."""
    await Membership.raw(
        "INSERT INTO membership (id, account, unit) SELECT gen_random_uuid(), a.id, u.id FROM account a, unit u"
        " WHERE a.role IN ('staff', 'manager', 'admin') AND a.unit IS NULL ON CONFLICT DO NOTHING"
    )


async def signed_in(client: httpx.AsyncClient, username: str, role: str) -> Browser:
    """A browser signed in as a new account; its password is nobody's."""
    now = datetime.now(UTC)
    account = Account(
        username=username, display_name=username.title(), role=role, password_hash="!", created_at=now
    )
    await account.save()
    await works_everywhere()
    client.cookies.set("session", await sessions.open_session(account.id, device="test", now=now))
    return Browser(client, account)

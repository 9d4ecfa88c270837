"""Who may open a page, and where one may be sent back to."""

from uuid import uuid4

import httpx
import pytest
from litestar import Litestar, MediaType, Request, Response, get, post

from db.audit import AuditEntry
from portal.errors import PortalError
from portal.security import permissions
from portal.security.guards import ProofNeeded, SignInNeeded, permitted, same_site_path
from portal.security.permissions import ADMIN, PERSON, READS_DESK, WORKS_DESK, Access
from portal.security.sessions import ROLES, STAFF_ROLES, SignedIn

TABLE = {
    "mine": PERSON,
    "desk": READS_DESK,
    "desk_post": WORKS_DESK,
    "admin": ADMIN,
    "sensitive": Access(roles=ROLES, fresh=True),
}


@pytest.fixture(autouse=True)
def small_table(monkeypatch):
    monkeypatch.setattr(permissions, "ACCESS", TABLE)
    monkeypatch.setattr("portal.security.guards.ACCESS", TABLE)


def person(role, *, is_fresh=True):
    return SignedIn(
        session_id=uuid4(),
        account_id=uuid4(),
        username=role,
        display_name=role,
        role=role,
        units=(),
        locale="fa",
        is_staff=role in STAFF_ROLES,
        is_fresh=is_fresh,
    )


@get("/mine", name="mine", media_type=MediaType.TEXT)
async def mine() -> str:
    return "mine"


@get("/desk", name="desk", media_type=MediaType.TEXT)
async def desk() -> str:
    return "desk"


@post("/desk", name="desk_post", media_type=MediaType.TEXT)
async def post_desk() -> str:
    return "desk"


@get("/admin", name="admin", media_type=MediaType.TEXT)
async def admin() -> str:
    return "admin"


@get("/sensitive", name="sensitive", media_type=MediaType.TEXT)
async def sensitive() -> str:
    return "sensitive"


@get("/forgotten", name="forgotten", media_type=MediaType.TEXT)
async def forgotten() -> str:
    return "open to nobody"


def show(request: Request, error: PortalError) -> Response:
    text = error.next if isinstance(error, SignInNeeded | ProofNeeded) else ""
    return Response(text, status_code=error.status, media_type=MediaType.TEXT)


async def fetch(path, role=None, *, method="GET", reader=True, is_fresh=True):
    app = Litestar(
        [mine, desk, post_desk, admin, sensitive, forgotten],
        guards=[permitted],
        exception_handlers={PortalError: show},
        openapi_config=None,
    )

    async def outer(scope, receive, send):
        if reader:
            scope["user"] = person(role, is_fresh=is_fresh) if role else None
        await app(scope, receive, send)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(outer)) as client:
        return await client.request(method, "http://localhost:8000" + path)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/mine", ROLES),
        ("GET", "/desk", STAFF_ROLES | {"auditor"}),
        ("POST", "/desk", STAFF_ROLES),
        ("GET", "/admin", {"admin"}),
        ("GET", "/forgotten", set()),
    ],
)
async def test_each_page_opens_for_its_roles_only(db, method, path, allowed):
    for role in sorted(ROLES):
        answer = await fetch(path, role, method=method)
        assert (answer.status_code < 300) == (role in allowed), role
        assert answer.status_code in (200, 201, 403), role


async def test_a_refusal_is_in_the_log(db):
    await fetch("/admin?secret=1", "citizen")
    entry = await AuditEntry.select(AuditEntry.action, AuditEntry.object).first()
    assert entry == {"action": "denied", "object": "/admin"}


async def test_a_sensitive_page_asks_for_proof_and_leads_back():
    answer = await fetch("/sensitive?x=1", "citizen", is_fresh=False)
    assert (answer.status_code, answer.text) == (403, "/sensitive?x=1")
    assert (await fetch("/sensitive", "citizen")).status_code == 200


async def test_a_visitor_is_asked_to_sign_in_and_comes_back_to_the_page():
    answer = await fetch("/desk?state=waiting&q=%D8%A2")
    assert (answer.status_code, answer.text) == (401, "/desk?state=waiting&q=%D8%A2")


async def test_after_a_post_nobody_is_led_back():
    answer = await fetch("/desk", method="POST")
    assert (answer.status_code, answer.text) == (401, "/desk")


async def test_without_the_reader_of_sessions_nobody_gets_in():
    assert (await fetch("/mine", reader=False)).status_code == 401


@pytest.mark.parametrize(
    "good", ["/", "/desk", "/desk?q=a&b=c#x", "/cases/XKP9-2ZKY", "/جست‌وجو".replace("\u200c", "")]
)
def test_a_path_of_ours_is_kept(good):
    assert same_site_path(good) == good


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "desk",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "/desk\r\nSet-Cookie: a=b",
        "\t//evil.example",
        " //evil.example",
        "https:evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "%2f%2fevil.example",
        "/\u202eevil",
        "/\0",
        "/" + "a" * 3000,
    ],
)
def test_no_other_place_is(bad):
    assert same_site_path(bad) == ""

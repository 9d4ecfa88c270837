"""Who may open a page, and where one may be sent back to."""

from uuid import uuid4

import httpx
import pytest
from litestar import Litestar, MediaType, Request, Response, get, post

from portal.errors import PortalError
from portal.security.guards import SignInNeeded, admin_only, same_site_path, signed_in, staff_only
from portal.security.sessions import STAFF_ROLES, SignedIn


def person(role):
    return SignedIn(
        account_id=uuid4(),
        username=role,
        display_name=role,
        role=role,
        unit=None,
        locale="fa",
        is_staff=role in STAFF_ROLES,
    )


@get("/mine", guards=[signed_in], media_type=MediaType.TEXT)
async def mine() -> str:
    return "mine"


@get("/desk", guards=[staff_only], media_type=MediaType.TEXT)
async def desk() -> str:
    return "desk"


@post("/desk", guards=[staff_only], media_type=MediaType.TEXT)
async def post_desk() -> str:
    return "desk"


@get("/admin", guards=[admin_only], media_type=MediaType.TEXT)
async def admin() -> str:
    return "admin"


def show(request: Request, error: PortalError) -> Response:
    text = error.next if isinstance(error, SignInNeeded) else ""
    return Response(text, status_code=error.status, media_type=MediaType.TEXT)


async def fetch(path, role=None, *, method="GET", reader=True):
    app = Litestar(
        [mine, desk, post_desk, admin], exception_handlers={PortalError: show}, openapi_config=None
    )

    async def outer(scope, receive, send):
        if reader:
            scope["user"] = person(role) if role else None
        await app(scope, receive, send)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(outer)) as client:
        return await client.request(method, "http://localhost:8000" + path)


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/mine", {"citizen", "liaison", "staff", "evaluator", "manager", "admin", "auditor"}),
        ("/desk", {"staff", "manager", "admin"}),
        ("/admin", {"admin"}),
    ],
)
async def test_each_page_opens_for_its_roles_only(path, allowed):
    for role in ("citizen", "liaison", "staff", "evaluator", "manager", "admin", "auditor"):
        assert (await fetch(path, role)).status_code == (200 if role in allowed else 403), role


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

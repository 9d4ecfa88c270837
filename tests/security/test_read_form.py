"""What a browser may send to a form, and what else arrives there."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from litestar import Litestar, post
from litestar.datastructures import FormMultiDict, UploadFile
from litestar.di import NamedDependency, Provide

from portal import settings
from portal.errors import PortalError
from portal.security.csrf import FIELD, Posted, form_token, read_form, read_posted, wait_to_read

NOON = datetime(2026, 3, 21, 12, tzinfo=UTC)
URL = "http://localhost:8000/form"
closed: list[UploadFile] = []


@post("/form", status_code=200)
async def strict(form: NamedDependency[FormMultiDict]) -> list[list[str]]:
    closed[:] = [value for _name, value in form.multi_items() if isinstance(value, UploadFile)]
    shown = [
        (name, await value.read() if isinstance(value, UploadFile) else value) for name, value in form.items()
    ]
    return [[name, value.decode() if isinstance(value, bytes) else value] for name, value in shown]


@post("/kept", status_code=200)
async def kept(posted: NamedDependency[Posted]) -> dict[str, str]:
    return {"body": posted.form["body"], "problem": str(posted.stale or "")}


@pytest.fixture
def own(tmp_path: Path) -> settings.Settings:
    return settings.load({"PORTAL_DATA_DIR": str(tmp_path)})


@pytest.fixture
async def client(own):
    from litestar import MediaType, Request, Response

    def show(request: Request, error: PortalError) -> Response:
        return Response(type(error).__name__, status_code=error.status, media_type=MediaType.TEXT)

    app = Litestar(
        [strict, kept],
        dependencies={
            "settings": Provide(lambda: own, sync_to_thread=False),
            "now": Provide(lambda: NOON, sync_to_thread=False),
            "sent": Provide(wait_to_read),
            "posted": Provide(read_posted),
            "form": Provide(read_form),
        },
        exception_handlers={PortalError: show},
        multipart_form_part_limit=20,
        request_max_body_size=2_000_000,
        openapi_config=None,
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        yield client


def token(own, path="/form", session="", now=NOON):
    return form_token(own.secret_key, session, path, now)


def multipart(*parts):
    body = b"".join(b"--b\r\n" + head + b"\r\n\r\n" + value + b"\r\n" for head, value in parts) + b"--b--\r\n"
    return {"content": body, "headers": {"Content-Type": "multipart/form-data; boundary=b"}}


def field(name, value, rest=""):
    return f'Content-Disposition: form-data; name="{name}"{rest}'.encode(), value


async def test_fields_arrive_as_typed(client, own):
    answer = await client.post(URL, data={FIELD: token(own), "body": "سلام +&=‌\n", "kind": ["a", "b"]})
    assert answer.json()[1:] == [["body", "سلام +&=‌\n"], ["kind", "a"], ["kind", "b"]]


async def test_files_arrive_and_are_closed_afterwards(client, own):
    answer = await client.post(
        URL, data={FIELD: token(own)}, files={"letter": ("نامه.txt", "متن".encode() * 500_000)}
    )
    assert answer.status_code == 413
    answer = await client.post(URL, data={FIELD: token(own)}, files={"letter": ("نامه.txt", "متن".encode())})
    assert answer.json()[1] == ["letter", "متن"]
    assert [(file.filename, file.file.closed) for file in closed] == [("نامه.txt", True)]


async def test_a_file_field_left_empty_is_an_empty_text(client, own):
    answer = await client.post(
        URL, **multipart(field(FIELD, token(own).encode()), field("letter", b"", '; filename=""'))
    )
    assert answer.json()[1:] == [["letter", ""]]


@pytest.mark.parametrize(
    "stale",
    [
        {},
        {FIELD: ""},
        {FIELD: "رمز"},
        {FIELD: "1.رمز"},
    ],
)
async def test_a_form_without_its_token_changes_nothing(client, stale):
    answer = await client.post(URL, data=stale)
    assert (answer.status_code, answer.text) == (403, "StaleForm")


async def test_the_token_of_another_form_is_refused(client, own):
    assert (await client.post(URL, data={FIELD: token(own, "/other")})).status_code == 403


async def test_the_token_belongs_to_the_session_in_the_cookie(client, own):
    answer = await client.post(
        URL, data={FIELD: token(own, session="abc")}, headers={"Cookie": "session=abc"}
    )
    assert answer.status_code == 200
    answer = await client.post(URL, data={FIELD: token(own)}, headers={"Cookie": "session=abc"})
    assert answer.status_code == 403


async def test_a_page_that_was_open_too_long_keeps_what_was_typed(client, own):
    old = token(own, "/kept", now=NOON - timedelta(days=2))
    answer = await client.post("http://localhost:8000/kept", data={FIELD: old, "body": "متن بلند"})
    assert answer.json()["body"] == "متن بلند"
    assert answer.json()["problem"]


async def test_a_file_in_place_of_the_token_is_refused(client, own):
    answer = await client.post(URL, **multipart(field(FIELD, token(own).encode(), '; filename="t"')))
    assert (answer.status_code, answer.text) == (403, "StaleForm")


async def test_another_content_type_holds_no_form(client):
    assert (await client.post(URL, json={"a": 1})).status_code == 403


FORM = "application/x-www-form-urlencoded"
PART = 'Content-Disposition: form-data; name="a"'


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (FORM, b"a=\xff"),
        (FORM, b"a=%ff"),
        (FORM, b"a=%00"),
        ("multipart/form-data", b"--b--"),
        ("multipart/form-data; boundary=", b"--b--"),
        ("multipart/form-data; boundary=ü", b"--b--"),
        ("multipart/form-data; boundary=b", b""),
        ("multipart/form-data; boundary=b", b"nonsense"),
        ("multipart/form-data; boundary=b", b"--b\r\n"),
        ("multipart/form-data; boundary=b", b"--b\r\n\r\nx\r\n--b--"),
        ("multipart/form-data; boundary=b", b"--b\r\nContent-Disposition: attachment\r\n\r\nx\r\n--b--"),
        ("multipart/form-data; boundary=b", f"--b\r\n{PART}\r\n\r\nno end".encode()),
        ("multipart/form-data; boundary=b", f"--b\r\n{PART}\r\n\r\n".encode() + b"\xff\r\n--b--"),
        ("multipart/form-data; boundary=b", f"--b\r\n{PART}\r\n\r\n".encode() + b"\0\r\n--b--"),
        ("multipart/form-data; boundary=b", f'--b\r\n{PART}; filename="\0"\r\n\r\nx\r\n--b--'.encode()),
        *(
            (
                "multipart/form-data; boundary=b",
                f"--b\r\n{PART}\r\nContent-Type: text/plain; charset={charset}\r\n\r\nx\r\n--b--".encode(),
            )
            for charset in ("klingon", "punycode", "utf-16", "hex", "undefined", '"a\0b"')
        ),
    ],
)
async def test_what_cannot_be_read_is_the_senders_error(client, content_type, body):
    answer = await client.post(URL, content=body, headers={"Content-Type": content_type.encode("latin-1")})
    assert (answer.status_code, answer.text) == (400, "BadRequest")


@pytest.mark.parametrize(
    "request_body",
    [
        multipart(*(field("a", b"x") for _ in range(21))),
        multipart(field("a", b"x" * 1_100_000)),
        multipart(field("a", b"x" * 2_100_000)),
        {"content": b"a=1&" * 1000, "headers": {"Content-Type": FORM}},
        {"content": b"a=" + b"1" * 2_100_000, "headers": {"Content-Type": FORM}},
    ],
    ids=["parts", "text", "body", "fields", "url-encoded body"],
)
async def test_too_much_is_said_to_be_too_much(client, request_body):
    answer = await client.post(URL, **request_body)
    assert (answer.status_code, answer.text) == (413, "TooLarge")


async def test_litestar_keeps_no_copy_of_what_was_sent(client, own):
    from litestar._parsers import parse_url_encoded_form_data

    before = parse_url_encoded_form_data.cache_info().currsize
    await client.post(URL, data={FIELD: token(own), "password": "correct horse battery staple"})
    assert parse_url_encoded_form_data.cache_info().currsize == before


async def test_texts_are_bounded_together_since_they_are_held_in_memory(client, own):
    several = [field(f"t{n}", b"x" * 400_000) for n in range(3)]
    answer = await client.post(URL, **multipart(field(FIELD, token(own).encode()), *several))
    assert answer.status_code == 413

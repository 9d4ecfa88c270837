"""The language of a request: its addresses and its messages."""

from __future__ import annotations

import httpx
import pytest
from jinja2 import Environment
from litestar import Litestar, Request, get

from portal import i18n

PO_HEAD = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n"Plural-Forms: {}\\n"\n\n'
FA = """msgid "Services"
msgstr "خدمات"

msgid "%(n)s case"
msgid_plural "%(n)s cases"
msgstr[0] "%(n)s پرونده"

msgctxt "verb"
msgid "Close"
msgstr "بستن"

msgid "Two lines of one sentence"
msgstr "دو سطر از یک جمله"
"""


@pytest.fixture
def catalogues(tmp_path, monkeypatch):
    for code, plurals, body in (
        ("fa", "nplurals=1; plural=0;", FA),
        ("en", "nplurals=2; plural=(n != 1);", ""),
    ):
        folder = tmp_path / code / "LC_MESSAGES"
        folder.mkdir(parents=True)
        (folder / "messages.po").write_text(PO_HEAD.format(plurals) + body, "utf-8")
    monkeypatch.setattr(i18n, "LOCALE", tmp_path)
    i18n.catalogue.cache_clear()
    yield
    i18n.catalogue.cache_clear()


@get(["/", "/{rest:path}"])
async def echo(request: Request) -> dict[str, str]:
    return {
        "path": request.scope["path"],
        "raw": request.scope["raw_path"].decode(),
        "query": request.scope["query_string"].decode(),
        "language": i18n.current_language(),
        "state": request.scope["state"]["language"],
        "here": i18n.localized("/services"),
    }


def visitor(*languages: str) -> httpx.AsyncClient:
    app = i18n.LanguagePrefix(Litestar([echo], openapi_config=None), languages or ("fa", "en"))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://desk.example")


async def asked(address: str, *languages: str) -> dict[str, str]:
    async with visitor(*languages) as client:
        return (await client.get(address)).json()


async def test_a_page_without_prefix_speaks_persian():
    assert await asked("/services?q=1") == {
        "path": "/services",
        "raw": "/services",
        "query": "q=1",
        "language": "fa",
        "state": "fa",
        "here": "/services",
    }


async def test_a_page_under_en_speaks_english():
    assert await asked("/en/services?q=1") == {
        "path": "/services",
        "raw": "/services",
        "query": "q=1",
        "language": "en",
        "state": "en",
        "here": "/en/services",
    }


@pytest.mark.parametrize("address", ["/en", "/en/"])
async def test_the_bare_prefix_is_the_english_front_page(address):
    page = await asked(address)
    assert (page["path"], page["raw"], page["language"]) == ("/", "/", "en")


@pytest.mark.parametrize("address", ["/english", "/en-gb/x", "/EN/x", "/enx"])
async def test_a_path_that_only_looks_like_a_prefix_is_left_alone(address):
    page = await asked(address)
    assert (page["path"], page["language"]) == (address, "fa")


async def test_only_one_prefix_is_taken_off():
    assert (await asked("/en/en/x"))["path"] == "/en/x"


async def test_an_encoded_path_stays_encoded_behind_the_prefix():
    page = await asked("/en/a%20%D9%82")
    assert (page["path"], page["raw"]) == ("/a ق", "/a%20%D9%82")


async def test_an_oddly_encoded_prefix_is_still_a_prefix():
    page = await asked("/%65n/x%20y")
    assert (page["path"], page["raw"], page["language"]) == ("/x y", "/x%20y", "en")


async def test_a_language_that_is_not_offered_has_no_prefix():
    page = await asked("/en/x", "fa")
    assert (page["path"], page["language"]) == ("/en/x", "fa")


async def test_a_portal_without_persian_speaks_its_first_language_everywhere():
    assert (await asked("/x", "en"))["language"] == "en"


async def test_the_language_ends_with_the_request():
    await asked("/en/services")
    assert i18n.current_language() == "fa"


@pytest.mark.parametrize(
    ("address", "location"),
    [
        ("/fa", "/"),
        ("/fa/", "/"),
        ("/fa/services?q=%DA%A9&n=1", "/services?q=%DA%A9&n=1"),
        ("/fa/a%20b", "/a%20b"),
    ],
)
async def test_the_persian_prefix_leads_to_the_address_without_it(address, location):
    async with visitor() as client:
        answer = await client.post(address)
    assert (answer.status_code, answer.headers["location"]) == (308, location)


@pytest.mark.parametrize("address", ["/fa//evil.example/x", "/fa/\\evil.example/x", "/fa/\\/evil.example/x"])
async def test_the_redirect_never_leads_to_another_site(address):
    sent = []
    scope = {
        "type": "http",
        "method": "GET",
        "path": address,
        "raw_path": address.encode(),
        "query_string": b"",
    }

    async def send(message):
        sent.append(message)

    await i18n.LanguagePrefix(echo, ("fa", "en"))(scope, send, send)
    assert dict(sent[0]["headers"])[b"location"] == b"/evil.example/x"


async def test_head_tells_the_length_and_sends_no_body():
    async with visitor() as client:
        page, head = await client.get("/en/services"), await client.head("/en/services")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers == page.headers
    assert int(head.headers["content-length"]) == len(page.content) > 0


async def test_a_long_answer_to_head_ends_once_and_empty():
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"one", "more_body": True})
        await send({"type": "http.response.body", "body": b"two"})

    sent = []

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "HEAD", "path": "/x", "raw_path": b"/x", "query_string": b""}
    await i18n.LanguagePrefix(app, ("fa", "en"))(scope, send, send)
    assert [message.get("body") for message in sent] == [None, b""]
    assert scope["method"] == "HEAD"


@pytest.mark.parametrize(
    ("path", "english"),
    [
        ("/", "/en"),
        ("/services?q=1", "/en/services?q=1"),
        ("/en/services", "/en/services"),
        ("/en", "/en"),
        ("/english", "/en/english"),
        ("//evil.example", "/en/evil.example"),
        ("https://evil.example", "/en/https://evil.example"),
    ],
)
def test_our_addresses_get_the_prefix_of_the_language_once(path, english):
    with i18n.using("en"):
        assert i18n.localized(path) == english


@pytest.mark.parametrize(
    "path", ["//evil.example", "/\\evil.example", "/\t/evil.example", "\\\\evil.example"]
)
def test_an_address_of_ours_never_leads_to_another_site(path):
    assert i18n.localized(path) == "/evil.example"
    with i18n.using("en"):
        assert i18n.other_language_path(path) == "/evil.example"


def test_the_language_switch_keeps_page_and_query():
    assert i18n.other_language_path("/cases/K 7", "a=1&b=%DA%A9") == "/en/cases/K%207?a=1&b=%DA%A9"
    assert i18n.other_language_path("/") == "/en"
    with i18n.using("en"):
        assert i18n.other_language_path("/services") == "/services"


def test_a_mail_speaks_its_readers_language_even_when_it_fails():
    spoken = []

    def fail() -> None:
        with i18n.using("en"):
            spoken.append((i18n.current_language(), i18n.direction()))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert spoken == [("en", "ltr")]
    assert (i18n.current_language(), i18n.direction()) == ("fa", "rtl")


def test_a_language_we_do_not_have_is_refused():
    with pytest.raises(ValueError, match="no language 'de'"), i18n.using("de"):
        pass


@pytest.mark.usefixtures("catalogues")
def test_messages_come_in_the_current_language():
    assert i18n._("Services") == "خدمات"
    assert i18n.pgettext("verb", "Close") == "بستن"
    assert i18n.ngettext("%(n)s case", "%(n)s cases", 1) == "%(n)s پرونده"
    with i18n.using("en"):
        assert i18n._("Services") == "Services"
        assert i18n.pgettext("verb", "Close") == "Close"
        assert i18n.ngettext("%(n)s case", "%(n)s cases", 2) == "%(n)s cases"


@pytest.mark.usefixtures("catalogues")
def test_an_empty_message_stays_empty():
    assert i18n._("") == ""


def test_a_marked_message_is_not_translated_yet():
    assert i18n.N_("Services") == "Services"


@pytest.mark.usefixtures("catalogues")
def test_templates_translate_by_the_request():
    environment = Environment(autoescape=True)
    i18n.install(environment)
    page = environment.from_string(
        "{{ _('Services') }}, {% trans n=count %}{{ n }} case{% pluralize %}{{ n }} cases{% endtrans %}, "
        "{{ pgettext('verb', 'Close') }}, {% trans %}Two lines\n    of one sentence{% endtrans %}"
    )
    assert page.render(count=2) == "خدمات, 2 پرونده, بستن, دو سطر از یک جمله"
    with i18n.using("en"):
        assert page.render(count=2) == "Services, 2 cases, Close, Two lines of one sentence"


def test_the_catalogues_of_the_project_are_readable():
    for code in i18n.LANGUAGES:
        assert i18n.catalogue(code).info()["language"] == code

"""The box for a code, and the ways to the page of a case."""

import pytest

from portal import codes
from portal.cases import queries
from portal.security import misses
from tests.cases.factories import a_case
from tests.cases.visitors import form_at, without_tokens

UNKNOWN = 1234567890123456789  # XKP9-2ZKY-93WR-1W57, in no test filed


async def test_the_page_has_a_box_for_the_code(browser):
    page = await browser.get("/en/track")
    assert page.status_code == 200
    assert 'name="code"' in page.text


@pytest.mark.parametrize(
    "typed",
    [
        "xkp9 2zky 93wr 1w57",
        "XKP9—2ZKY—93WR—lWS7",
        "کد رهگیری: XKP9-2ZKY-93WR-1W57",
        "۱۲۳۴ ۵۶۷۸ ۹۰۱۲ ۳۴۵۶ ۷۸۹۱",
        "http://localhost:8000/T/XKP92ZKY93WR1W57",
        "HTTPS://DESK.EXAMPLE/T/XKP92ZKY93WR1W57",
        "https://desk.example/en/cases/XKP9-2ZKY-93WR-1W57?key=abcdefghijklmnopqrstuv",
        "desk.example/cases/XKP9-2ZKY-93WR-1W57/receipt",
    ],
)
async def test_a_code_in_any_dress_leads_to_its_one_address(browser, typed):
    answer = await browser.get("/track", params={"code": typed})
    assert (answer.status_code, answer.headers["location"]) == (303, "/cases/XKP9-2ZKY-93WR-1W57")


async def test_the_square_code_on_paper_leads_to_the_same_address(browser):
    answer = await browser.get("/en/T/XKP92ZKY93WR1W57")
    assert (answer.status_code, answer.headers["location"]) == (303, "/en/cases/XKP9-2ZKY-93WR-1W57")


async def test_another_spelling_of_the_address_leads_to_the_one(browser):
    answer = await browser.get("/cases/xkp92zky93wr1w57")
    assert (answer.status_code, answer.headers["location"]) == (303, "/cases/XKP9-2ZKY-93WR-1W57")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("XKP9-2ZKY-93WR-1W5", "You typed 15 letters and digits"),
        ("XKP9-2ZKY-93WR-1WC7", "A, C, E, F, H and T never appear"),
        ("XKP9-2ZKY-93WR-1W75", "One symbol is wrong"),
        ("0000 0000 0000 0000 0000", "never given one like it"),
    ],
)
async def test_a_mistyped_code_is_explained_and_kept(browser, monkeypatch, typed, said):
    async def nothing_to_ask(number):
        raise AssertionError("a mistyped code costs no query")

    monkeypatch.setattr(queries, "case_by_number", nothing_to_ask)
    page = await browser.get("/en/track", params={"code": typed})
    assert page.status_code == 404
    assert said in page.text
    assert f'value="{typed}"' in page.text


async def test_a_code_of_nobody_is_told_apart_from_a_mistyped_one(browser):
    page = await browser.get(f"/en/cases/{codes.show_text(UNKNOWN)}")
    assert page.status_code == 404
    assert "written correctly, but no request or complaint has it" in page.text


async def test_misses_of_one_neighbourhood_end_in_asking_for_proof(browser):
    statuses = [(await browser.get(f"/cases/{codes.show_text(UNKNOWN)}")).status_code for _ in range(11)]
    assert statuses == [404] * 10 + [429]
    assert "Retry-After" not in (await browser.get(f"/cases/{codes.show_text(UNKNOWN)}")).headers


@pytest.fixture
def guessing_everywhere(monkeypatch):
    """The breaker is open."""

    async def is_open(now):
        return True

    monkeypatch.setattr(misses, "breaker_open", is_open)


async def test_under_guessing_a_known_and_an_unknown_code_are_answered_alike(
    browser, settings, guessing_everywhere
):
    filed = await a_case(key=settings.secret_key)
    known, unknown = codes.show_text(filed.number), codes.show_text(UNKNOWN)
    real = await browser.get(f"/en/cases/{known}")
    none = await browser.get(f"/en/cases/{unknown}")
    assert (real.status_code, none.status_code) == (403, 403)
    assert without_tokens(real.text, known) == without_tokens(none.text, unknown)


@pytest.mark.parametrize("fields", [{"proof": "0000"}, {"passcode": "00000000"}, {}])
async def test_under_guessing_wrong_proof_is_answered_alike(browser, settings, guessing_everywhere, fields):
    filed = await a_case(key=settings.secret_key)
    known, unknown = codes.show_text(filed.number), codes.show_text(UNKNOWN)
    for _ in range(7):  # past the five tries of the real one, too
        real, none = [
            await browser.post(f"/en/cases/{code}/unlock", await form_of(browser, code, fields))
            for code in (known, unknown)
        ]
        assert (real.status_code, none.status_code) == (403, 403)
        assert without_tokens(real.text, known) == without_tokens(none.text, unknown)


async def test_under_guessing_code_and_proof_together_open_the_case(browser, settings, guessing_everywhere):
    filed = await a_case(key=settings.secret_key)
    path = f"/en/cases/{codes.show_text(filed.number)}"
    fields = await form_of(browser, codes.show_text(filed.number), {"proof": "1234"})
    answer = await browser.post(f"{path}/unlock", fields)
    assert answer.status_code == 303
    assert (await browser.get(path)).status_code == 200


async def form_of(browser, code, fields):
    """The proof page's form for ``code``, filled."""
    return await form_at(browser, f"/en/cases/{code}", f"/en/cases/{code}/unlock", fields)

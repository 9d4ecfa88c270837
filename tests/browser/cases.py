"""What people do with a case: file it, follow it, open it, work on it. Each function is one errand."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from typing import Any

from playwright.async_api import Response

from portal import codes
from tests.browser.demo import ROOT
from tests.browser.visitor import LATIN_DIGITS, Visitor

SAMPLES = {
    path.stem: json.loads(path.read_text()) for path in (ROOT / "portal/services/samples").glob("*.json")
}
NAME = "Parastoo Mehregan"
_COUNT = itertools.count(1)
WORDS = "Three tables about 1402, please."
PHONE = "09000000123"
CHOSEN = ("outcome", "decision", "unit", "person", "assignee")
"""Fields of the desk's moves in which something is chosen."""
PAPER = {"name": "letter.txt", "mimeType": "text/plain", "buffer": b"A letter about the tables.\n"}


@dataclass(frozen=True)
class Filed:
    """What stood on the receipt; ``text`` and ``digits`` as shown, in Latin letters and digits."""

    text: str
    digits: str
    passcode: str

    @property
    def path(self) -> str:
        return f"/cases/{self.text}"


def unlike_others(words: str) -> str:
    """``words`` with something that nobody wrote before: the same twice would be taken for a mistake."""
    return f"{words} ({next(_COUNT)})"


async def file_request(visitor: Visitor, slug: str, *, email: str = "") -> Filed:
    """The form is filled as far as it must be and sent; the receipt is on the screen."""
    await fill_request(visitor, slug, email=email)
    response = await visitor.send(f"/cases/new/{slug}")
    assert visitor.page.url.endswith("/receipt"), await visitor.page.inner_text("main")
    assert response.status == 200
    return await read_receipt(visitor)


async def fill_request(visitor: Visitor, slug: str, *, email: str = "") -> None:
    """Everything that must be answered is, and nothing was sent yet."""
    await visitor.open(f"/cases/new/{slug}")
    for question in SAMPLES[slug]["form"]:
        if question["required"] and (question["kind"] != "file" or takes_files(slug)):
            await answer_question(visitor, question)
    await visitor.fill("body", unlike_others(WORDS))
    if len(SAMPLES[slug]["audience"]) > 1:  # else the page has it already
        await visitor.choose("audience", SAMPLES[slug]["audience"][0])
    if SAMPLES[slug]["audience"][0] == "agency":
        await visitor.fill("agency_name", "Office of Samples")
    await visitor.fill("contact_name", NAME)
    await visitor.fill("contact_email", email)
    await visitor.fill("contact_phone", visitor.digits(PHONE))
    await visitor.field("declaration").check()


def takes_files(slug: str) -> bool:
    return "portal" in SAMPLES[slug]["intake_channels"]


async def answer_question(visitor: Visitor, question: dict[str, Any]) -> None:
    """A required question has an answer that its kind allows."""
    name = f"f_{question['key']}"
    match question["kind"]:
        case "choice" | "choices":
            await visitor.choose(name, question["options"][0]["value"])
        case "file":
            await visitor.field(name).set_input_files([PAPER])
        case kind:
            await visitor.fill(name, visitor.digits(ANSWERS[kind]))


ANSWERS = {
    "text": "Sample 12",
    "long_text": "Table 3\nTable 7",
    "number": "1402",
    "date": "1405/08/12",
    "national_id": "0012345679",
    "legal_id": "10100577880",
    "phone": PHONE,
    "email": "expert@agency.example",
}


async def read_receipt(visitor: Visitor) -> Filed:
    """Code and passcode of the receipt or slip on the screen."""
    shown = await visitor.page.locator(".code").all_text_contents()
    digits = await visitor.page.locator(".code-digits").text_content()
    assert len(shown) == 2, "a code and a passcode"
    assert digits
    return Filed(shown[0], digits.translate(LATIN_DIGITS), shown[1].translate(LATIN_DIGITS))


async def track(visitor: Visitor, typed: str) -> Response:
    """What is typed into the box of the home page was sent."""
    await visitor.open("/")
    await visitor.page.locator("#code").press_sequentially(typed)
    return await visitor.send("/track")


async def unlock(visitor: Visitor, passcode: str) -> Response:
    """The passcode was given on the case's page."""
    await visitor.fill("passcode", visitor.digits(passcode))
    return await visitor.send("/unlock")


async def write(visitor: Visitor, words: str) -> Response:
    """The applicant's message was sent from the case's page."""
    await visitor.fill("body", words, within="#write")
    return await visitor.send("/reply")


async def find_in_queue(clerk: Visitor, filed: Filed) -> None:
    """The case stands in the queue, on whichever of its pages; it is opened from there."""
    await clerk.open("/desk")
    link = clerk.page.locator("main table a", has_text=filed.text)
    while not await link.count():
        await clerk.follow(clerk.page.locator("a[rel=next]"))
    await clerk.follow(link)


async def search(clerk: Visitor, words: str) -> list[str]:
    """The codes that the desk's search finds, as shown."""
    await clerk.open("/desk")
    await clerk.fill("q", words)
    await clerk.send("/desk")
    return await clerk.page.locator("main table .code-inline").all_text_contents()


async def is_free_in_print(visitor: Visitor, picture: str) -> bool:
    """Whether the picture, on paper, begins below whatever stands before it."""
    await visitor.page.emulate_media(media="print")
    found = await visitor.page.locator(picture).evaluate(
        "image => image.previousElementSibling.getBoundingClientRect().bottom <= image.getBoundingClientRect().top"
    )
    await visitor.page.emulate_media(media="screen")
    return bool(found)


async def move(clerk: Visitor, name: str, **fields: str) -> Response:
    """The clerk's move ``name`` was made with ``fields``, on the desk's page of the case."""
    form = f'form[action$="/{name}"]'
    if not await clerk.page.locator(form).is_visible():
        await clerk.page.locator(f"#{name} > summary").click()
    for field, value in fields.items():
        if field in CHOSEN:
            await clerk.choose(field, value, within=form)
        else:
            await clerk.fill(field, value, within=form)
    if name in ("close", "reject"):
        await clerk.field(f"{name}-sure", form).check()
    return await clerk.send(f"/{name}")


async def register_letter(clerk: Visitor, *, email: str = "") -> Filed:
    """A letter for the yearbook of Qom is a case; its slip is on the screen."""
    await clerk.open("/desk/cases/register")
    await clerk.choose("service", "yearbook-qom")
    await clerk.choose("channel", "office_automation")
    await clerk.fill("letter_no", "1405/د/218")
    await clerk.fill("letter_date", clerk.digits("1405/08/20"))
    await clerk.choose("audience", "citizen")
    await clerk.fill("contact_name", NAME)
    await clerk.fill("contact_email", email)
    await clerk.fill("body", WORDS)
    await clerk.send("/desk/cases/register")
    assert clerk.page.url.endswith("/slip"), await clerk.page.inner_text("main")
    return await read_receipt(clerk)


def number_of(filed: Filed) -> int:
    """The number behind the code. Fails when the receipt's two forms are not the same code."""
    number = codes.parse(filed.text)
    assert isinstance(number, int)
    assert codes.parse(filed.digits) == number
    return number

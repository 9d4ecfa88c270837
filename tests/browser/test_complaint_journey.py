"""A complaint about a slow request, as everybody in it meets it: heard by others, decided, appealed, taken home."""

from __future__ import annotations

import hashlib
import json
import zipfile

import pytest

from portal.cases import rules
from portal.i18n import using
from tests.browser.cases import Filed, find_in_queue, move, track
from tests.browser.complaining import (
    REASONS,
    REMEDY,
    WORDS,
    appeal,
    complain_from_page,
    decide,
    open_with_passcode,
    send_complaint,
    to_complaint_form,
)
from tests.browser.demo import Demo
from tests.browser.long_ago import request_of_long_ago
from tests.browser.test_journey import LANGUAGES, new_address, on_every_screen
from tests.browser.tour import fine
from tests.browser.visitor import Visitor

HEARS = {"fa": "دفتر بازرسی و پاسخگویی به شکایات", "en": "Inspection and Complaints Office"}
BOARD = {"fa": "هیئت رسیدگی به اعتراض‌ها", "en": "Board of Appeals"}
OUTSIDE = {"fa": "سازمان بازرسی نمونه", "en": "Sample Inspection Organization"}
STILL_WAITING = "It was promised before, and nothing came."


def called(outcome: str, language: str) -> str:
    with using(language):
        return rules.outcome_label(outcome)


async def complain(citizen: Visitor, slow: Filed, address: str) -> Filed:
    """The request is late; its page leads to the complaint, whose form knows the code, and to its receipt."""
    await open_with_passcode(citizen, slow)
    assert await citizen.page.locator(".panel.late").count()
    await fine(citizen)
    await to_complaint_form(citizen)
    assert await citizen.field("about_code").input_value() == slow.text
    await fine(citizen)
    complaint = await send_complaint(citizen, email=address)
    await fine(citizen)
    return complaint


async def is_kept_from(clerk: Visitor, slow: Filed, complaint: Filed) -> None:
    """The clerk who acted on the request learns who hears the complaint and nothing of it."""
    await clerk.open(f"/desk{slow.path}")
    assert await clerk.says(HEARS[clerk.language])
    assert complaint.text not in await clerk.page.content()
    await fine(clerk)
    assert (await clerk.open(f"/desk{complaint.path}")).status == 403
    assert WORDS not in await clerk.page.content()
    await fine(clerk)
    await clerk.open("/desk?kind=complaint")
    assert complaint.text not in await clerk.page.content()


async def hear(inspector: Visitor, slow: Filed, complaint: Filed) -> None:
    """It is taken, the request read, and decided in part, not without saying what is done about it."""
    await find_in_queue(inspector, complaint)
    await move(inspector, "take")
    await fine(inspector)
    await inspector.follow(inspector.page.locator(f"#about ~ dl a[href$='{slow.path}']"))
    await fine(inspector)
    await inspector.open(f"/desk{complaint.path}")
    assert (await decide(inspector, "partly_upheld")).status == 422
    await fine(inspector)
    await move(inspector, "verdict", remedy=REMEDY)
    assert await inspector.says(BOARD[inspector.language])
    await fine(inspector)


async def read_and_appeal(citizen: Visitor, demo: Demo, complaint: Filed, address: str) -> None:
    """What was decided, why, what is done about it, and who decides it anew."""
    language = citizen.language
    assert REASONS not in await demo.words(address, BOARD[language])
    await citizen.open(complaint.path)
    now = await citizen.page.locator(".card.point").inner_text()
    for words in (called("partly_upheld", language), REASONS, REMEDY, BOARD[language]):
        assert words in now
    await fine(citizen)
    await appeal(citizen, "")
    await fine(citizen)
    await appeal(citizen, STILL_WAITING)
    assert await citizen.page.locator(".panel.done[role=status]").is_visible()
    await fine(citizen)


async def decide_anew(member: Visitor, complaint: Filed) -> None:
    await find_in_queue(member, complaint)
    assert await member.says(STILL_WAITING)
    await fine(member)
    await decide(member, "not_upheld")
    await fine(member)


async def is_over(citizen: Visitor, complaint: Filed) -> None:
    """There is no second appeal; who outside of the agency hears it is named."""
    await citizen.open(complaint.path)
    now = await citizen.page.locator(".card.point").inner_text()
    assert called("not_upheld", citizen.language) in now
    assert OUTSIDE[citizen.language] in now
    assert await citizen.page.locator("#appeal-form").count() == 0
    await fine(citizen)


async def take_home(citizen: Visitor) -> None:
    """The dossier of the complaint on the screen: its paper, and a list of events that can be counted again."""
    async with citizen.page.expect_download() as coming:
        await citizen.page.locator(".card.point a[download][href$='/dossier']").click()
    with zipfile.ZipFile(await (await coming.value).path()) as archive:
        assert archive.testzip() is None
        names = {name.partition("/")[2]: name for name in archive.namelist()}
        assert archive.read(names[f"dossier-{citizen.language}.pdf"]).startswith(b"%PDF-")
        events = json.loads(archive.read(names["events.json"]))["events"]
    told = [one for one in events if "words" in one]
    for one in told:
        salted = one["words"]["salt"] + one["words"]["text"]
        assert hashlib.sha256(salted.encode()).hexdigest() == one["text"]
    words = " ".join(one["words"]["text"] for one in told)
    for said in (WORDS, REASONS, REMEDY, STILL_WAITING):
        assert said in words


@on_every_screen
async def test_a_complaint_about_a_slow_request_is_heard_by_others_twice(arrive, demo, language, width):
    address = new_address()
    people = [await arrive(language, width=width) for _ in range(4)]
    citizen, clerk, inspector, member = people
    slow = await request_of_long_ago(demo, "waiting", language=language, email=address)
    for who, name in ((clerk, "staff"), (inspector, "inspector"), (member, "board")):
        await who.sign_in(name)
    to_whom = new_address()
    complaint = await complain(citizen, slow, to_whom)
    await is_kept_from(clerk, slow, complaint)
    await hear(inspector, slow, complaint)
    await read_and_appeal(citizen, demo, complaint, to_whom)
    assert (await inspector.open(f"/desk{complaint.path}")).status == 403
    await decide_anew(member, complaint)
    await is_over(citizen, complaint)
    await take_home(citizen)
    assert [one.complaints for one in people] == [[], [], [], []]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_complaint_needs_no_script(arrive, demo, language):
    citizen, inspector = [await arrive(language, width=360, script=False) for _ in range(2)]
    slow = await request_of_long_ago(demo, "waiting", language=language, email=new_address())
    await open_with_passcode(citizen, slow)
    complaint = await complain_from_page(citizen, email=new_address())
    await inspector.sign_in("inspector")
    await find_in_queue(inspector, complaint)
    await decide(inspector, "partly_upheld", remedy=REMEDY)
    stranger = await arrive(language, script=False)
    await track(stranger, complaint.text)
    assert not await stranger.says(REASONS)
    await open_with_passcode(stranger, complaint)
    assert await stranger.says(REMEDY)
    await appeal(stranger, STILL_WAITING)
    await citizen.open(complaint.path)
    assert await citizen.says(STILL_WAITING)

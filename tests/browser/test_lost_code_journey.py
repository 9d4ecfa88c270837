"""Whoever lost a tracking code, or gave it away: by mail, at the desk, and by their own hand."""

from __future__ import annotations

from portal.i18n import _, using
from tests.browser.cases import WORDS, Filed, file_request, move, read_receipt, track, unlock
from tests.browser.complaining import links
from tests.browser.demo import Demo
from tests.browser.test_journey import new_address, on_every_screen
from tests.browser.tour import fine
from tests.browser.visitor import Visitor

LOST = "/feedback/lost-code"


async def ask_for_link(visitor: Visitor, demo: Demo, address: str) -> str:
    """From the box for codes; returns where the mail leads."""
    await visitor.open("/track")
    await visitor.follow(visitor.page.locator(f"main a[href$='{LOST}']"))
    await fine(visitor)
    await visitor.fill("email", address)
    await visitor.send(LOST)
    await fine(visitor)
    (link,) = links(await demo.words(address, f"{LOST}/"), LOST)
    return link


async def listed(visitor: Visitor) -> list[str]:
    return await visitor.page.locator("main table .code-inline").all_text_contents()


async def is_dead(visitor: Visitor, filed: Filed) -> None:
    """Nobody is led anywhere by this code, as by any unknown one: 403 and 429 once this run has tried many of those."""
    assert (await track(visitor, filed.text)).status in (404, 403, 429)
    await fine(visitor)


@on_every_screen
async def test_the_mailed_link_lists_the_requests_once_and_opens_them(arrive, demo, language, width):
    address = new_address()
    applicant, reader, late = [await arrive(language, width=width) for _ in range(3)]
    filed = [await file_request(applicant, "yearbook-qom", email=address) for _ in range(2)]
    link = await ask_for_link(reader, demo, address)
    for _look in range(2):  # as the mail's own program would
        assert (await reader.open(link)).status == 200
    await fine(reader)
    await reader.send(link)
    assert set(await listed(reader)) == {one.text for one in filed}
    await fine(reader)
    await reader.follow(reader.page.locator("main table a").first)
    assert await reader.page.locator("#write").count() == 1
    await fine(reader)

    assert (await late.open(link)).status == 404
    await fine(late)
    assert [one.complaints for one in (applicant, reader, late)] == [[], [], []]


@on_every_screen
async def test_the_desk_gives_a_new_code_to_somebody_who_proved_who_they_are(arrive, demo, language, width):
    address = new_address()
    applicant, clerk, guest = [await arrive(language, width=width) for _ in range(3)]
    filed = await file_request(applicant, "yearbook-qom", email=address)
    await clerk.sign_in("staff")
    await clerk.open(f"/desk{filed.path}")
    assert (await move(clerk, "number")).status == 422  # not without saying how
    await fine(clerk)
    await move(clerk, "number", proof="Her identity card, at the counter.")
    slip = await read_receipt(clerk)
    assert slip.text != filed.text
    await fine(clerk)

    await is_dead(guest, filed)
    await applicant.open(filed.path)
    assert not await applicant.says(WORDS)
    await track(guest, slip.text)
    await unlock(guest, slip.passcode)
    assert await guest.says(WORDS)
    await fine(guest)
    with using(language):
        told = await demo.words(address, _("The tracking code of your request was changed"))
    assert slip.text not in told
    await clerk.open(f"/desk{slip.path}")
    assert await clerk.says("Her identity card, at the counter.")
    await fine(clerk)
    assert [one.complaints for one in (applicant, clerk, guest)] == [[], [], []]


@on_every_screen
async def test_the_owner_takes_another_code_and_the_old_one_dies(arrive, language, width):
    owner, guest = await arrive(language, width=width), await arrive(language, width=width)
    filed = await file_request(owner, "yearbook-qom")
    await owner.open(filed.path)
    await owner.follow(owner.page.locator("main a[href$='/rotate']"))
    await fine(owner)
    await owner.send("/rotate")
    changed = await read_receipt(owner)
    await fine(owner)
    await owner.follow(owner.page.locator(f"main a.button[href$='{changed.path}']"))
    assert await owner.says(WORDS)
    await is_dead(guest, filed)
    await track(guest, changed.text)
    assert not await guest.says(WORDS)
    await unlock(guest, changed.passcode)
    assert await guest.says(WORDS)
    assert owner.complaints == guest.complaints == []

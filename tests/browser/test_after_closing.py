"""After a closing: where else to go, opening again while that is possible, and saying how it was."""

from __future__ import annotations

from portal.cases import rules
from portal.i18n import using
from tests.browser.cases import Filed, file_request, move
from tests.browser.complaining import links, open_with_passcode
from tests.browser.long_ago import request_of_long_ago
from tests.browser.test_journey import new_address, on_every_screen
from tests.browser.tour import fine
from tests.browser.visitor import Visitor

PLACE = "Land Registry of Qom, 12 Sample Street"
REASON = "We keep no such tables."
MISSING = "The third table is not there."
REMARK = "Nobody read my letter to the end."


async def end(clerk: Visitor, filed: Filed, outcome: str, *, where_to: str = "") -> None:
    """The request is closed, after a look at what is still missing."""
    await clerk.sign_in("staff")
    await clerk.open(f"/desk{filed.path}")
    await move(clerk, "close", outcome=outcome)
    await fine(clerk)
    await move(clerk, "close", outcome=outcome, reason=REASON, where_to=where_to)
    await fine(clerk)


def called(outcome: str, language: str) -> str:
    with using(language):
        return rules.outcome_label(outcome)


@on_every_screen
async def test_what_is_not_ours_says_where_to_go_instead(arrive, demo, language, width):
    address = new_address()
    applicant, clerk = await arrive(language, width=width), await arrive(language, width=width)
    filed = await file_request(applicant, "yearbook-qom", email=address)
    await end(clerk, filed, "not_ours", where_to=PLACE)
    with using(language):
        words = await demo.words(
            address, rules.outcome_subject("not_ours"), rules.outcome_sentence("not_ours")
        )
    assert REASON not in words  # a mail carries nothing of the case
    await applicant.open(filed.path)
    now = await applicant.page.locator(".card.point").inner_text()
    for said in (called("not_ours", language), REASON, PLACE):
        assert said in now
    assert await applicant.page.locator(".card.point .done").count() == 0
    await fine(applicant)
    assert applicant.complaints == clerk.complaints == []


@on_every_screen
async def test_what_was_not_solved_is_opened_again_in_time(arrive, language, width):
    applicant, clerk = await arrive(language, width=width), await arrive(language, width=width)
    filed = await file_request(applicant, "yearbook-qom")
    await end(clerk, filed, "done")
    await applicant.open(filed.path)
    await applicant.page.locator(".card.point a[href='#reopen-it']").click()
    assert await applicant.field("reason", "#reopen-it").is_visible()
    assert (await applicant.send("/reopen")).status == 422
    await fine(applicant)
    await applicant.fill("reason", MISSING, within="#reopen-it")
    await applicant.send("/reopen")
    assert await applicant.page.locator(".panel.done[role=status]").is_visible()
    assert await applicant.says(MISSING)
    await fine(applicant)
    await clerk.open(f"/desk{filed.path}")
    assert await clerk.says(MISSING)
    assert applicant.complaints == clerk.complaints == []


@on_every_screen
async def test_after_the_last_day_a_new_request_or_a_complaint_is_offered(arrive, demo, language, width):
    applicant = await arrive(language, width=width)
    old = await request_of_long_ago(demo, "closed", language=language, email=new_address())
    await open_with_passcode(applicant, old)
    assert await applicant.page.locator("#reopen-it").count() == 0
    now = applicant.page.locator(".card.point")
    assert await now.locator("a[href$='/cases/new/yearbook-qom']").is_visible()
    assert await now.locator(f"a[href*='kind=case&about={old.text}']").is_visible()
    await fine(applicant)
    await applicant.follow(now.locator("a[href*='kind=case']"))
    assert await applicant.field("about_code").input_value() == old.text
    assert applicant.complaints == []


@on_every_screen
async def test_the_mailed_question_is_answered_once_and_the_unhappy_may_complain(
    arrive, demo, language, width
):
    address = new_address()
    applicant, clerk, reader = [await arrive(language, width=width) for _ in range(3)]
    filed = await file_request(applicant, "yearbook-qom", email=address)
    await end(clerk, filed, "partly_done")
    (link,) = links(await demo.words(address, "/rate/"), "/rate")
    for _look in range(2):  # as the mail's own program would
        assert (await reader.open(link)).status == 200
        assert await reader.field("score").count() == 5
    await fine(reader)
    await reader.choose("score", "1")
    await reader.fill("comment", REMARK)
    await reader.send(link)
    assert await reader.page.locator(f"main a[href*='kind=case&about={filed.text}']").is_visible()
    assert await reader.page.locator(f"main a[href$='{filed.path}#reopen-it']").is_visible()
    await fine(reader)
    assert (await reader.open(link)).status == 200
    assert await reader.field("score").count() == 0
    await applicant.open(filed.path)
    assert await applicant.page.locator("#rate").count() == 0
    assert not await applicant.says(REMARK)
    await fine(applicant)
    await clerk.open(f"/desk{filed.path}")
    assert await clerk.says(REMARK)
    await clerk.open("/desk/ratings")
    assert await clerk.says(REMARK)
    await fine(clerk)
    assert [one.complaints for one in (applicant, clerk, reader)] == [[], [], []]

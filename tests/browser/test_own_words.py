"""What people wrote, in whichever script, stands where its readers look for it."""

from __future__ import annotations

from tests.browser.cases import file_request
from tests.browser.test_journey import new_address, on_every_screen

FAR_FROM_NAME = """way => [...document.querySelectorAll("section dl.facts dd")].filter(one => {
    const text = document.createRange(); text.selectNodeContents(one);
    const line = text.getClientRects()[0], column = one.getBoundingClientRect();
    return Math.abs(way === "rtl" ? column.right - line.right : line.left - column.left) > 2;
}).map(one => one.innerText)"""


@on_every_screen
async def test_each_answer_begins_beside_its_name(arrive, language, width):
    applicant = await arrive(language, width=width)
    filed = await file_request(applicant, "yearbook-qom", email=new_address())
    await applicant.open(filed.path)
    assert await applicant.page.locator("section dl.facts dd").count() > 4
    way = await applicant.page.evaluate("document.documentElement.dir")
    assert await applicant.page.evaluate(FAR_FROM_NAME, way) == []

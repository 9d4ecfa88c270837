"""A case ends at the desk: with a reason, knowingly, and said for what it is."""

import pytest

from db.cases import Case
from portal import codes
from tests.cases.factories import a_case


def page_of(filed):
    return f"/en/desk/cases/{codes.show_text(filed.number)}"


async def do(browser, filed, move, fields=None):
    """Send one move's form from the page of the case."""
    return await browser.submit(page_of(filed), fields, to=f"{page_of(filed)}/{move}")


async def test_closing_needs_outcome_and_reason(clerk):
    filed = await a_case()
    page = await do(clerk, filed, "close", {"reason": "All was delivered."})
    assert page.status_code == 422
    assert 'href="#close-outcome"' in page.text
    assert "All was delivered." in page.text
    fields = {"outcome": "done", "reason": "All was delivered.", "close-sure": "yes"}
    assert (await do(clerk, filed, "close", fields)).status_code == 303
    assert "Done" in (await clerk.get(page_of(filed))).text


@pytest.mark.parametrize("move", ["close", "reject"])
async def test_a_case_is_not_ended_without_the_tick(clerk, move):
    filed = await a_case()
    page = await do(clerk, filed, move, {"outcome": "done", "reason": "All was delivered."})
    assert page.status_code == 422
    assert f'href="#{move}-sure"' in page.text
    assert "Please tick the box to confirm" in page.text
    assert (await Case.select(Case.state).first())["state"] == "registered"


async def test_a_rejection_is_stated_without_the_colour_of_success(clerk):
    filed = await a_case()
    answer = await do(clerk, filed, "reject", {"reason": "Not ours to give.", "reject-sure": "yes"})
    page = await clerk.get(answer.headers["location"])
    assert (
        '<div class="panel" id="done" role="status" tabindex="-1" autofocus><strong>The request was rejected.'
        in page.text
    )


async def test_the_summary_of_mistakes_names_the_fields(clerk):
    filed = await a_case()
    page = await do(clerk, filed, "close")
    assert ">Outcome — Choose one.</a>" in page.text
    assert ">Reason — " in page.text
    assert ">Question — " in (await do(clerk, filed, "ask")).text

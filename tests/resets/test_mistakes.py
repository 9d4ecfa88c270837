"""What the page for the new password says about mistakes, and what it must not say."""

from __future__ import annotations

import pytest

from db.resets import ResetRequest
from tests.resets.people import NEW_PHRASE, PHRASE
from tests.resets.visitors import (  # noqa: F401
    ask,
    chief,
    code_from,
    has_password,
    maryam,
    quick,
    redeem,
)

WEAK = "password1234567"


async def tries(no):
    return (await ResetRequest.select(ResetRequest.tries).where(ResetRequest.no == no).first())["tries"]


async def test_an_easy_password_is_told_alike_whatever_the_code_and_costs_no_try(browser, maryam, chief):
    no = await ask(browser)
    code = await code_from(chief, no)
    answers = [await redeem(browser, typed, WEAK) for typed in (code, "ZZZZZ-ZZZZZ")]
    assert [answer.status_code for answer in answers] == [422, 422]
    said = [answer.text.replace(code, "…").replace("ZZZZZ-ZZZZZ", "…") for answer in answers]
    assert 'href="#new_password">New password — ' in said[0]
    assert [line for line in said[0].splitlines() if "_csrf" not in line] == [
        line for line in said[1].splitlines() if "_csrf" not in line
    ]
    assert await tries(no) == 0
    assert (await redeem(browser, code, NEW_PHRASE)).status_code == 303


async def test_an_easy_password_and_a_missing_code_are_told_at_once(browser, maryam):
    await ask(browser)
    page = (await redeem(browser, "", WEAK)).text
    assert 'href="#reset_code">The code you were told — ' in page
    assert 'href="#new_password">New password — ' in page


@pytest.mark.parametrize("own", ["maryam sample maryam", PHRASE])
async def test_what_is_too_easy_for_its_owner_alone_is_told_to_who_has_the_code(browser, maryam, chief, own):
    no = await ask(browser)
    code = await code_from(chief, no)
    guessed = await redeem(browser, "ZZZZZ-ZZZZZ", own)
    assert 'href="#new_password"' not in guessed.text
    assert await tries(no) == 1
    assert 'href="#new_password"' in (await redeem(browser, code, own)).text
    assert await tries(no) == 1
    assert await has_password("maryam", PHRASE)

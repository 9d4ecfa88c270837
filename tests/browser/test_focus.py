"""Where the focus is after something was done: on what says so, for a screen reader reads what has the focus."""

from __future__ import annotations

import pytest

from tests.browser.mine_stops import with_draft
from tests.browser.visitor import Visitor

both_languages = pytest.mark.parametrize("language", ["fa", "en"])


async def focused(visitor: Visitor) -> str:
    """The words of what has the focus."""
    return str(await visitor.page.evaluate("document.activeElement.innerText"))


@both_languages
async def test_what_was_done_is_said_where_the_focus_is(arrive, language):
    visitor = await arrive(language)
    await visitor.sign_in("citizen")
    await with_draft(visitor, None)
    saved = await focused(visitor)
    assert saved == await visitor.page.inner_text(".panel.done")
    await visitor.send("/mine/drafts/forget")
    assert await focused(visitor) == await visitor.page.inner_text(".panel.done") != saved
    await visitor.page.reload()
    assert await visitor.page.locator(".panel.done").count() == 0
    assert visitor.complaints == []


@both_languages
async def test_suggested_words_have_the_focus_and_are_taken_into_the_field(arrive, language):
    visitor = await arrive(language, width=360)
    await visitor.open("/accounts/sign-up")
    await visitor.follow(visitor.page.locator(f"button[value={language}]"))
    words = await visitor.page.inner_text(".panel.copy .said")
    assert words in await focused(visitor)
    assert await visitor.field("password").input_value() == ""
    take = visitor.page.locator("button[data-take]")
    await take.press("Enter")
    assert await visitor.field("password").input_value() == words
    assert await take.evaluate("one => one === document.activeElement")
    assert await visitor.page.inner_text(".panel.copy [role=status]")
    assert visitor.complaints == []


async def test_without_script_the_words_are_shown_and_no_button_that_does_nothing(arrive):
    visitor = await arrive("fa", script=False)
    await visitor.open("/accounts/sign-up")
    await visitor.follow(visitor.page.locator("button[value=fa]"))
    assert await visitor.page.inner_text(".panel.copy .said")
    assert not await visitor.page.locator("button[data-take]").is_visible()

"""A half-filled form of somebody who is signed in is kept without pressing anything."""

from __future__ import annotations

import pytest

SLUG = "yearbook-qom"
WORDS = {"fa": "جدول‌های شهرستان کهک را می‌خواهم.", "en": "The tables of Kahak, please."}


@pytest.mark.parametrize("language", ["fa", "en"])
async def test_a_half_filled_form_is_kept_by_itself(arrive, language):
    citizen = await arrive(language)
    await citizen.sign_in("citizen")
    await citizen.open(f"/cases/new/{SLUG}")
    await citizen.fill("body", WORDS[language])
    await citizen.page.locator("[data-draft]:not(:empty)").wait_for()
    await citizen.open("/")  # gone without sending
    await citizen.open(f"/cases/new/{SLUG}")
    assert await citizen.field("body").input_value() == WORDS[language]
    assert citizen.complaints == []

"""What an attacker once found about complaints, tips and new codes stays mended."""

from __future__ import annotations

from datetime import timedelta

from portal.cases import access, ratings, renumbering
from tests.cases.closings import a_closed_case
from tests.cases.factories import KEY
from tests.conftest import NOON


async def test_a_rating_link_of_before_does_not_lead_to_the_new_code(db):
    filed = await a_closed_case()
    token = await ratings.new_link(KEY, filed.case_id, round=2, moment="closing")
    assert await ratings.by_token(token, keys=[KEY])
    later, browser = NOON + timedelta(days=1), access.new_token()
    await renumbering.rotate(filed.case_id, number=filed.number, browser=browser, key=KEY, now=later)
    assert await ratings.by_token(token, keys=[KEY]) is None

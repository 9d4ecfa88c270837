"""The pages on which a statement is ended."""

from tests.services.test_agency_pages import said
from tests.services.test_editor_pages import EDIT, QOM
from tests.services.test_pages import words_of


async def test_two_managers_end_a_statement(samples, manager, other):
    wish = {"reason": "The law", "notice_fa": "پایان", "notice_en": "It ends.", "effective_at": "2199-01-01"}
    assert "The end is proposed" in await said(manager, await manager.submit(f"{EDIT}/end", wish))
    agreed = await manager.submit(f"{EDIT}/end", to=f"{EDIT}/end/approve")
    assert "The approval is recorded" in await said(manager, agreed)
    again = await manager.get(f"{EDIT}/end")
    assert "another person records the other" in words_of(again.text)
    assert "/end/approve" not in again.text
    last = await other.submit(f"{EDIT}/end", to=f"{EDIT}/end/approve")
    assert "The end is announced" in await said(other, last)
    assert "It ends." in words_of((await manager.get(f"/en/services/{QOM}/sla")).text)


async def test_who_is_no_manager_is_told_who_records_that_an_office_agrees(samples, manager, admin):
    wish = {"reason": "The law", "notice_fa": "پایان", "notice_en": "It ends.", "effective_at": "2199-01-01"}
    await manager.submit(f"{EDIT}/end", wish)
    page = await admin.get(f"{EDIT}/end")
    assert "Only a manager can record that an office agrees" in words_of(page.text)
    assert "/end/approve" not in page.text


async def test_too_soon_an_end_names_the_first_moment_that_would_do(samples, manager):
    wish = {"reason": "The law", "notice_fa": "پایان", "notice_en": "It ends.", "effective_at": "2020-01-01"}
    page = await manager.submit(f"{EDIT}/end", wish)
    assert page.status_code == 422
    assert "The earliest moment is" in words_of(page.text)

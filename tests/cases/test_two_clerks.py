"""Two clerks open one case: the second to send sees what happened and loses nothing."""

from db.cases import CaseEvent
from portal import codes
from portal.cases import desk_actions
from tests.cases.factories import a_case
from tests.conftest import NOON
from tests.support.browser import held_by_form


def page_of(filed):
    return f"/en/desk/cases/{codes.show_text(filed.number)}"


async def meanwhile(clerk, filed, *, seen=1):
    """What a colleague does between opening and sending."""
    await desk_actions.ask(filed.case_id, clerk=clerk.account.id, seen=seen, body="Which year?", now=NOON)


async def test_the_second_clerk_sees_what_happened_and_who_did_it(clerk, colleague):
    filed = await a_case()
    await meanwhile(colleague, filed)
    page = await clerk.submit(
        page_of(filed), {"body": "Our answer", "seen": "1"}, to=f"{page_of(filed)}/answer"
    )
    assert page.status_code == 409
    assert "Which year?" in page.text
    assert "This case was changed meanwhile by \u2068Colleague\u2069." in page.text
    assert "Asked the applicant" in page.text


async def test_a_clerk_with_two_windows_is_told_so(clerk):
    filed = await a_case()
    await meanwhile(clerk, filed)
    page = await clerk.submit(page_of(filed), {"body": "Ours", "seen": "1"}, to=f"{page_of(filed)}/answer")
    assert "You changed this case yourself, in another window." in page.text


async def test_only_who_wrote_something_is_told_that_it_is_kept(clerk, colleague):
    filed = await a_case()
    await meanwhile(colleague, filed)
    words = await clerk.submit(page_of(filed), {"body": "Ours", "seen": "1"}, to=f"{page_of(filed)}/answer")
    assert "Your text is kept below." in words.text
    bare = await clerk.submit(page_of(filed), {"seen": "1"}, to=f"{page_of(filed)}/take")
    assert (bare.status_code, "Your text is kept" in bare.text) == (409, False)


async def test_a_tick_from_before_does_not_end_the_case_as_it_is_now(clerk, colleague):
    filed = await a_case()
    await meanwhile(colleague, filed)
    fields = {"reason": "Not ours.", "reject-sure": "yes", "seen": "1"}
    page = await clerk.submit(page_of(filed), fields, to=f"{page_of(filed)}/reject")
    held = held_by_form(page.text, f"{page_of(filed)}/reject")
    assert (held["reason"], "reject-sure" in held) == ("Not ours.", False)


async def test_notes_never_collide(clerk, colleague):
    filed = await a_case()
    await meanwhile(colleague, filed)
    sent = await clerk.submit(page_of(filed), {"body": "Mine", "seen": "1"}, to=f"{page_of(filed)}/note")
    assert sent.status_code == 303
    assert "Mine" in (await clerk.get(page_of(filed))).text


async def test_nothing_is_written_by_the_second_clerk(clerk, colleague):
    filed = await a_case()
    await meanwhile(colleague, filed)
    await clerk.submit(page_of(filed), {"body": "Our answer", "seen": "1"}, to=f"{page_of(filed)}/answer")
    assert [row["kind"] for row in await CaseEvent.select().order_by(CaseEvent.n)] == ["filed", "asked"]


async def test_the_words_are_kept_and_can_be_sent_after_reading(clerk, colleague):
    filed = await a_case()
    await meanwhile(colleague, filed)
    words = "Our answer\nin two lines"
    page = await clerk.submit(page_of(filed), {"body": words, "seen": "1"}, to=f"{page_of(filed)}/answer")
    held = held_by_form(page.text, f"{page_of(filed)}/answer")
    assert (held["body"], held["seen"]) == (words, "2")
    assert (await clerk.post(f"{page_of(filed)}/answer", held)).status_code == 303


async def test_only_what_is_new_is_listed(clerk, colleague):
    filed = await a_case()
    await meanwhile(colleague, filed)
    await desk_actions.note(filed.case_id, clerk=colleague.account.id, seen=2, body="A later note", now=NOON)
    page = await clerk.submit(page_of(filed), {"body": "Mine", "seen": "2"}, to=f"{page_of(filed)}/answer")
    assert page.status_code == 409
    assert "A later note" in page.text
    assert "Which year?" not in page.text


async def test_a_case_that_was_closed_meanwhile_hands_the_words_back(clerk, colleague):
    filed = await a_case()
    opened = await clerk.get(page_of(filed))
    await desk_actions.close(
        filed.case_id, clerk=colleague.account.id, seen=1, outcome="done", reason="Delivered", now=NOON
    )
    fields = {**held_by_form(opened.text, f"{page_of(filed)}/ask"), "body": "My question"}
    page = await clerk.post(f"{page_of(filed)}/ask", fields)
    assert page.status_code == 409
    assert "My question" in page.text
    assert "This can't be done any more" in page.text
    assert f'action="{page_of(filed)}/ask"' not in page.text


async def test_files_have_to_be_chosen_again_and_are_named(clerk, colleague):
    filed = await a_case()
    await meanwhile(colleague, filed)
    page = await clerk.submit(
        page_of(filed),
        {"body": "With a map", "seen": "1"},
        to=f"{page_of(filed)}/answer",
        files={"attachments": ("map.txt", b"a map in words")},
    )
    assert page.status_code == 409
    assert "map.txt" in page.text


async def test_a_page_without_its_version_counts_as_stale(clerk):
    filed = await a_case()
    page = await clerk.submit(page_of(filed), {"body": "Ours", "seen": None}, to=f"{page_of(filed)}/answer")
    assert page.status_code == 409
    assert "Request received" in page.text

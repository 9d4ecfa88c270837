"""The pages on which managers write a service, without any code."""

import re

import msgspec
import pytest

from db.services import FormVersion, Service, SlaVersion
from db.statements import ServiceDraft
from portal.services.actions import read_sample
from portal.services.editor_queries import service_to_edit
from portal.services.queries import service_by_slug
from portal.services.rules import SECTIONS
from tests.conftest import NOON
from tests.services.test_agency_pages import said
from tests.services.test_pages import words_of

QOM = "yearbook-qom"
EDIT = f"/en/admin/services/{QOM}"


async def drafted():
    return (await service_to_edit(QOM, now=NOON)).draft


def seen_in(page) -> str:
    return re.search(r'name="seen" value="([^"]*)"', page.text)[1]


async def test_the_list_says_what_is_in_force_and_what_is_drafted(samples, manager):
    page = words_of((await manager.get("/en/admin/services")).text)
    assert "Edition 1" in page
    assert "Nothing drafted" in page


async def test_what_is_saved_is_drafted_and_not_shown(samples, manager):
    saved = await manager.submit(f"{EDIT}/sheet", {"summary_en": "Numbers of Qom."})
    assert "Your change is saved in the draft" in await said(manager, saved)
    assert (await drafted()).summary.en == "Numbers of Qom."
    assert "Numbers of Qom." not in (await manager.get(f"/en/services/{QOM}")).text


async def test_saving_the_sheet_unchanged_drafts_nothing(samples, manager):
    for part in (
        "sheet",
        "terms",
    ):  # a service with one audience and one channel: all that this form can hold
        page = f"/admin/services/performance-evaluation/{part}"
        assert (await manager.submit(page)).status_code == 303
    assert not await ServiceDraft.exists()


@pytest.mark.parametrize("slug", ["resource-monitoring", "yearbook-tehran", "spatial-observatory"])
async def test_no_form_of_a_sample_changes_what_it_is_filled_with(samples, manager, slug):
    before = (await service_to_edit(slug, now=NOON)).draft
    lists = {"form": before.form, "legal": before.legal_basis, "sections": SECTIONS, "clauses": SECTIONS}
    for part in (part for part, rows in lists.items() if rows):
        assert (await manager.submit(f"/admin/services/{slug}/{part}/1")).status_code == 303
    assert (await service_to_edit(slug, now=NOON)).draft == before


async def test_a_question_is_added_and_asked_once_it_is_published(samples, manager):
    question = {"kind": "choice", "label_fa": "کدام سال؟", "label_en": "Which year?"}
    answers = {"options_fa": "۱۴۰۳\n۱۴۰۴", "options_en": "1403\n1404"}
    assert (await manager.submit(f"{EDIT}/form/new", {**question, **answers})).status_code == 303
    added = (await drafted()).form[-1]
    assert [option.label.en for option in added.options] == ["1403", "1404"]
    assert "is published" in await said(manager, await manager.submit(f"{EDIT}/publish"))
    assert "Which year?" in (await manager.get(f"/en/cases/new/{QOM}")).text
    assert await FormVersion.count().where(FormVersion.service.slug == QOM) == 2
    assert await SlaVersion.count().where(SlaVersion.service.slug == QOM) == 1


async def test_a_changed_question_keeps_its_key_and_its_answers_what_is_stored(samples, manager):
    before = read_sample("performance-evaluation").form
    place = next(n for n, field in enumerate(before, start=1) if field.key == "topic")
    path = f"/en/admin/services/performance-evaluation/form/{place}"
    assert (await manager.submit(path, {"label_en": "What about?"})).status_code == 303
    after = (await service_to_edit("performance-evaluation", now=NOON)).draft.form[place - 1]
    assert (after.key, after.label.en) == ("topic", "What about?")
    assert after.options == before[place - 1].options


async def test_a_question_moves_and_goes(samples, manager):
    before = [field.key for field in (await drafted()).form]
    seen = seen_in(await manager.get(f"{EDIT}/form"))
    moved = await manager.submit(f"{EDIT}/form", {"way": "down", "seen": seen}, to=f"{EDIT}/form/move")
    assert "The order is saved" in await said(manager, moved)
    assert [field.key for field in (await drafted()).form] == [before[1], before[0], *before[2:]]
    await manager.submit(f"{EDIT}/form", {"way": "remove", "seen": seen}, to=f"{EDIT}/form/move")
    assert [field.key for field in (await drafted()).form] == before[1:]


async def test_a_customary_section_stays(samples, manager):
    seen = seen_in(await manager.get(f"{EDIT}/sections"))
    await manager.submit(f"{EDIT}/sections", {"way": "remove", "seen": seen}, to=f"{EDIT}/sections/move")
    assert len((await drafted()).statement.sections) == 7


async def test_the_second_to_save_is_refused_and_sees_both(samples, manager, other):
    seen = seen_in(await manager.get(f"{EDIT}/sheet"))
    await other.submit(f"{EDIT}/sheet", {"summary_en": "Theirs."})
    refused = await manager.submit(f"{EDIT}/sheet", {"summary_en": "Mine.", "seen": seen})
    assert refused.status_code == 409
    assert "Somebody else has changed this meanwhile." in refused.text
    assert 'value="Mine."' in refused.text
    assert "<bdi>Theirs.</bdi>" in refused.text
    assert (await drafted()).summary.en == "Theirs."
    again = await manager.submit(f"{EDIT}/sheet", {"summary_en": "Mine.", "seen": seen_in(refused)})
    assert again.status_code == 303
    assert (await drafted()).summary.en == "Mine."


async def test_two_who_work_on_two_clauses_do_not_meet(samples, manager, other):
    seen = seen_in(await manager.get(f"{EDIT}/clauses/2"))
    first = seen_in(await other.get(f"{EDIT}/clauses"))
    await other.submit(f"{EDIT}/clauses", {"way": "remove", "seen": first}, to=f"{EDIT}/clauses/move")
    saved = await manager.submit(f"{EDIT}/clauses/1", {"text_en": "Mine.", "seen": seen})
    assert saved.status_code == 303
    assert (await drafted()).statement.clauses[0].text.en == "Mine."


async def test_who_saves_a_row_that_has_gone_loses_no_word(samples, manager, other):
    seen = seen_in(await manager.get(f"{EDIT}/clauses/1"))
    await other.submit(f"{EDIT}/clauses", {"way": "remove", "seen": seen}, to=f"{EDIT}/clauses/move")
    refused = await manager.submit(f"{EDIT}/clauses/1", {"text_en": "Mine.", "seen": seen})
    assert refused.status_code == 409
    assert "Mine." in refused.text


async def test_publishing_names_what_is_missing_and_leads_there(samples, manager):
    await manager.submit(f"{EDIT}/sheet", {"summary_en": "", "unit": ""})
    page = await manager.get(f"{EDIT}/publish")
    assert f'href="{EDIT}/sheet#summary_en"' in page.text
    assert f'href="{EDIT}/sheet#unit"' in page.text
    refused = await manager.post(f"{EDIT}/publish", {})
    assert refused.status_code == 403  # without the form's token nothing is published anyway
    assert await SlaVersion.count().where(SlaVersion.service.slug == QOM) == 1


async def test_the_preview_shows_the_times_before_and_after(samples, manager):
    await manager.submit(f"{EDIT}/terms", {"amount_first_answer": "9"})
    page = words_of((await manager.get(f"{EDIT}/publish")).text)
    assert "9 working days" in page
    assert "edition 2" in page


async def test_the_preview_says_for_whom_the_times_are(samples, manager):
    await manager.submit(f"{EDIT}/terms", {"amount_first_answer": "9"})
    page = words_of((await manager.get(f"{EDIT}/publish")).text)
    assert "Requests that come from then on are promised what edition 2 says" in page


async def test_a_promise_names_its_calendar_as_people_do(samples, manager):
    page = (await manager.get(f"{EDIT}/terms")).text
    assert '<option value="iran-office" selected>Office hours of Iran</option>' in page


async def test_the_editor_leads_to_the_editions_and_to_what_changed(samples, manager):
    assert f'href="/en/services/{QOM}/sla/1"' in (await manager.get(EDIT)).text
    await manager.submit(f"{EDIT}/terms", {"amount_first_answer": "9"})
    await manager.submit(f"{EDIT}/publish", {"at": "2199-01-02 08:00"})
    page = (await manager.get(EDIT)).text
    assert f'href="/en/services/{QOM}/sla/2"' in page
    assert f'href="/en/services/{QOM}/sla/2/changes?from=1"' in page


async def test_a_statement_is_published_from_a_moment(samples, manager):
    await manager.submit(f"{EDIT}/terms", {"amount_first_answer": "9"})
    published = await manager.submit(f"{EDIT}/publish", {"at": "2199-01-02 08:00"})
    assert "Not in force yet" in await said(manager, published)
    assert (await service_by_slug(QOM, now=NOON)).statement.version == 1
    assert "comes into force on" in words_of((await manager.get(f"/en/services/{QOM}/sla/2")).text)
    assert (
        f'href="/en/services/{QOM}/sla/2/changes?from=1"'
        in (await manager.get(f"/en/services/{QOM}/sla")).text
    )


@pytest.mark.parametrize(("at", "told"), [("2020-01-01", "in the past"), ("tomorrow", "Write day and time")])
async def test_a_moment_that_cannot_be_is_said_beside_its_field(samples, manager, at, told):
    await manager.submit(f"{EDIT}/terms", {"amount_first_answer": "9"})
    page = await manager.submit(f"{EDIT}/publish", {"at": at})
    assert page.status_code == 422
    assert told in words_of(page.text)


async def test_what_changed_since_the_preview_is_not_published(samples, manager, other):
    await manager.submit(f"{EDIT}/terms", {"amount_first_answer": "9"})
    seen = seen_in(await manager.get(f"{EDIT}/publish"))
    await other.submit(f"{EDIT}/terms", {"amount_first_answer": "10"})
    refused = await manager.submit(f"{EDIT}/publish", {"seen": seen})
    assert refused.status_code == 409
    assert "10 working days" in words_of(refused.text)


async def test_a_fee_is_refused_while_the_statement_says_free(samples, manager):
    await manager.submit(f"{EDIT}/sheet", {"fee": "۵۰۰۰۰"})
    refused = await manager.submit(f"{EDIT}/publish")
    assert refused.status_code == 409
    assert "this service is free" in words_of(refused.text)


async def test_a_new_service_goes_from_nothing_to_its_first_request(samples, manager):
    unit = read_sample(QOM).unit.slug
    new = {"slug": "maps", "title_fa": "نقشه‌ها", "title_en": "Maps", "unit": unit}
    assert "Nobody sees it yet" in await said(manager, await manager.submit("/en/admin/services/new", new))
    assert (await manager.get("/services/maps")).status_code == 404
    assert "are missing before" in words_of((await manager.get("/en/admin/services/maps")).text)
    await fill(manager, "/en/admin/services/maps")
    assert "missing before" not in words_of((await manager.get("/en/admin/services/maps")).text)
    assert "is published" in await said(manager, await manager.submit("/en/admin/services/maps/publish"))
    opened = await manager.submit("/en/admin/services/maps", to="/en/admin/services/maps/open")
    assert "takes requests" in await said(manager, opened)
    assert "Which map?" in (await manager.get("/en/cases/new/maps")).text


async def fill(manager, page: str) -> None:
    """All that a service must have."""
    names = ("summary", "description", "cost_note", "frequency")
    sheet = {f"{name}_{code}": "متن" for name in names for code in ("fa", "en")}
    await manager.submit(f"{page}/sheet", {**sheet, "audience": "citizen", "intake_channels": "portal"})
    names = ("measured", "reported", "reporter", "offices")
    terms = {f"{name}_{code}": "متن" for name in names for code in ("fa", "en")}
    await manager.submit(f"{page}/terms", {**terms, "notice_days": "10"})
    for n in range(1, 8):
        await manager.submit(f"{page}/sections/{n}", {"text_fa": "متن", "text_en": "Text"})
    for party in ("provider", "recipient"):
        clause = {"section": "commitments", "party": party, "text_fa": "تعهد", "text_en": "Duty"}
        await manager.submit(f"{page}/clauses/new", clause)
    question = {"kind": "text", "label_fa": "کدام نقشه؟", "label_en": "Which map?"}
    assert (await manager.submit(f"{page}/form/new", question)).status_code == 303


async def test_a_service_is_closed_and_opened(samples, manager):
    assert "no new requests" in await said(manager, await manager.submit(EDIT, to=f"{EDIT}/close"))
    assert (await service_by_slug(QOM, now=NOON)).state == "closed"
    await manager.submit(EDIT, to=f"{EDIT}/open")
    assert (await Service.select(Service.state).where(Service.slug == QOM).first())["state"] == "open"


async def test_the_log_says_every_step_and_leads_to_the_service(samples, manager, admin):
    await manager.submit(f"{EDIT}/terms", {"amount_first_answer": "9"})
    await manager.submit(f"{EDIT}/publish")
    page = await admin.get("/en/admin/audit?who=zahra")
    for step in ("Changed the draft of a service", "Published an edition", "Published what was drafted"):
        assert step in words_of(page.text)
    assert f'href="{EDIT}"' in page.text


async def test_a_draft_is_thrown_away(samples, manager):
    await manager.submit(f"{EDIT}/sheet", {"summary_en": "Numbers."})
    assert "thrown away" in await said(manager, await manager.submit(EDIT, to=f"{EDIT}/drop"))
    assert (await drafted()).summary == read_sample(QOM).summary


async def test_every_page_of_the_editor_is_wholly_persian_for_persian_readers(samples, manager):
    pages = ["", "/new", f"/{QOM}"]
    pages += [f"/{QOM}/{part}" for part in ("form", "clauses", "sections", "publish", "end")]
    for page in pages:
        words = words_of((await manager.get(f"/admin/services{page}")).text)
        assert not re.findall(r"\b(?:the|of|is|and)\b", words), page


async def test_the_editor_is_for_managers_and_admins(samples, clerk, browser):
    for path in ("", "/new", f"/{QOM}", f"/{QOM}/sheet", f"/{QOM}/form", f"/{QOM}/publish", f"/{QOM}/end"):
        assert (await clerk.get(f"/admin/services{path}")).status_code == 403
        assert "/accounts/sign-in" in (await browser.get(f"/admin/services{path}")).headers["location"]


def test_a_draft_survives_its_way_through_the_database():
    sample = read_sample(QOM)
    assert msgspec.json.decode(msgspec.json.encode(sample), type=type(sample)) == sample

"""What a service says about the time after a request's end: until when it is opened again, when it is asked about."""

import json

import msgspec
import pytest

from db.services import Service
from portal import i18n
from portal.services.actions import load_service, read_sample
from portal.services.comparison import Row, compare
from portal.services.statement import Statement, canonical, sha256
from tests.conftest import NOON
from tests.services.test_editor_pages import EDIT, drafted
from tests.services.test_pages import words_of
from tests.services.test_pdf import text_of

SAMPLE = read_sample("yearbook-qom")
SAID = msgspec.structs.replace(SAMPLE.statement, reopen_days=10)
LINE = "Opening a closed request again, within"


def test_a_statement_that_says_nothing_of_it_stays_as_it_was():
    assert "reopen_days" not in json.loads(canonical(SAMPLE.statement))
    assert sha256(SAMPLE.statement) != sha256(SAID)


@pytest.mark.parametrize("days", [0, -1, 251])
def test_a_statement_holds_no_number_of_days_that_makes_no_sense(days):
    document = json.loads(canonical(SAMPLE.statement)) | {"reopen_days": days}
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(document, Statement)


async def test_page_paper_and_data_say_the_days(db, browser):
    await load_service(msgspec.structs.replace(SAMPLE, statement=SAID), position=1, now=NOON)
    page = words_of((await browser.get("/en/services/yearbook-qom/sla")).text)
    paper = text_of((await browser.get("/en/services/yearbook-qom/sla.pdf")).content)
    data = (await browser.get("/services/yearbook-qom/sla.json")).json()
    for words in (page, paper):
        assert LINE in words
        assert "10 working days" in words
    assert data["reopen_days"] == 10


def test_beside_another_edition_it_is_a_promised_time():
    with i18n.using("en"):
        assert compare(SAMPLE.statement, SAID).times == (Row(LINE, None, "10 working days"),)


async def test_a_manager_writes_both_and_the_draft_keeps_them(samples, manager):
    await manager.submit(f"{EDIT}/terms", {"reopen_days": "۱۵"})
    await manager.submit(f"{EDIT}/sheet", {"recheck_days": "30"})
    draft = await drafted()
    assert (draft.statement.reopen_days, draft.recheck_days) == (15, 30)
    assert 'value="15"' in (await manager.get(f"{EDIT}/terms")).text


@pytest.mark.parametrize(
    ("page", "field", "typed"), [("terms", "reopen_days", "251"), ("sheet", "recheck_days", "0")]
)
async def test_a_number_of_days_that_does_not_fit_is_said(samples, manager, page, field, typed):
    answer = await manager.submit(f"{EDIT}/{page}", {field: typed})
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text


async def test_a_service_file_brings_its_interval(db):
    await load_service(msgspec.structs.replace(SAMPLE, recheck_days=45), position=1, now=NOON)
    assert (await Service.select(Service.recheck_days).first())["recheck_days"] == 45

"""A complaint is called a complaint wherever its page leads, not a request."""

from __future__ import annotations

import io
import zipfile

import pypdfium2
import pytest

from tests.cases.complaining import a_complaint, hearing_units
from tests.cases.visitors import as_filer, path_of, right_now


@pytest.fixture
async def complaint(db, settings):
    units = await hearing_units()
    return await a_complaint(units["inspection"], key=settings.secret_key, now=right_now())


async def test_the_pages_of_its_new_code_say_so(complaint, browser):
    visitor = as_filer(browser)
    asked = await visitor.get(f"{path_of(complaint)}/rotate")
    assert "The complaint itself stays as it is" in asked.text
    made = await visitor.submit(f"{path_of(complaint)}/rotate")
    shown = await visitor.get(made.headers["location"])
    assert "Open the complaint" in shown.text


async def test_its_dossier_says_so(complaint, browser):
    taken = await as_filer(browser).get(f"{path_of(complaint)}/dossier")
    archive = zipfile.ZipFile(io.BytesIO(taken.content))
    paper = next(name for name in archive.namelist() if name.endswith(".pdf"))
    words = pypdfium2.PdfDocument(archive.read(paper))[0].get_textpage().get_text_range()
    assert "Dossier of a complaint" in words
    assert "request" not in words.lower()


async def test_a_stranger_who_may_not_give_it_a_new_code_does_not_learn_what_it_is(complaint, stranger):
    answer = await stranger.get(f"{path_of(complaint)}/dossier")
    assert answer.status_code == 403
    assert "complaint" not in answer.text.replace("Complaint, suggestion and comment", "")

"""The applicant takes the whole request home, and can check it there."""

from __future__ import annotations

import hashlib
import json
import zipfile

import pytest

from tests.browser.cases import file_request


@pytest.mark.parametrize("language", ["fa", "en"])
async def test_the_applicant_takes_the_dossier_from_the_page(arrive, language):
    visitor = await arrive(language, width=360)
    filed = await file_request(visitor, "yearbook-qom")
    await visitor.open(filed.path)
    async with visitor.page.expect_download() as coming:
        await visitor.page.locator("a[download][href$='/dossier']").click()
    download = await coming.value
    assert download.suggested_filename.endswith(".zip")
    with zipfile.ZipFile(await download.path()) as archive:
        assert archive.testzip() is None
        names = {name.partition("/")[2]: name for name in archive.namelist()}
        assert f"dossier-{language}.pdf" in names
        events = json.loads(archive.read(names["events.json"]))
        first = events["events"][0]
        salted = first["words"]["salt"] + first["words"]["text"]
        assert hashlib.sha256(salted.encode()).hexdigest() == first["text"]

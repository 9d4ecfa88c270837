"""Large forms that can't be taken anyway are refused before they are read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from tempfile import SpooledTemporaryFile

import pytest

from db.services import Service
from portal.services import queries as service_queries
from tests.cases.factories import SLUG, a_service
from tests.cases.visitors import filed_now, path_of

HEADERS = {"Sec-Fetch-Site": "same-origin", "Content-Type": "multipart/form-data; boundary=b"}
WORDS = "فایل خواسته‌شده پیوست است."
UNKNOWN = "/en/cases/XKP9-2ZKY-93WR-1W57"


class Body:
    """A form with words and a file of ten MiB; remembers how much of it was asked for."""

    def __init__(self) -> None:
        self.n_asked = 0

    async def chunks(self) -> AsyncIterator[bytes]:
        head = f'--b\r\nContent-Disposition: form-data; name="body"\r\n\r\n{WORDS}\r\n--b\r\n'
        file = 'Content-Disposition: form-data; name="attachments"; filename="a.txt"\r\n\r\n'
        for chunk in [(head + file).encode(), *[b"a" * 2**20] * 10, b"\r\n--b--\r\n"]:
            self.n_asked += len(chunk)
            yield chunk


async def sent(browser, path: str):
    """The answer to such a form, and how many bytes of it were asked for."""
    body = Body()
    answer = await browser.client.post(path, content=body.chunks(), headers=HEADERS)
    return answer, body.n_asked


@pytest.mark.parametrize("path", ["/cases/new/nothing-here", "/en/cases/nonsense/reply"])
async def test_what_names_nothing_is_not_read(browser, db, path):
    answer, n_asked = await sent(browser, path)
    assert (answer.status_code, n_asked) == (404, 0)


async def test_a_form_for_a_closed_service_is_not_read(browser, db):
    await a_service(SLUG)
    await Service.update({Service.state: "closed"}).where(Service.slug == SLUG)
    service_queries.forget()
    answer, n_asked = await sent(browser, f"/cases/new/{SLUG}")
    assert (answer.status_code, n_asked) == (409, 0)


@pytest.mark.parametrize("known", [True, False])
async def test_who_may_not_reply_gets_the_words_back_and_the_file_touches_no_disk(
    stranger, db, settings, monkeypatch, known
):
    rolled: list[object] = []
    monkeypatch.setattr(SpooledTemporaryFile, "rollover", rolled.append)
    path = path_of(await filed_now(settings)) if known else UNKNOWN
    answer, _n_asked = await sent(stranger, f"{path}/reply")
    assert answer.status_code == 403
    assert WORDS in answer.text
    assert rolled == []

"""The log's page and its export: who may read, what the filters leave, and what never stands there."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import pytest_asyncio

from db.accounts import Session
from db.audit import AuditEntry
from portal import audit, codes
from portal.audit import Origin, acting
from portal.audit_log import queries
from portal.audit_log.actions import seal
from portal.audit_log.queries import Filters
from portal.cases import rules
from portal.csv_lines import START, line
from portal.paging import PAGE
from portal.security import roles, sessions
from tests.cases.factories import NOBODY
from tests.cases.visitors import as_filer, filed_now, path_of, prove
from tests.conftest import NOON
from tests.support.browser import client_of, signed_in

HERE = "/en/admin/audit"


@pytest_asyncio.fixture
async def auditor(db, application):
    async with client_of(application) as client:
        yield await signed_in(client, "watcher", "auditor")


async def many(n: int, *, action: str = "signed_out") -> None:
    for i in range(n):
        await audit.append(action, object=f"/page/{i}", now=NOON + timedelta(seconds=i))


def rows_of(answer) -> list[list[str]]:
    assert answer.status_code == 200
    assert answer.text.startswith(START)
    return list(csv.reader(io.StringIO(answer.text.removeprefix(START))))[1:]


async def test_the_newest_stand_first_fifty_a_page_and_none_twice(auditor):
    await many(120)
    seen, path = [], HERE
    while path:
        page = (await auditor.get(path)).text
        seen += [part.split("<")[0] for part in page.split("/page/")[1:]]
        path = (
            page.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
            if 'rel="next"' in page
            else ""
        )
    assert seen == [str(n) for n in reversed(range(120))]


async def test_what_was_written_at_one_instant_is_paged_without_loss(db):
    for _ in range(PAGE + 5):
        await audit.append("signed_out", now=NOON)
    first = await queries.entries(Filters(), reader=NOBODY)
    second = await queries.entries(Filters(), reader=NOBODY, after=queries.read_place(str(first.next)))
    assert len({row.id for row in first.rows + second.rows}) == PAGE + 5
    assert second.next is None


async def test_every_filter_leaves_what_it_asks_for(auditor):
    mine, case = auditor.account.id, f"case:{uuid4()}"
    with acting(Origin(actor=mine, role="auditor", address="10.1.2.3")):
        await audit.append("denied", object=case, now=NOON)
    await audit.append("signed_out", now=NOON + timedelta(days=2))
    day = NOON.astimezone(UTC).date()
    for asked in (
        "who=WATCHER",
        "action=denied",
        f"object={case}",
        "address=10.1.2.3",
        f"from={day}&to={day}",
        f"to={day + timedelta(days=1)}",
        "to=1405/08/30",
    ):
        rows = rows_of(await auditor.get(f"{HERE}/export?{asked}"))
        assert [row[4] for row in rows if row[4] != "Exported the audit log"] == ["Was refused a page"], asked
    for asked in (
        "who=nobody",
        "address=10.9.9.9",
        f"object=case:{uuid4()}",
        f"to={day - timedelta(days=1)}",
    ):
        assert "No entries here." in (await auditor.get(f"{HERE}?{asked}")).text


async def test_a_case_is_found_by_its_code_and_opened_at_the_desk(auditor, settings):
    filed = await filed_now(settings)
    code = codes.show_text(filed.number)
    assert "Filed a request" in (await auditor.get(f"{HERE}?object={code}")).text
    opened = await auditor.get(f"{HERE}/cases/{filed.case_id}")
    assert opened.headers["location"] == f"/en/desk/cases/{code}"
    assert (await auditor.get(f"{HERE}/cases/{uuid4()}")).status_code == 404


async def test_a_mistyped_day_or_action_is_explained_and_shows_nothing(auditor):
    for asked, words in (("from=yesterday", "year/month/day"), ("action=sneezed", "offered answers")):
        page = await auditor.get(f"{HERE}?{asked}")
        assert page.status_code == 422
        assert words in page.text
        assert (await auditor.get(f"{HERE}/export?{asked}")).status_code == 400


@pytest.mark.parametrize(
    "after", ["x", "2026-11-21_1", "2026-11-21T08:30:00+00:00_-1", f"{NOON.isoformat()}_{2**80}"]
)
async def test_a_broken_place_shows_the_newest(auditor, after):
    await many(1)
    page = await auditor.get(HERE, params={"after": after})
    assert page.status_code == 200
    assert "/page/0" in page.text


async def test_what_is_sealed_is_told_from_what_is_not(auditor, settings):
    await many(1)
    assert "not yet" in (await auditor.get(HERE)).text
    await seal(settings.secret_key)
    assert "not yet" not in (await auditor.get(HERE)).text


async def test_neither_codes_nor_personal_text_reach_the_page_or_the_file(auditor, clerk, browser, settings):
    filed = await filed_now(settings)
    code = codes.show_text(filed.number)
    await prove(browser, filed, proof="0000")
    await prove(browser, filed, proof="1234")
    await as_filer(browser).get(f"{path_of(filed)}/receipt")
    await clerk.get(f"/en/desk/cases/{code}")
    await auditor.get(f"/en/desk/cases/{code}/slip")  # refused, and its path holds the code
    texts = [(await auditor.get(HERE)).text, (await auditor.get(f"{HERE}/export")).text]
    for secret in (
        code,
        codes.text(filed.number),
        str(filed.number),
        "مریم",
        "maryam@",
        "9000001234",
        "1234",
    ):
        assert not any(secret in text for text in texts), secret
    assert "Was refused a page" in texts[0]


async def test_an_export_needs_a_fresh_proof_and_is_itself_audited(auditor):
    await many(3)
    rows = rows_of(await auditor.get(f"{HERE}/export?action=signed_out"))
    assert len(rows) == 3
    entry = await AuditEntry.select().where(AuditEntry.action == "audit_exported").output(load_json=True)
    assert [(row["actor"], row["data"]) for row in entry] == [(auditor.account.id, {"filters": ["action"]})]
    await Session.update({Session.proved_at: datetime.now(UTC) - sessions.FRESH}, force=True)
    assert (await auditor.get(f"{HERE}/export")).status_code != 200
    assert await AuditEntry.count().where(AuditEntry.action == "audit_exported") == 1


async def test_a_long_export_comes_in_batches_and_whole(auditor, monkeypatch):
    monkeypatch.setattr(queries, "EXPORT_PAGE", 7)
    await many(50)
    rows = rows_of(await auditor.get(f"{HERE}/export?action=signed_out"))
    assert [row[5] for row in rows] == [f"/page/{n}" for n in reversed(range(50))]


@pytest.mark.parametrize(
    "start", ["=", "+", "-", "@", "\t", "\r", "\0=", "＝", "＋", "－", "＠", " =", "\u200e="]
)
def test_s33_no_cell_of_a_file_is_a_formula(start):
    (cells,) = csv.reader(io.StringIO(line([f"{start}1+1", "plain", None, 'a "b", c'])))
    assert cells[0].startswith("'")
    assert cells[1:] == ["plain", "", 'a "b", c']


def test_every_event_of_a_case_and_every_role_has_words():
    kinds = {kind for kind, _ in rules.MOVES} | set(rules.FIRST)
    assert {f"case_{kind}" for kind in kinds} <= set(audit.ACTIONS)
    assert set(roles.LABELS) == sessions.ROLES


async def test_a_page_costs_the_same_queries_however_many_entries_it_has(auditor, monkeypatch):
    asked = []
    run = AuditEntry.raw
    monkeypatch.setattr(AuditEntry, "raw", lambda *given: asked.append(given) or run(*given))
    await many(40)
    asked.clear()
    await queries.entries(Filters(), reader=NOBODY)
    assert len(asked) == 1

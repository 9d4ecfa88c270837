"""What an entry says besides: in the reader's words, with the names of what it is about."""

from __future__ import annotations

import ast
from pathlib import Path
from uuid import uuid4

import pytest

from db.services import Agency, Unit
from portal import audit
from portal.audit_log import details, queries
from portal.audit_log.queries import Filters
from portal.services import agency_actions
from portal.services.agency_actions import AgencyDraft, UnitDraft
from tests.cases.factories import NOBODY
from tests.conftest import NOON

HERE = "/admin/audit"
PORTAL = Path(__file__).parents[2] / "portal"


def keys_said() -> set[str]:
    """The names in every ``data={…}`` that the code gives to the log."""
    said: set[str] = set()
    for path in PORTAL.rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.Call) and ast.unparse(call.func) in ("audit.append", "audit.values"):
                given = [word.value for word in call.keywords if word.arg == "data"]
                dicts = [one for value in given for one in ast.walk(value) if isinstance(one, ast.Dict)]
                said |= {key.value for one in dicts for key in one.keys if isinstance(key, ast.Constant)}
    return said


def test_every_name_that_an_entry_may_hold_has_words():
    assert {"role", "kind", "filters", "sessions"} <= keys_said()
    drafts = {*AgencyDraft.__struct_fields__, *UnitDraft.__struct_fields__}
    assert keys_said() | drafts | {"account", "evidence", "factor", "tier"} <= set(details.NAMES)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"role": "manager"}, [("نقش", "مدیر خدمات")]),
        ({"kind": "passkey", "factor": "01a1fd4b-46e4-7d9e-bb54-77a8c40cdbb7"}, ["کلید عبور", "c40cdbb7"]),
        ({"remove_factors": True, "account": None}, [("حذف گام دوم", "بله")]),
        ({"sessions": 3}, [("نشست‌های پایان‌یافته", "۳")]),
        ({"old": {"phone": "021"}}, [("پیش از آن: تلفن", "021")]),
        ({"filters": ["from", "to"]}, None),
        ({"later": "version"}, [("later", "version")]),
    ],
)
def test_data_is_said_in_the_readers_words(data, words):
    said = list(details.in_words(data, {}))
    if words and isinstance(words[0], str):
        assert [value for _name, value in said] == words
    elif words:
        assert said == words
    else:
        assert said[0][1].count(" · ") == 1
        assert not said[0][1].isascii()


async def test_agencies_and_units_are_named_and_linked(admin):
    await agency_actions.add_agency("a", AgencyDraft(name_fa="سازمان نمونه", name_en="A"), now=NOON)
    page = (await admin.get(HERE)).text
    assert "سازمان نمونه" in page
    assert "/admin/agencies/a" in page
    await Agency.delete(force=True)
    assert "/admin/agencies/a" not in (await admin.get(HERE)).text


async def test_an_account_in_the_data_is_named(admin, clerk):
    await audit.append("invited", object="reset:123456", data={"account": str(clerk.account.id)}, now=NOON)
    page = (await admin.get("/en/admin/audit?action=invited")).text
    assert "clerk" in page
    assert str(clerk.account.id) not in page
    assert "/en/admin/resets/123456" in page


async def test_names_cost_three_queries_at_most(admin, monkeypatch):
    for _ in range(20):
        await audit.append("unit_added", object=f"unit:{uuid4()}", data={"slug": "u"}, now=NOON)
        await audit.append("agency_added", object=f"agency:{uuid4()}", data={"slug": "u"}, now=NOON)
    asked = []
    for table in (Agency, Unit):
        run = table.select
        monkeypatch.setattr(table, "select", lambda *given, run=run: asked.append(given) or run(*given))
    await queries.entries(Filters(), reader=NOBODY)
    assert len(asked) == 2

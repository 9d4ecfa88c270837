"""Each sign-in event, refusal and look at personal data leaves one row: who, what, when in UTC, from where (S51)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from db.audit import AuditEntry
from db.cases import AccessGrant
from db.outbox import OutboxMessage
from portal import codes
from portal.accounts.actions import make_account
from portal.cases import access
from portal.cases.queries import files_of
from portal.security import misses
from tests.cases.factories import BROWSER
from tests.cases.visitors import FILE, filed_now, path_of
from tests.support.browser import Browser, client_of, signed_in

PHRASE = "صبح بارانی ۱۴۰۵ کتابخانه"
SIGN_IN, SIGN_OUT = "/en/accounts/sign-in", "/en/accounts/sign-out"
Deed = Callable[[Browser, "Scene"], Awaitable[Any]]


class Scene:
    """A case with one file, and one browser for each kind of visitor; ``filer`` has the key of who filed it."""

    def __init__(self, people: dict[str, Browser], filed: Any, file_id: Any, key: bytes) -> None:
        self.people, self.case_id, self.file_id, self.key = people, filed.case_id, file_id, key
        self.code = codes.show_text(filed.number)
        self.case, self.desk = path_of(filed), f"/en/desk/cases/{self.code}"
        self.about = {"case": f"case:{filed.case_id}", "nothing": ""}


@pytest_asyncio.fixture
async def scene(browser, stranger, clerk, admin, application, settings, monkeypatch):
    monkeypatch.setattr(misses, "_memory", misses._Memory())
    filed = await filed_now(settings, files=(FILE,))
    stored = settings.uploads_dir / FILE.stored_as[:2] / FILE.stored_as
    stored.parent.mkdir(parents=True, exist_ok=True)
    stored.write_bytes(b"%PDF-1.7\n")
    known = await make_account(
        "known", display_name="Known", role="citizen", password=PHRASE, now=datetime.now(UTC)
    )
    stranger.client.cookies.set("keys", BROWSER)
    async with client_of(application) as client:
        citizen = await signed_in(client, "somebody", "citizen")
        people = {"guest": browser, "filer": stranger, "staff": clerk, "admin": admin, "citizen": citizen}
        (file,) = await files_of(filed.case_id)
        made = Scene(people, filed, file.id, settings.secret_key)
        made.about["known"] = f"account:{known}"
        yield made


def opens(path: str) -> Deed:
    async def open_it(who: Browser, scene: Scene) -> None:
        await who.get(path.format(case=scene.case, desk=scene.desk, file=scene.file_id))

    return open_it


def sends(page: str, to: str, **fields: Any) -> Deed:
    async def send(who: Browser, scene: Scene) -> None:
        places = {"case": scene.case, "desk": scene.desk}
        await who.submit(page.format(**places), fields, to=to.format(**places))

    return send


def by_link(key: str = "") -> Deed:
    async def follow(who: Browser, scene: Scene) -> None:
        token = key or await access.new_link(scene.key, scene.case_id, now=datetime.now(UTC))
        await who.get(f"{scene.case}?key={token}")

    return follow


async def types_passcode(who: Browser, scene: Scene) -> None:
    grant = await AccessGrant.objects().get(
        (AccessGrant.case == scene.case_id) & (AccessGrant.kind == "passcode")
    )
    await sends("{case}", "{case}/unlock", passcode=access.passcode(scene.key, grant.id))(who, scene)


async def opens_message(who: Browser, scene: Scene) -> None:
    message = await OutboxMessage.objects().first()
    scene.about["message"] = f"message:{message.id}"
    await who.get(f"/en/admin/mail/{message.id}")


TABLE: list[tuple[str, Deed, list[tuple[str, str]]]] = [
    # who, what they do, the rows it leaves: action and object
    ("guest", sends(SIGN_IN, SIGN_IN, username="known", password=PHRASE), [("signed_in", "nothing")]),
    ("guest", sends(SIGN_IN, SIGN_IN, username="known", password="wrong"), [("sign_in_failed", "known")]),
    ("guest", sends(SIGN_IN, SIGN_IN, username="nobody", password="wrong"), [("sign_in_failed", "nothing")]),
    ("staff", sends("/en/track", SIGN_OUT), [("signed_out", "nothing")]),
    ("citizen", opens("/en/desk"), [("denied", "/desk")]),
    ("citizen", opens("{desk}"), [("denied", "/desk/cases/{code}")]),
    ("citizen", opens("/en/admin/audit"), [("denied", "/admin/audit")]),
    ("staff", opens("/en/admin/mail"), [("denied", "/admin/mail")]),
    ("staff", opens("{desk}"), [("case_viewed", "case")]),
    ("staff", opens("{desk}/slip"), [("case_viewed", "case")]),
    ("staff", opens("{desk}/files/{file}"), [("file_fetched", "case")]),
    ("staff", sends("{desk}", "{desk}/take"), [("case_viewed", "case"), ("case_taken", "case")]),
    ("staff", sends("{desk}", "{desk}/answer", body=""), [("case_viewed", "case")] * 2),
    (
        "staff",
        sends("{desk}", "{desk}/passcode", proof="Knew it all.", sure="yes"),
        [("case_viewed", "case"), ("case_passcode", "case")],
    ),
    ("guest", opens("{case}"), []),
    ("filer", opens("{case}"), [("case_viewed", "case")]),
    ("filer", opens("{case}/receipt"), [("case_viewed", "case")]),
    ("filer", opens("{case}/files/{file}"), [("file_fetched", "case")]),
    (
        "filer",
        sends("{case}", "{case}/reply", body="More."),
        [("case_viewed", "case"), ("case_replied", "case")],
    ),
    ("guest", sends("{case}", "{case}/unlock", passcode="0000 0000"), [("unlock_failed", "case")]),
    ("guest", sends("{case}", "{case}/unlock", proof="0000"), [("unlock_failed", "case")]),
    ("guest", sends("{case}", "{case}/unlock", proof="1234"), [("case_unlocked", "case")]),
    ("guest", types_passcode, [("case_unlocked", "case")]),
    ("guest", by_link(), [("case_unlocked", "case")]),
    ("guest", by_link("x" * 22), [("unlock_failed", "case")]),
    ("admin", opens("/en/admin/mail"), [("mail_viewed", "nothing")]),
    ("admin", opens_message, [("mail_viewed", "message")]),
    ("admin", opens("/en/admin/audit/export"), [("audit_exported", "nothing")]),
]


@pytest.mark.parametrize("row", range(len(TABLE)), ids=lambda row: f"{TABLE[row][0]}-{row}")
async def test_s51_each_event_leaves_one_row_with_who_what_when_and_where(scene, row):
    who, deed, expected = TABLE[row]
    visitor = scene.people[who]
    before = await AuditEntry.count()
    await deed(visitor, scene)
    rows = await AuditEntry.select().order_by(AuditEntry.id).offset(before)
    assert [(one["action"], one["object"]) for one in rows] == [
        (action, scene.about.get(about, about)) for action, about in expected
    ]
    for one in rows:
        if one["action"] != "signed_in":
            role = visitor.account.role if visitor.account else "guest"
            assert (one["actor"], one["role"]) == (visitor.account and visitor.account.id, role)
        assert one["address"] == "127.0.0.1"
        assert one["at"].utcoffset() == timedelta(0)
        assert abs(datetime.now(UTC) - one["at"]) < timedelta(minutes=1)


async def test_s51_a_sign_in_names_the_account_that_came_in(scene):
    await scene.people["guest"].submit(SIGN_IN, {"username": "known", "password": PHRASE})
    row = await AuditEntry.select().order_by(AuditEntry.id, ascending=False).first()
    assert (f"account:{row['actor']}", row["role"]) == (scene.about["known"], "citizen")

"""What a site admin chooses in the browser."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from db.accounts import Account
from db.audit import AuditEntry
from db.people import Setting
from db.services import Unit
from portal import place
from portal.errors import BadRequest, Conflict
from portal.services.actions import load_samples
from tests.conftest import NOON, OPENED

ROOT = Path(__file__).parent.parent


async def an_admin() -> Account:
    account = Account(
        username="chief", display_name="Chief", role="admin", password_hash="!", created_at=NOON
    )
    await account.save()
    return account


async def change(key, value) -> bool:
    return await place.change(key, value, by=None, now=NOON)


async def logged() -> list[tuple]:
    rows = await AuditEntry.select(AuditEntry.object, AuditEntry.data).where(
        AuditEntry.action == "setting_changed"
    )
    return [(row["object"], msgspec.json.decode(row["data"])) for row in rows]


@pytest.mark.parametrize("choice", place.CHOICES.values(), ids=lambda choice: choice.key)
def test_every_default_is_within_its_own_limits(choice):
    assert choice.takes(choice.default)
    assert len(choice.key) <= 60


@pytest.mark.parametrize("key", place.CHOICES)
def test_operators_can_read_of_every_choice(key):
    assert f"`{key}`" in (ROOT / "docs" / "operators.md").read_text()


async def test_without_a_choice_the_code_says_what_holds(db):
    assert await place.get("reset_approvers") == 1
    assert await place.get("sign_up_open") is True
    assert await place.get("reset_contact_phone") == ""


async def test_the_first_unit_is_called_until_somebody_chooses(db):
    await load_samples(OPENED)
    first = await Unit.objects().order_by(Unit.id).first()
    assert await place.get("reset_contact_phone") == first.phone
    assert await place.get("reset_contact_name_fa") == first.name_fa
    await change("reset_contact_phone", "02137000000")
    assert await place.get("reset_contact_phone") == "02137000000"


async def test_a_change_holds_at_once_and_says_who_made_it(db):
    admin = await an_admin()
    assert await place.get("sign_up_open") is True
    assert await place.change("sign_up_open", False, by=admin.id, now=NOON)
    assert await place.get("sign_up_open") is False
    chosen = next(one for one in await place.choices() if one.choice.key == "sign_up_open")
    assert (chosen.value, chosen.by, chosen.at) == (False, "Chief", NOON)


async def test_the_log_has_the_old_and_the_new_value(db):
    await change("reset_approvers", 2)
    assert await logged() == [("setting:reset_approvers", {"old": 1, "new": 2})]


async def test_choosing_what_already_holds_changes_nothing(db):
    assert not await change("reset_approvers", 1)
    assert not await change("reset_contact_hours_en", "")
    assert await logged() == []
    assert await Setting.count() == 0


async def test_an_empty_text_goes_back_to_the_default(db):
    usual = await place.get("reset_contact_hours_en")
    await change("reset_contact_hours_en", "Mornings")
    await change("reset_contact_hours_en", "")
    assert await place.get("reset_contact_hours_en") == usual


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("reset_approvers", 0),
        ("reset_approvers", 3),
        ("reset_approvers", True),
        ("reset_approvers", "2"),
        ("sign_up_open", 1),
        ("reset_contact_phone", 21),
        ("reset_contact_name_fa", "ن" * 121),
    ],
)
async def test_a_value_beyond_the_limits_is_refused(db, key, value):
    with pytest.raises(BadRequest):
        await change(key, value)
    assert await Setting.count() == 0


async def test_a_stored_value_that_no_longer_fits_counts_as_none(db):
    await Setting.insert(Setting(key="reset_approvers", value="9", at=NOON))
    assert await place.get("reset_approvers") == 1


async def test_an_unknown_key_is_a_mistake_of_ours(db):
    with pytest.raises(KeyError):
        await place.get("reset_aprovers")
    with pytest.raises(KeyError):
        await change("reset_aprovers", 1)


async def test_a_choice_is_remembered_for_a_moment(db, monkeypatch):
    assert await place.get("reset_approvers") == 1
    await Setting.insert(Setting(key="reset_approvers", value="2", at=NOON))
    assert await place.get("reset_approvers") == 1
    monkeypatch.setattr(place, "REMEMBER", -1.0)
    assert await place.get("reset_approvers") == 2


async def test_who_saw_older_settings_overwrites_nothing(db):
    seen = place.version(await place.choices())
    await change("reset_approvers", 2)
    with pytest.raises(Conflict):
        await place.change_all({"sign_up_open": False}, seen=seen, by=None, now=NOON)
    assert await place.get("sign_up_open") is True


async def test_of_two_who_save_the_same_page_at_once_one_is_told(committed):
    seen = place.version(await place.choices())
    saves = [
        place.change_all({"reset_contact_name_en": name}, seen=seen, by=None, now=NOON)
        for name in ("Help desk", "Reception")
    ]
    ended = await asyncio.gather(*saves, return_exceptions=True)
    assert sorted(type(end).__name__ for end in ended) == ["Conflict", "list"]

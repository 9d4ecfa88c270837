"""What was typed and not sent is kept for its person."""

from __future__ import annotations

from datetime import timedelta

from db.accounts import Account
from portal.accounts import drafts
from tests.conftest import NOON


async def somebody(username="maryam"):
    account = Account(
        username=username, display_name=username, role="citizen", password_hash="!", created_at=NOON
    )
    await account.save()
    return account.id


async def test_the_newest_save_of_a_form_counts(db):
    maryam = await somebody()
    await drafts.save(maryam, "/a", {"body": ["first"]}, now=NOON)
    await drafts.save(maryam, "/a", {"body": ["second"]}, now=NOON + timedelta(minutes=1))
    found = await drafts.drafts_of(maryam, now=NOON)
    assert [(d.form, d.data) for d in found] == [("/a", {"body": ["second"]})]


async def test_drafts_are_their_owners_only(db):
    maryam, other = await somebody(), await somebody("other")
    await drafts.save(maryam, "/a", {"body": ["mine"]}, now=NOON)
    assert await drafts.draft_of(other, "/a", now=NOON) is None
    await drafts.forget(other, "/a")
    assert await drafts.draft_of(maryam, "/a", now=NOON) is not None


async def test_a_draft_ends_after_a_month(db):
    maryam = await somebody()
    await drafts.save(maryam, "/a", {"body": ["old"]}, now=NOON)
    late = NOON + timedelta(days=31)
    assert await drafts.draft_of(maryam, "/a", now=late) is None
    await drafts.forget_ended(late)
    assert await drafts.drafts_of(maryam, now=NOON) == []


async def test_the_oldest_drafts_make_room(db):
    maryam = await somebody()
    for n in range(drafts.MOST + 2):
        await drafts.save(maryam, f"/{n}", {}, now=NOON + timedelta(seconds=n))
    found = await drafts.drafts_of(maryam, now=NOON)
    assert (len(found), found[-1].form) == (drafts.MOST, "/2")


async def test_a_flood_of_words_is_not_kept(db):
    maryam = await somebody()
    assert not await drafts.save(maryam, "/a", {"body": ["x" * drafts.LONGEST]}, now=NOON)
    assert await drafts.drafts_of(maryam, now=NOON) == []

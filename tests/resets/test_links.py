"""Invitations and recovery links: good once, for a day, and nowhere written down."""

from __future__ import annotations

from datetime import timedelta

import pytest

from db.accounts import Account, ContactPoint, Session
from db.outbox import OutboxMessage
from db.resets import ResetRequest
from portal import smtp
from portal.accounts.actions import WrongPassword, make_account, sign_in
from portal.accounts.new_password import WeakPassword
from portal.errors import BadRequest, Conflict, NotFound
from portal.resets import halves, mails
from portal.resets.links import LASTS, invite, make_admin, recover, set_by_link
from portal.resets.requests import Ended
from portal.security import passwords
from tests.conftest import NOON
from tests.resets.people import NEW_PHRASE, PHRASE, person

HOME = "192.0.2.7"


@pytest.fixture
async def chief(db):
    return await person("chief", "admin", mails=("chief@agency.example",))


@pytest.fixture
async def maryam(chief):
    account = await make_account("maryam", display_name="Maryam", role="staff", password=None, now=NOON)
    await ContactPoint(account=account, kind="email", value="maryam@agency.example", changed_at=NOON).save()
    return account


async def mail_of(template):
    query = OutboxMessage.objects().where(OutboxMessage.template == template)
    return await query.order_by(OutboxMessage.id, ascending=False).first().output(load_json=True)


async def link_in_mail(settings, *, now=NOON):
    shown = await mails.prepared(await mail_of(mails.INVITED), settings, now=now)
    return shown["link"].partition("key=")[2]


async def can_sign_in(username, password, *, now=NOON):
    try:
        return bool(await sign_in(username, password, device="", address=HOME, now=now))
    except WrongPassword:
        return False


async def test_an_invited_person_sets_the_password_with_the_mailed_link(maryam, chief, settings):
    await invite(maryam, by=chief, now=NOON)
    assert not await can_sign_in("maryam", "")
    await set_by_link(await link_in_mail(settings), NEW_PHRASE, keys=settings.keys, now=NOON)
    assert await can_sign_in("maryam", NEW_PHRASE)
    assert (await mail_of("resets/mail/changed")).recipient == "maryam@agency.example"


async def test_a_link_is_good_once(maryam, chief, settings):
    await invite(maryam, by=chief, now=NOON)
    link = await link_in_mail(settings)
    await set_by_link(link, NEW_PHRASE, keys=settings.keys, now=NOON)
    with pytest.raises(NotFound):
        await set_by_link(link, PHRASE, keys=settings.keys, now=NOON)
    assert await can_sign_in("maryam", NEW_PHRASE)


async def test_a_link_is_good_for_a_day(maryam, chief, settings):
    await invite(maryam, by=chief, now=NOON)
    link = await link_in_mail(settings)
    with pytest.raises(NotFound):
        await set_by_link(link, NEW_PHRASE, keys=settings.keys, now=NOON + LASTS)


async def test_a_second_invitation_makes_the_first_void(maryam, chief, settings):
    await invite(maryam, by=chief, now=NOON)
    first = await link_in_mail(settings)
    await invite(maryam, by=chief, now=NOON)
    with pytest.raises(NotFound):
        await set_by_link(first, NEW_PHRASE, keys=settings.keys, now=NOON)


async def test_a_mail_of_a_void_invitation_is_not_sent(maryam, chief, settings):
    await invite(maryam, by=chief, now=NOON)
    message = await mail_of(mails.INVITED)
    await invite(maryam, by=chief, now=NOON)
    with pytest.raises(smtp.Permanent):
        await mails.prepared(message, settings, now=NOON)


async def test_the_link_stands_nowhere_in_the_database(maryam, chief, settings):
    await invite(maryam, by=chief, now=NOON)
    secret = (await link_in_mail(settings)).partition(".")[2]
    for table in (OutboxMessage, ResetRequest):
        assert secret not in str(await table.select())


async def test_a_link_is_no_half_of_a_reset(maryam, chief, settings):
    await invite(maryam, by=chief, now=NOON)
    no, secret = halves.read_held(await link_in_mail(settings))
    kept = (await ResetRequest.select().where(ResetRequest.no == no).first())["a_hmac"]
    assert kept != halves.digest(settings.secret_key, halves.BROWSER, secret)


async def test_an_invitation_needs_an_address_and_an_active_account(maryam, chief):
    await ContactPoint.delete(force=True)
    with pytest.raises(BadRequest):
        await invite(maryam, by=chief, now=NOON)
    await Account.update({Account.state: "locked"}).where(Account.id == maryam)
    with pytest.raises(NotFound):
        await invite(maryam, by=chief, now=NOON)


async def test_recovery_keeps_the_old_password_until_the_link_is_used(chief, settings):
    link = (await recover("Chief", settings=settings, now=NOON)).partition("key=")[2]
    assert await can_sign_in("chief", PHRASE)
    await set_by_link(link, NEW_PHRASE, keys=settings.keys, now=NOON)
    assert not await can_sign_in("chief", PHRASE)
    assert await Session.count() == 0
    assert (await mail_of("resets/mail/recovery")).recipient == "chief@agency.example"


async def test_recovery_of_nobody_says_so(chief, settings):
    with pytest.raises(NotFound):
        await recover("nobody", settings=settings, now=NOON)


@pytest.mark.parametrize("password", ["short", "chiefchiefchiefchief", PHRASE])
async def test_a_refused_password_leaves_the_link_good(chief, settings, password):
    link = (await recover("chief", settings=settings, now=NOON)).partition("key=")[2]
    with pytest.raises(WeakPassword):
        await set_by_link(link, password, keys=settings.keys, now=NOON)
    await set_by_link(link, NEW_PHRASE, keys=settings.keys, now=NOON)


async def test_a_link_used_meanwhile_changes_nothing(chief, settings):
    from portal.resets import requests

    link = (await recover("chief", settings=settings, now=NOON)).partition("key=")[2]
    seen = await requests.by_secret(link, place=halves.LINK, keys=settings.keys)
    await set_by_link(link, NEW_PHRASE, keys=settings.keys, now=NOON)
    with pytest.raises(Ended):
        await requests.finish(seen, await passwords.hash_password("another one entirely"), now=NOON)
    assert await can_sign_in("chief", NEW_PHRASE)


async def test_the_first_admin_gets_a_link_and_again_until_it_is_used(db, settings):
    first = await make_admin("boss", display_name="Boss", settings=settings, now=NOON)
    second = await make_admin("boss", display_name="Boss", settings=settings, now=NOON)
    with pytest.raises(NotFound):
        await set_by_link(first.partition("key=")[2], NEW_PHRASE, keys=settings.keys, now=NOON)
    await set_by_link(second.partition("key=")[2], NEW_PHRASE, keys=settings.keys, now=NOON)
    with pytest.raises(Conflict):
        await make_admin("boss", display_name="Boss", settings=settings, now=NOON + timedelta(days=1))


async def test_an_account_of_another_role_does_not_become_admin(db, settings):
    await person("maryam", "citizen")
    with pytest.raises(Conflict):
        await make_admin("maryam", display_name="Maryam", settings=settings, now=NOON)

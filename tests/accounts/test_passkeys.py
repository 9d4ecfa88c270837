"""Passkeys, with a software device: made for us, answered in the session that was asked, and never twice."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from db.factors import SecondFactor
from portal.accounts.actions import sign_in
from portal.accounts.factor_actions import WrongCode, add_passkey
from portal.accounts.factor_queries import factors_of
from portal.accounts.proof_actions import Given, complete_sign_in
from portal.errors import Conflict
from portal.security import passkeys
from portal.security.passkeys import Ceremony
from portal.security.sessions import account_of, pending_of
from tests.accounts.holders import PHRASE, Device, new_person

NOON = datetime(2026, 3, 21, 12, tzinfo=UTC)
KEY = b"k" * 32
BASE = "http://localhost:8000"
HERE = Ceremony([KEY], BASE, "the session")


def asked_to_register(account, *, at=HERE, known=(), now=NOON):
    return passkeys.registration_options(
        at, account=account, username="maryam", display_name="مریم", known=known, now=now
    )


async def new_passkey(account, device, *, name="Stick", at=HERE, now=NOON):
    return await add_passkey(
        account, device.register(asked_to_register(account, now=now)), name=name, at=at, now=now
    )


async def waiting():
    """The ceremony of somebody whose password was right."""
    token = await sign_in("maryam", PHRASE, device="", address="192.0.2.7", now=NOON)
    return Ceremony([KEY], BASE, token)


def asked_to_sign(at, device, *, now=NOON):
    return passkeys.sign_in_options(
        at, known=[json.loads(device.register('{"challenge": "AA"}'))["id"]], now=now
    )


async def answer(at, given, *, now=NOON):
    return await complete_sign_in(await pending_of(at.session, now), Given(answer=given), at=at, now=now)


@pytest.fixture
async def maryam(db):
    return await new_person("maryam", "staff", now=NOON)


@pytest.fixture
async def device(maryam):
    """The one passkey of Maryam."""
    made = Device()
    assert len(await new_passkey(maryam, made)) == 10
    return made


async def test_a_passkey_signs_in(maryam, device):
    at = await waiting()
    token = await answer(at, device.sign(asked_to_sign(at, device)))
    assert (await account_of(token, NOON)).account_id == maryam
    assert (await factors_of(maryam))[0].used_at == NOON


async def test_several_passkeys_have_names(maryam, device):
    await new_passkey(maryam, Device(), name="گوشی")
    assert [one.name for one in await factors_of(maryam)] == ["Stick", "گوشی"]


async def test_the_browser_is_told_which_passkeys_exist(maryam, device):
    (known,) = [one.credential_id for one in await factors_of(maryam)]
    options = json.loads(asked_to_register(maryam, known=[known]))
    assert [one["id"] for one in options["excludeCredentials"]] == [known]
    assert options["rp"]["id"] == "localhost"


async def test_a_passkey_is_registered_once(maryam, device):
    with pytest.raises(Conflict):
        await new_passkey(maryam, device)
    assert await SecondFactor.count() == 1


async def test_s47_an_answer_does_not_work_twice(maryam, device):
    at = await waiting()
    given = device.sign(asked_to_sign(at, device))
    assert await answer(at, given)
    again = await waiting()
    with pytest.raises(WrongCode):
        await answer(again, given)


@pytest.mark.parametrize("counter", [1, 5])
async def test_a_counter_that_does_not_grow_is_a_copy(maryam, device, counter):
    device.counter = 4
    at = await waiting()
    assert await answer(at, device.sign(asked_to_sign(at, device)))  # 5
    device.counter, at = counter - 1, await waiting()
    with pytest.raises(WrongCode):
        await answer(at, device.sign(asked_to_sign(at, device)))


async def test_another_session_cannot_use_the_answer(maryam, device):
    at, elsewhere = await waiting(), await waiting()
    with pytest.raises(WrongCode):
        await answer(elsewhere, device.sign(asked_to_sign(at, device)))


async def test_an_old_question_is_answered_in_vain(maryam, device):
    at = await waiting()
    given = device.sign(asked_to_sign(at, device, now=NOON - timedelta(minutes=16)))
    with pytest.raises(WrongCode):
        await answer(at, given)


async def test_a_look_alike_site_gets_nothing_we_take(maryam, device):
    device.origin = "http://localhost.evil.example:8000"
    at = await waiting()
    with pytest.raises(WrongCode):
        await answer(at, device.sign(asked_to_sign(at, device)))
    device.origin, device.host = BASE, "evil.example"
    with pytest.raises(WrongCode):
        await answer(at, device.sign(asked_to_sign(at, device)))


async def test_a_device_of_nobody_or_of_somebody_else_is_refused(maryam, device):
    other = await new_person("other", "staff", now=NOON)
    theirs = Device()
    await new_passkey(other, theirs)
    at = await waiting()
    for stranger in (Device(), theirs):
        with pytest.raises(WrongCode):
            await answer(at, stranger.sign(asked_to_sign(at, stranger)))


@pytest.mark.parametrize("origin", ["http://localhost:9000", "https://localhost:8000", "null"])
async def test_a_passkey_made_elsewhere_is_not_registered(maryam, origin):
    with pytest.raises(WrongCode):
        await new_passkey(maryam, Device(origin=origin))


@pytest.mark.parametrize(
    "broken",
    [
        "",
        "{}",
        "[]",
        "null",
        "\ud800",
        "\0",
        "x" * 30_000,
        '{"id": 1}',
        '{"id": "a", "rawId": "a", "type": "public-key", "response": {}}',
        '{"id": "a", "rawId": "a", "type": "public-key", "response": {"clientDataJSON": "!"}}',
        '{"id": "a", "rawId": "a", "type": "public-key", "response": {"clientDataJSON": "e30"}}',
        '{"id": "a", "response": {"clientDataJSON": "eyJ0eXBlIjoxLCJjaGFsbGVuZ2UiOiJBQSJ9"}}',
    ],
)
async def test_what_no_device_says_is_refused_kindly(maryam, device, broken):
    with pytest.raises(WrongCode):
        await add_passkey(maryam, broken, name="x", at=HERE, now=NOON)
    at = await waiting()
    with pytest.raises(WrongCode):
        await complete_sign_in(
            await pending_of(at.session, NOON), Given(answer=broken or " "), at=at, now=NOON
        )


async def test_a_genuine_answer_with_one_part_broken_is_refused(maryam, device):
    at = await waiting()
    given = json.loads(device.sign(asked_to_sign(at, device)))
    for part in given["response"]:
        for value in ("", "AAAA", given["response"][part][:-4], None, 7):
            broken = {**given, "response": {**given["response"], part: value}}
            with pytest.raises(WrongCode):
                await answer(at, json.dumps(broken))
    assert await answer(at, json.dumps(given))


async def test_a_genuine_registration_with_one_part_broken_is_refused(maryam):
    given = json.loads(Device().register(asked_to_register(maryam)))
    for part in given["response"]:
        for value in ("", "AAAA", given["response"][part][:-4], None, 7):
            broken = {**given, "response": {**given["response"], part: value}}
            with pytest.raises(WrongCode):
                await add_passkey(maryam, json.dumps(broken), name="x", at=HERE, now=NOON)
    assert await SecondFactor.count() == 0

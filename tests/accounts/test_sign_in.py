"""Signing in: the right password opens, wrong ones cost time, and a stranger shuts nobody out."""

import asyncio
import statistics
import time
from datetime import UTC, datetime, timedelta

import pytest
from argon2 import PasswordHasher

from db.accounts import Account, Session
from db.throttle import Throttle
from portal.accounts.actions import WrongPassword, make_account, sign_in
from portal.errors import BadRequest, Conflict, TooMany
from portal.security.sessions import account_of
from portal.security.usernames import username_key

NOON = datetime(2026, 3, 21, 12, tzinfo=UTC)
PHRASE = "صبح بارانی ۱۴۰۵ کتابخانه"
HOME, ELSEWHERE = "192.0.2.7", "198.51.100.1"


@pytest.fixture
async def maryam(db):
    return await new_account()


async def new_account(username="maryam", role="citizen"):
    return await make_account(username, display_name="مریم", role=role, password=PHRASE, now=NOON)


async def come_in(username="maryam", password=PHRASE, *, address=HOME, now=NOON):
    return await sign_in(username, password, device="Firefox", address=address, now=now)


async def guess(n, username="maryam", *, address=ELSEWHERE, now=NOON):
    """How each of ``n`` wrong tries was answered."""
    return [await refused(username, address, now) for _ in range(n)]


async def refused(username, address, now):
    with pytest.raises((WrongPassword, TooMany)) as refusal:
        await come_in(username, "not the right password", address=address, now=now)
    return refusal.type


async def test_the_right_password_opens_a_session(maryam):
    who = await account_of(await come_in(), NOON)
    assert who.account_id == maryam
    assert (await Session.select(Session.device).first())["device"] == "Firefox"


@pytest.mark.parametrize("typed", [" Maryam ", "MARYAM", "ｍａｒｙａｍ"])
async def test_a_user_name_survives_capitals_and_keyboards(maryam, typed):
    assert await come_in(typed)


def test_a_persian_user_name_is_one_on_every_keyboard():
    assert username_key("كاربر ي١") == username_key("کاربر ی۱") == "کاربر ی1"


async def test_wrong_password_unknown_name_and_locked_account_are_answered_alike(maryam):
    answers = set()
    for username, password in [("maryam", "wrong wrong wrong"), ("nobody", PHRASE)]:
        with pytest.raises(WrongPassword) as refusal:
            await come_in(username, password)
        answers.add(str(refusal.value))
    await Account.update({Account.state: "locked"}, force=True)
    with pytest.raises(WrongPassword) as refusal:
        await come_in()
    answers.add(str(refusal.value))
    assert len(answers) == 1
    assert await Session.count() == 0


async def test_an_unknown_name_takes_as_long(full_price, maryam):
    async def seconds(username, n):
        began = time.process_time()
        await refused(username, f"10.0.{n}.1", NOON + timedelta(hours=n))
        return time.process_time() - began

    pairs = [(await seconds("maryam", n), await seconds("nobody", n)) for n in range(9)]
    known, unknown = (statistics.median(side) for side in zip(*pairs, strict=True))
    assert 0.6 < known / unknown < 1.7


async def test_the_sixth_wrong_try_waits(maryam):
    assert await guess(6) == [WrongPassword] * 5 + [TooMany]
    with pytest.raises(TooMany) as refusal:
        await come_in(address=ELSEWHERE)
    assert refusal.value.retry_after == 30
    assert await come_in(address=ELSEWHERE, now=NOON + timedelta(seconds=30))


async def test_an_unknown_name_waits_alike(db):
    assert await guess(6, "nobody") == [WrongPassword] * 5 + [TooMany]


async def test_another_address_does_not_help_the_guesser(maryam):
    for n in range(5):
        await guess(1, address=f"10.0.{n}.1")
    assert await guess(1, address="10.0.9.1") == [TooMany]


async def test_a_stranger_does_not_shut_out_the_owner(maryam):
    await come_in(now=NOON - timedelta(days=20))
    await guess(6)
    assert await come_in()


async def test_the_owners_sign_in_gives_the_stranger_no_new_tries(maryam):
    await come_in(now=NOON - timedelta(days=1))
    await guess(5)
    await come_in()
    assert await guess(1) == [TooMany]


async def test_wrong_tries_at_a_known_place_wait_too(maryam):
    await come_in()
    assert await guess(6, address=HOME) == [WrongPassword] * 5 + [TooMany]


async def test_the_right_password_makes_tries_free_again(maryam):
    await guess(4, address=HOME)
    await come_in()
    assert await guess(5, address=HOME) == [WrongPassword] * 5


async def test_one_address_has_thirty_wrong_tries_in_ten_minutes(db):
    answers = [await refused(f"someone-{n}", HOME, NOON) for n in range(31)]
    assert answers == [WrongPassword] * 30 + [TooMany]
    assert await refused("another", ELSEWHERE, NOON) is WrongPassword
    assert await refused("another", HOME, NOON + timedelta(minutes=10)) is WrongPassword


async def test_right_passwords_of_one_office_are_not_counted(maryam):
    for _ in range(31):
        await come_in()


async def test_twenty_guesses_at_once_are_five(committed):
    await new_account()
    answers = await asyncio.gather(*(refused("maryam", ELSEWHERE, NOON) for _ in range(20)))
    assert answers.count(WrongPassword) == 5
    assert answers.count(TooMany) == 15


async def test_a_try_stays_counted_though_it_was_refused(committed):
    await new_account()
    await guess(1)
    assert await Throttle.exists().where(Throttle.key.like("sign-in:%"))


async def test_what_is_typed_as_user_name_is_not_kept(db):
    await guess(1, "my secret by mistake")
    assert not await Throttle.exists().where(Throttle.key.like("%secret%"))


async def test_a_cheap_hash_is_renewed_at_sign_in(full_price, maryam):
    cheap = PasswordHasher(memory_cost=19456, time_cost=2, parallelism=1).hash("صبح بارانی 1405 کتابخانه")
    await Account.update({Account.password_hash: cheap}, force=True)
    assert await come_in()
    assert "m=65536" in (await Account.select(Account.password_hash).first())["password_hash"]
    assert await come_in()


async def test_a_user_name_is_given_once(maryam):
    with pytest.raises(Conflict):
        await new_account("Maryam")


@pytest.mark.parametrize(
    ("username", "role", "password"),
    [
        ("a", "king", PHRASE),
        ("  ", "citizen", PHRASE),
        ("a" * 81, "citizen", PHRASE),
        ("a", "citizen", "short"),
    ],
)
async def test_an_account_needs_a_name_a_role_and_a_strong_password(db, username, role, password):
    with pytest.raises(BadRequest):
        await make_account(username, display_name="x", role=role, password=password, now=NOON)
    assert await Account.count() == 0

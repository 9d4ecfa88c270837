"""Second factors by their verbs: set up, used once, renamed, removed, replaced by recovery codes."""

from datetime import UTC, datetime, timedelta

import pytest

from db.accounts import Session
from db.audit import AuditEntry
from db.factors import RecoveryCode, SecondFactor
from portal.accounts import factor_actions, proof_actions
from portal.accounts.actions import WrongPassword, sign_in
from portal.accounts.factor_actions import WrongCode, begin_app, confirm_app
from portal.accounts.factor_queries import factors_of, recovery_codes_left, secret_of_new_app
from portal.accounts.proof_actions import Given, complete_sign_in
from portal.errors import Conflict, NotFound, TooMany
from portal.security import authenticator
from portal.security.passkeys import Ceremony
from portal.security.sessions import account_of, pending_of
from tests.accounts.holders import PHRASE, code_of, new_app, new_person

NOON = datetime(2026, 3, 21, 12, tzinfo=UTC)
KEY = b"k" * 32
STEP = timedelta(seconds=30)


@pytest.fixture
async def maryam(db):
    return await new_person("maryam", "staff", now=NOON)


async def come_in(code, *, now=NOON):
    """The token after both steps."""
    token = await sign_in("maryam", PHRASE, device="Firefox", address="192.0.2.7", now=now)
    return await complete_sign_in(
        await pending_of(token, now), Given(code=code), at=Ceremony([KEY], "http://localhost", token), now=now
    )


async def actions_logged():
    rows = await AuditEntry.select(AuditEntry.action).order_by(AuditEntry.id)
    return [row["action"] for row in rows]


async def test_the_key_of_an_app_is_kept_encrypted_for_its_account_only(maryam):
    secret, _codes = await new_app(maryam, KEY, now=NOON)
    kept = (await SecondFactor.select(SecondFactor.secret).first())["secret"]
    assert secret.encode() not in kept
    other = await new_person("other", "staff", now=NOON)
    assert authenticator.opened(kept, account=maryam, keys=[KEY]) == secret
    assert authenticator.opened(kept, account=other, keys=[KEY]) is None
    assert authenticator.opened(kept, account=maryam, keys=[b"x" * 32]) is None


async def test_an_app_counts_only_after_its_first_code(maryam):
    factor = await begin_app(maryam, key=KEY, now=NOON)
    assert await factors_of(maryam) == []
    with pytest.raises(WrongCode):
        await confirm_app(maryam, factor, "000000", name="Phone", keys=[KEY], now=NOON)
    secret = await secret_of_new_app(maryam, factor, keys=[KEY])
    await confirm_app(maryam, factor, code_of(secret, NOON), name="Phone", keys=[KEY], now=NOON)
    assert [one.name for one in await factors_of(maryam)] == ["Phone"]
    assert await secret_of_new_app(maryam, factor, keys=[KEY]) is None


async def test_an_app_that_was_begun_and_left_is_forgotten_at_the_next(maryam):
    first, second = [await begin_app(maryam, key=KEY, now=NOON) for _ in range(2)]
    assert await secret_of_new_app(maryam, first, keys=[KEY]) is None
    assert await secret_of_new_app(maryam, second, keys=[KEY])


async def test_nobody_confirms_the_app_of_somebody_else(maryam):
    other = await new_person("other", "staff", now=NOON)
    factor = await begin_app(maryam, key=KEY, now=NOON)
    secret = await secret_of_new_app(maryam, factor, keys=[KEY])
    with pytest.raises(NotFound):
        await confirm_app(other, factor, code_of(secret, NOON), name="Mine", keys=[KEY], now=NOON)


async def test_the_password_alone_opens_nothing(maryam):
    await new_app(maryam, KEY, now=NOON)
    token = await sign_in("maryam", PHRASE, device="", address="192.0.2.7", now=NOON)
    assert await account_of(token, NOON) is None
    assert (await pending_of(token, NOON)).account_id == maryam
    assert await pending_of(token, NOON + timedelta(minutes=10)) is None


async def test_s01_the_second_step_gives_the_session_a_new_id(maryam):
    secret, _codes = await new_app(maryam, KEY, now=NOON - 2 * STEP)
    token = await sign_in("maryam", PHRASE, device="", address="192.0.2.7", now=NOON)
    at = Ceremony([KEY], "http://localhost", token)
    whole = await complete_sign_in(
        await pending_of(token, NOON), Given(code=code_of(secret, NOON)), at=at, now=NOON
    )
    assert whole != token
    assert await Session.count() == 1
    assert await account_of(token, NOON) is None
    assert await pending_of(token, NOON) is None
    assert (await account_of(whole, NOON)).is_fresh


async def test_s47_the_same_code_does_not_work_twice(maryam):
    secret, _codes = await new_app(maryam, KEY, now=NOON - 3 * STEP)
    assert await come_in(code_of(secret, NOON))
    for now in (NOON, NOON + STEP):
        with pytest.raises(WrongCode):
            await come_in(code_of(secret, NOON), now=now)
    with pytest.raises(WrongCode):
        await come_in(code_of(secret, NOON - STEP))  # an older one neither
    assert await come_in(code_of(secret, NOON + STEP), now=NOON + STEP)


async def test_s47_the_code_that_set_the_app_up_signs_nobody_in(maryam):
    secret, _codes = await new_app(maryam, KEY, now=NOON)
    with pytest.raises(WrongCode):
        await come_in(code_of(secret, NOON))


@pytest.mark.parametrize(("steps", "right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
async def test_a_clock_may_be_half_a_minute_off(maryam, steps, right):
    secret, _codes = await new_app(maryam, KEY, now=NOON - timedelta(hours=1))
    if right:
        assert await come_in(code_of(secret, NOON + steps * STEP))
    else:
        with pytest.raises(WrongCode):
            await come_in(code_of(secret, NOON + steps * STEP))


async def test_a_code_may_be_typed_with_any_digits_and_spaces(maryam):
    secret, _codes = await new_app(maryam, KEY, now=NOON - 2 * STEP)
    code = code_of(secret, NOON).translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"))
    assert await come_in(f" {code[:3]} {code[3:]} ")


@pytest.mark.parametrize("typed", ["", "abc", "12345", "1234567", "²" * 6, "\0" * 6, "9" * 50_000, "\ud800"])
async def test_what_is_no_code_is_a_wrong_code(maryam, typed):
    await new_app(maryam, KEY, now=NOON - 2 * STEP)
    with pytest.raises(WrongCode):
        await come_in(typed)


async def test_s04_wrong_codes_wait_like_wrong_passwords(maryam):
    secret, codes = await new_app(maryam, KEY, now=NOON - 2 * STEP)
    for _ in range(5):
        with pytest.raises(WrongCode):
            await come_in("000000")
    for right in (code_of(secret, NOON), codes[0]):
        with pytest.raises(TooMany) as refusal:
            await come_in(right)
        assert refusal.value.retry_after == 30
    assert await come_in(code_of(secret, NOON + STEP), now=NOON + STEP)


async def test_a_recovery_code_works_once(maryam):
    _secret, codes = await new_app(maryam, KEY, now=NOON - 2 * STEP)
    assert len(set(codes)) == 10
    shown = f"{codes[3][:4]} {codes[3][4:8]} {codes[3][8:]}"
    assert await come_in(shown)
    assert await recovery_codes_left(maryam) == 9
    with pytest.raises(WrongCode):
        await come_in(shown)
    assert "recovery_code_used" in await actions_logged()


async def test_recovery_codes_are_kept_as_digests_and_belong_to_one_account(maryam):
    _secret, codes = await new_app(maryam, KEY, now=NOON)
    kept = str(await RecoveryCode.select())
    assert not any(code in kept for code in codes)
    other = await new_person("other", "staff", now=NOON)
    digests = {authenticator.recovery_digest(codes[0], account=who, key=KEY) for who in (maryam, other)}
    assert len(digests) == 2


async def test_new_recovery_codes_make_the_old_ones_worthless(maryam):
    _secret, old = await new_app(maryam, KEY, now=NOON - 2 * STEP)
    new = await factor_actions.renew_recovery_codes(maryam, key=KEY, now=NOON)
    with pytest.raises(WrongCode):
        await come_in(old[0])
    assert await come_in(new[0])


async def test_without_a_second_step_there_are_no_recovery_codes(maryam):
    with pytest.raises(Conflict):
        await factor_actions.renew_recovery_codes(maryam, key=KEY, now=NOON)


async def test_a_second_app_brings_no_new_recovery_codes(maryam):
    _first, codes = await new_app(maryam, KEY, now=NOON - 4 * STEP)
    second, none = await new_app(maryam, KEY, now=NOON - 2 * STEP)
    assert (len(codes), none) == (10, [])
    assert await come_in(code_of(second, NOON))


async def test_ten_ways_are_enough(maryam):
    for _ in range(10):
        await new_app(maryam, KEY, now=NOON)
    with pytest.raises(Conflict):
        await begin_app(maryam, key=KEY, now=NOON)


async def test_the_last_way_stays_where_one_is_needed(maryam):
    await new_app(maryam, KEY, now=NOON)
    (factor,) = await factors_of(maryam)
    with pytest.raises(Conflict):
        await factor_actions.remove_factor(maryam, factor.id, keep_one=True, now=NOON)
    assert await factors_of(maryam) == [factor]


async def test_with_the_last_way_the_recovery_codes_go(maryam):
    await new_app(maryam, KEY, now=NOON)
    (factor,) = await factors_of(maryam)
    await factor_actions.remove_factor(maryam, factor.id, keep_one=False, now=NOON)
    assert await RecoveryCode.count() == 0
    assert await account_of(await sign_in("maryam", PHRASE, device="", address="192.0.2.7", now=NOON), NOON)


async def test_nobody_renames_or_removes_what_is_somebody_elses(maryam):
    await new_app(maryam, KEY, now=NOON)
    (factor,) = await factors_of(maryam)
    other = await new_person("other", "staff", now=NOON)
    with pytest.raises(NotFound):
        await factor_actions.rename_factor(other, factor.id, name="Mine", now=NOON)
    with pytest.raises(NotFound):
        await factor_actions.remove_factor(other, factor.id, keep_one=False, now=NOON)
    assert await factors_of(maryam) == [factor]


async def test_a_lost_device_is_taken_away_with_codes_and_sessions(maryam):
    secret, _codes = await new_app(maryam, KEY, now=NOON - 2 * STEP)
    token = await come_in(code_of(secret, NOON))
    await factor_actions.remove_factors(maryam, now=NOON)
    assert await factors_of(maryam) == []
    assert await RecoveryCode.count() == 0
    assert await account_of(token, NOON) is None
    assert (await actions_logged())[-1] == "factors_removed"


async def test_every_step_is_in_the_log(maryam):
    secret, _codes = await new_app(maryam, KEY, now=NOON - 2 * STEP)
    with pytest.raises(WrongCode):
        await come_in("000000")
    who = await account_of(await come_in(code_of(secret, NOON)), NOON)
    at = Ceremony([KEY], "http://localhost", "")
    with pytest.raises(WrongPassword):
        await proof_actions.confirm(who, "not the right one", Given(code="000000"), at=at, now=NOON)
    await proof_actions.confirm(who, PHRASE, Given(code=code_of(secret, NOON + STEP)), at=at, now=NOON)
    assert await actions_logged() == [
        "account_made",
        "factor_added",
        "recovery_codes_made",
        "second_step_asked",
        "second_step_failed",
        "second_step_asked",
        "signed_in",
        "sign_in_failed",
        "confirmed",
    ]
    assert PHRASE not in str(await AuditEntry.select())

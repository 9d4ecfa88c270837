"""Opening a case with the passcode or with proof of contact: five tries a day, then the web is closed for it."""

import pytest

from db.cases import AccessGrant
from db.services import Unit
from portal import codes
from portal.cases import access
from portal.cases.tracking_routes import TRIES
from portal.security.csrf import form_token
from tests.cases.visitors import filed_now, form_at, path_of, prove, right_now

WHOLE_FORM, MASKED_FORM = "maryam@agency.example", "m•••@agency.example"


@pytest.fixture
async def filed(db, settings):
    return await filed_now(settings)


async def passcode_of(filed, settings):
    return await access.receipt_passcode(filed.case_id, keys=settings.keys, now=right_now())


async def test_the_passcode_opens_the_case_in_this_browser(filed, stranger, settings):
    answer = await prove(stranger, filed, passcode=await passcode_of(filed, settings))
    assert (answer.status_code, answer.headers["location"]) == (303, path_of(filed))
    assert WHOLE_FORM in (await stranger.get(answer.headers["location"])).text


async def test_the_passcode_may_be_typed_with_persian_digits_and_spaces(filed, stranger, settings):
    digits = (await passcode_of(filed, settings)).translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"))
    answer = await prove(stranger, filed, passcode=f"{digits[:4]} {digits[4:]}")
    assert answer.status_code == 303


async def test_the_last_digits_of_the_mobile_open_less(filed, stranger):
    answer = await prove(stranger, filed, proof="۱۲۳۴")
    assert answer.status_code == 303
    shown = await stranger.get(path_of(filed))
    assert MASKED_FORM in shown.text
    assert WHOLE_FORM not in shown.text


async def test_without_a_mobile_the_whole_address_is_asked(db, settings, stranger):
    filed = await filed_now(settings, contact_phone=None)
    shown = await stranger.get(path_of(filed))
    assert "Or: your e-mail address" in shown.text
    assert "maryam" not in shown.text
    assert (await prove(stranger, filed, proof="Maryam@agency.example")).status_code == 303


async def test_of_two_ways_to_open_each_says_that_one_is_enough(filed, stranger):
    assert (await stranger.get(path_of(filed))).text.count("(one of the two)") == 2
    await prove(stranger, filed, proof="1234")
    assert "(one of the two)" not in (await stranger.get(path_of(filed))).text


async def test_without_any_contact_only_the_passcode_is_asked(db, settings, stranger):
    filed = await filed_now(settings, contact_phone=None, contact_email=None)
    assert 'name="proof"' not in (await stranger.get(path_of(filed))).text
    assert (await prove(stranger, filed, proof="")).status_code == 422


async def test_a_wrong_passcode_says_where(filed, stranger):
    page = await prove(stranger, filed, passcode="13579246")
    assert page.status_code == 422
    assert 'href="#passcode"' in page.text
    assert "13579246" not in page.text


async def test_an_empty_box_says_what_is_missing(filed, stranger):
    page = await prove(stranger, filed)
    assert page.status_code == 422
    assert "Please fill in one of the two boxes" in page.text


@pytest.mark.parametrize("field", ["passcode", "proof"])
async def test_after_five_wrong_tries_even_the_right_answer_is_refused(filed, stranger, settings, field):
    right = {"passcode": await passcode_of(filed, settings), "proof": "1234"}[field]
    statuses = [(await prove(stranger, filed, **{field: "0000"})).status_code for _ in range(6)]
    assert statuses == [422] * 4 + [429] * 2
    assert (await prove(stranger, filed, **{field: right})).status_code == 429
    assert (await stranger.get(path_of(filed))).status_code == 200


async def test_who_was_refused_is_told_how_many_tries_are_left(filed, stranger):
    assert "Tries left" not in (await stranger.get(path_of(filed))).text
    assert "Tries left today: 4" in (await prove(stranger, filed, passcode="13579246")).text
    assert "Tries left" not in (await stranger.get(path_of(filed))).text
    assert "Tries left today: 3" in (await prove(stranger, filed, passcode="13579246")).text


async def test_a_way_tried_out_leaves_the_other_one_open(filed, stranger):
    pages = [await prove(stranger, filed, passcode="13579246") for _ in range(5)]
    assert 'name="passcode"' not in pages[-1].text
    assert "The passcode was tried too often today" in pages[-1].text
    assert (await prove(stranger, filed, proof="1234")).status_code == 303


async def test_when_every_way_is_tried_out_the_page_says_who_to_call(filed, stranger):
    await Unit.update({Unit.phone: "02538000000"}, force=True)
    for field in ("passcode", "proof"):
        for _ in range(5):
            page = await prove(stranger, filed, **{field: "0000"})
    assert 'name="passcode"' not in page.text
    assert 'name="proof"' not in page.text
    assert 'href="tel:02538000000"' in page.text


async def test_right_answers_use_no_try_up(filed, stranger):
    statuses = {(await prove(stranger, filed, proof="1234")).status_code for _ in range(1)}
    for _ in range(6):
        stranger.client.cookies.clear()
        statuses.add((await prove(stranger, filed, proof="1234")).status_code)
    assert statuses == {303}


async def test_the_browser_keeps_its_token_when_it_opens_a_second_case(filed, stranger, settings):
    await prove(stranger, filed, proof="1234")
    first = access.tokens_in(stranger.client.cookies["keys"])
    second = await filed_now(settings)
    await prove(stranger, second, proof="1234")
    assert access.tokens_in(stranger.client.cookies["keys"]) == first
    assert MASKED_FORM in (await stranger.get(path_of(filed))).text


async def test_one_neighbourhood_cannot_try_case_after_case(filed, stranger):
    fields = await form_at(stranger, path_of(filed), f"{path_of(filed)}/unlock", {})
    for _ in range(TRIES):
        await stranger.post(f"{path_of(filed)}/unlock", fields)
    answer = await stranger.post(f"{path_of(filed)}/unlock", fields)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0


async def test_looking_at_a_case_changes_nothing(filed, stranger):
    before = await AccessGrant.count()
    await stranger.get(path_of(filed))
    assert await AccessGrant.count() == before
    assert "set-cookie" not in (await stranger.get(path_of(filed))).headers


async def test_a_form_without_its_token_opens_nothing(filed, stranger):
    answer = await stranger.post(f"{path_of(filed)}/unlock", {"proof": "1234"})
    assert answer.status_code == 403
    assert MASKED_FORM not in (await stranger.get(path_of(filed))).text


async def test_locking_without_any_token_is_no_bug(browser, settings):
    filed = await filed_now(settings)
    own_path = f"/cases/{codes.show_text(filed.number)}/lock"
    token = form_token(settings.secret_key, "", own_path, right_now())
    assert (await browser.post(f"/en{own_path}", {"_csrf_token": token})).status_code == 303

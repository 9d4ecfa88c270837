"""A closing says what it is: its outcome, its reason, and where to go when it is not ours."""

import re
from datetime import timedelta
from functools import partial
from html import unescape

import pytest

from portal import codes, jalali
from portal.cases import actions, desk_actions, rules
from portal.errors import Conflict
from portal.i18n import speaking_of, using
from tests.cases.closings import a_closed_case, mail_about
from tests.cases.factories import a_case, a_clerk, a_service
from tests.cases.visitors import as_filer, path_of, right_now
from tests.conftest import NOON

DAY = timedelta(days=1)
PLACE = "سازمان ثبت اسناد، خیابان آزادی، شمارهٔ ۱۲"
SOLVED = re.compile(r"is done|was done|\bsolved\b(?! it)|انجام شد")


def at_desk(filed):
    return f"/en/desk/cases/{codes.show_text(filed.number)}"


@pytest.mark.parametrize("outcome", rules.OUTCOMES)
async def test_the_mail_about_a_closing_says_its_outcome_in_both_languages(db, settings, outcome):
    said = set()
    for locale in ("en", "fa"):
        await a_closed_case(outcome=outcome, where_to=PLACE, locale=locale)
        mail = await mail_about("closed", settings)
        with using(locale):
            subject, sentence = rules.outcome_subject(outcome), rules.outcome_sentence(outcome)
        assert mail.subject.startswith(subject)
        assert sentence in mail.text
        assert sentence in mail.html.replace("&#39;", "'")
        said.add(subject)
    assert len(said) == 2


@pytest.mark.parametrize("locale", ["en", "fa"])
def test_no_two_outcomes_share_their_words(locale):
    with using(locale):
        for words in (rules.outcome_subject, rules.outcome_sentence, rules.outcome_label):
            assert len({words(outcome) for outcome in rules.OUTCOMES}) == len(rules.OUTCOMES)


@pytest.mark.parametrize("kind", ["comment", "thanks"])
def test_nobody_is_told_that_their_thanks_were_done(kind):
    with using("en"), speaking_of(kind):
        for outcome in ("done", "partly_done", "not_possible"):
            assert rules.outcome_subject(outcome).endswith("has been closed")
            assert rules.outcome_sentence(outcome).startswith("Outcome: ")


@pytest.mark.parametrize("outcome", [one for one in rules.OUTCOMES if one not in rules.SOLVED])
async def test_nothing_calls_a_case_solved_that_was_not(db, settings, browser, clerk, outcome):
    filed = await a_closed_case(
        outcome=outcome, where_to=PLACE, locale="en", key=settings.secret_key, now=right_now()
    )
    mail = await mail_about("closed", settings, now=right_now())
    assert not SOLVED.search(f"{mail.subject} {mail.text}")
    page = (await as_filer(browser).get(path_of(filed))).text
    with using("en"):
        label = rules.outcome_label(outcome)
    assert label in page
    assert 'class="tag done">Closed' not in page
    assert 'class="tag past">Closed' in page
    for address in (at_desk(filed), "/en/desk?state=closed"):
        shown = (await clerk.get(address)).text
        assert 'class="tag done">Closed' not in shown
        assert label in shown


async def test_a_subject_does_not_tell_the_outcome_of_a_service_that_is_nobodys_business(db, settings):
    await a_closed_case(outcome="not_possible", locale="en")
    message = await mail_about("closed", settings)
    assert message.subject.startswith("Your request was closed: it can't be done")
    await a_closed_case(outcome="not_possible", locale="en", sensitive=True)
    assert (await mail_about("closed", settings)).subject.startswith("Your request has been closed")


async def test_who_is_not_responsible_says_who_is(db, settings, browser, clerk):
    filed = await a_case(key=settings.secret_key, now=right_now(), locale="fa")
    form = {"outcome": "not_ours", "reason": "Not our land.", "close-sure": "yes"}
    page = await clerk.submit(at_desk(filed), form, to=f"{at_desk(filed)}/close")
    assert page.status_code == 422
    assert 'href="#close-where_to"' in page.text
    sent = await clerk.submit(at_desk(filed), form | {"where_to": PLACE}, to=f"{at_desk(filed)}/close")
    assert sent.status_code == 303
    shown = (await as_filer(browser).get(path_of(filed))).text
    assert f"محل مراجعه:\n{PLACE}" in shown
    assert "Not our land." in shown


async def test_where_to_go_is_asked_for_no_other_outcome(db, clerk):
    filed = await a_case()
    form = {"outcome": "done", "reason": "Delivered.", "where_to": PLACE, "close-sure": "yes"}
    assert (await clerk.submit(at_desk(filed), form, to=f"{at_desk(filed)}/close")).status_code == 303
    assert PLACE not in (await clerk.get(at_desk(filed))).text


async def test_a_closing_is_stated_without_the_colour_of_success(clerk):
    filed = await a_case()
    form = {"outcome": "not_possible", "reason": "No such map exists.", "close-sure": "yes"}
    answer = await clerk.submit(at_desk(filed), form, to=f"{at_desk(filed)}/close")
    page = (await clerk.get(answer.headers["location"])).text
    assert '<div class="panel" id="done"' in page


async def test_nobody_is_said_not_to_answer_who_was_not_asked_or_has_time(db, clerk, settings):
    filed, asked_at = await a_case(now=right_now()), right_now()
    form = {"outcome": "no_answer", "reason": "Nothing came.", "close-sure": "yes"}
    page = await clerk.submit(at_desk(filed), form, to=f"{at_desk(filed)}/close")
    assert page.status_code == 422
    assert "Nothing is open between you and the applicant." in page.text
    await desk_actions.ask(
        filed.case_id,
        clerk=await a_clerk("asks"),
        seen=1,
        body="Which?",
        until=asked_at + 3 * DAY,
        now=asked_at,
    )
    page = await clerk.submit(at_desk(filed), form, to=f"{at_desk(filed)}/close")
    assert page.status_code == 422
    until = jalali.show_moment(asked_at + 3 * DAY, "en", settings.zone)
    assert f"The applicant still has time to answer. Their time ends on {until}." in unescape(page.text)
    assert 'href="#close-outcome"' in page.text
    assert "Nothing came." in page.text


async def test_a_case_ends_unanswered_once_the_time_of_the_applicant_has_passed(db):
    filed, until = await a_case(), NOON + 3 * DAY
    act = {"clerk": await a_clerk("asks"), "seen": 2}
    await desk_actions.ask(filed.case_id, **{**act, "seen": 1}, body="Which?", until=until, now=NOON)
    close = partial(desk_actions.close, filed.case_id, **act, outcome="no_answer", reason="Nothing came.")
    with pytest.raises(desk_actions.NotAwaited) as refusal:
        await close(now=until - timedelta(seconds=1))
    assert refusal.value.until == until
    await close(now=until)


async def test_who_answered_can_not_be_said_not_to_have(db):
    filed = await a_case()
    act = {"clerk": await a_clerk("asks")}
    await desk_actions.ask(filed.case_id, **act, seen=1, body="Which?", until=NOON + DAY, now=NOON)
    await actions.reply(filed.case_id, body="This one.", now=NOON)
    with pytest.raises(desk_actions.NotAwaited) as refusal:
        await desk_actions.close(
            filed.case_id, **act, seen=3, outcome="no_answer", reason="Nothing.", now=NOON + 2 * DAY
        )
    assert refusal.value.until is None


async def test_who_contests_the_question_is_not_said_to_be_silent_before_that_is_decided(db):
    filed, until = await a_case(), NOON + DAY
    asks, decides = await a_clerk("asks"), await a_clerk("decides")
    await desk_actions.ask(filed.case_id, clerk=asks, seen=1, body="Which?", until=until, now=NOON)
    await actions.contest(filed.case_id, reason="It stands in my first letter.", now=NOON)
    close = partial(
        desk_actions.close, filed.case_id, clerk=asks, outcome="no_answer", reason="Nothing.", now=until
    )
    with pytest.raises(desk_actions.NotAwaited):
        await close(seen=3)
    await desk_actions.decide_contest(
        filed.case_id, clerk=decides, seen=3, decision="denied", body="It does not.", now=NOON
    )
    await close(seen=4)


async def test_a_question_stays_open_when_another_unit_gets_the_case(db):
    filed, until = await a_case(), NOON + DAY
    others = (await a_service("yearbook-tehran")).unit_id
    clerk = await a_clerk("asks")
    await desk_actions.ask(filed.case_id, clerk=clerk, seen=1, body="Which?", until=until, now=NOON)
    await desk_actions.refer(filed.case_id, clerk=clerk, seen=2, unit=others, body="Yours.", now=NOON)
    with pytest.raises(desk_actions.NotAwaited) as refusal:
        await desk_actions.close(
            filed.case_id, clerk=clerk, seen=3, outcome="no_answer", reason="Nothing.", now=NOON
        )
    assert refusal.value.until == until


async def test_an_ended_case_is_no_question_of_time(db):
    filed = await a_case()
    clerk = await a_clerk("asks")
    await actions.withdraw(filed.case_id, reason="", now=NOON)
    with pytest.raises(Conflict):
        await desk_actions.close(
            filed.case_id, clerk=clerk, seen=2, outcome="no_answer", reason="Nothing.", now=NOON
        )

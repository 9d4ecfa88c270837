"""A closing says what it is: its outcome, its reason, and where to go when it is not ours."""

import re

import pytest

from portal import codes
from portal.cases import rules
from portal.i18n import speaking_of, using
from tests.cases.closings import a_closed_case, mail_about
from tests.cases.factories import a_case
from tests.cases.visitors import as_filer, path_of, right_now

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

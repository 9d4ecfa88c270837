"""Applicants say how their case was handled: once for each end, by a link that does nothing by being looked at."""

from datetime import timedelta

import pytest

from db.cases import Case
from db.outbox import OutboxMessage
from db.ratings import Rating
from portal.cases import actions, desk_actions, erasure, ratings, rechecks
from portal.errors import Conflict
from tests.cases.closings import a_closed_case, close, mail_about
from tests.cases.factories import KEY, a_case, a_clerk
from tests.conftest import NOON

DAY = timedelta(days=1)


async def asked_about(filed, now=NOON):
    return await ratings.of_case(filed.case_id, now=now)


async def the_link(filed, moment="closing", round=2):
    return await ratings.new_link(KEY, filed.case_id, round=round, moment=moment)


async def answered(filed, score, *, now=NOON, comment=""):
    await ratings.rate((await asked_about(filed, now))[0], score=score, comment=comment, now=now)


async def test_an_answer_stands_and_changes_nothing_of_the_case(db):
    filed = await a_closed_case()
    before = await Case.select().first()
    await answered(filed, 2, comment="دیر شد")
    (question,) = await asked_about(filed)
    assert (question.score, question.comment, question.is_poor) == (2, "دیر شد", True)
    assert await Case.select().first() == before


async def test_each_end_is_rated_once(db):
    filed = await a_closed_case()
    (question,) = await asked_about(filed)
    await ratings.rate(question, score=5, comment="", now=NOON)
    with pytest.raises(Conflict):
        await ratings.rate(question, score=1, comment="", now=NOON)
    await actions.reopen(filed.case_id, reason="نشد", now=NOON + DAY)
    await close(filed, now=NOON + 2 * DAY)
    await answered(filed, 3, now=NOON + 2 * DAY)
    assert sorted(row["score"] for row in await Rating.select(Rating.score)) == [3, 5]


async def test_a_case_that_was_opened_again_is_not_rated(db):
    filed = await a_closed_case()
    (question,) = await asked_about(filed)
    await actions.reopen(filed.case_id, reason="نشد", now=NOON + DAY)
    with pytest.raises(Conflict):
        await ratings.rate(question, score=5, comment="", now=NOON + DAY)


async def test_an_earlier_end_is_not_rated_after_a_later_one(db):
    filed = await a_closed_case()
    (first,) = await asked_about(filed)
    await actions.reopen(filed.case_id, reason="نشد", now=NOON + DAY)
    await close(filed, now=NOON + 2 * DAY)
    with pytest.raises(Conflict):
        await ratings.rate(first, score=5, comment="", now=NOON + 2 * DAY)


async def test_a_question_takes_an_answer_for_thirty_days(db):
    filed = await a_closed_case()
    with pytest.raises(Conflict):
        await answered(filed, 5, now=NOON + 30 * DAY + timedelta(seconds=1))
    await answered(filed, 5, now=NOON + 30 * DAY)


async def test_nobody_is_asked_about_a_request_that_was_rejected_or_withdrawn(db):
    rejected, withdrawn, clerk = await a_case(), await a_case(), await a_clerk()
    await desk_actions.reject(rejected.case_id, clerk=clerk, seen=1, reason="نه", now=NOON)
    await actions.withdraw(withdrawn.case_id, reason="", now=NOON)
    assert not await Rating.exists()


async def test_an_erased_case_keeps_its_score_and_no_word(db):
    filed = await a_closed_case()
    token = await the_link(filed)
    await answered(filed, 1, comment="نام من مریم است")
    await erasure.erase(filed.case_id, now=NOON + 90 * DAY)
    row = await Rating.select().first()
    assert (row["score"], row["comment"], row["token_hash"]) == (1, "", None)
    assert await ratings.by_token(token, keys=[KEY]) is None


async def test_an_erased_case_is_not_rated(db):
    filed = await a_closed_case()
    (question,) = await asked_about(filed)
    await erasure.erase(filed.case_id, now=NOON + DAY)
    with pytest.raises(Conflict):
        await ratings.rate(question, score=1, comment="نام من مریم است", now=NOON + DAY)


async def test_only_a_keyed_digest_of_the_link_is_kept(db, settings):
    filed = await a_closed_case()
    token = await the_link(filed)
    row = await Rating.select(Rating.token_hash).first()
    assert len(token) >= 22
    assert token not in str(row)
    assert (await ratings.by_token(token, keys=[KEY])).case == filed.case_id
    assert await ratings.by_token(token, keys=[b"x" * 48]) is None


async def test_the_newest_mail_has_the_link_that_works(db):
    filed = await a_closed_case()
    first, second = await the_link(filed), await the_link(filed)
    assert await ratings.by_token(first, keys=[KEY]) is None
    assert await ratings.by_token(second, keys=[KEY])


async def test_an_answered_question_gets_no_new_link(db):
    filed = await a_closed_case()
    await answered(filed, 5)
    assert await the_link(filed) == ""


async def test_a_service_that_wants_to_know_asks_once_more(db, settings):
    filed = await a_closed_case(recheck_days=20, locale="en")
    assert await rechecks.ask_due(now=NOON + 19 * DAY) == 0
    assert await rechecks.ask_due(now=NOON + 20 * DAY) == 1
    assert await rechecks.ask_due(now=NOON + 20 * DAY) == 0
    mail = await mail_about("recheck", settings, now=NOON + 20 * DAY)
    assert mail.subject.startswith("Is it still solved?")
    assert "/en/rate/" in mail.text
    await answered(filed, 1, now=NOON + 45 * DAY)
    (question, _closing) = await asked_about(filed, NOON + 45 * DAY)
    assert (question.moment, question.score) == ("later", 1)


@pytest.mark.parametrize("outcome", ["not_possible", "not_ours", "no_answer"])
async def test_nobody_is_asked_whether_what_was_not_done_is_still_done(db, outcome):
    await a_closed_case(recheck_days=20, outcome=outcome, where_to="جای دیگر")
    assert await rechecks.ask_due(now=NOON + 20 * DAY) == 0


async def test_a_service_that_says_nothing_asks_nobody_again(db):
    await a_closed_case()
    assert await rechecks.ask_due(now=NOON + 400 * DAY) == 0


async def test_a_case_that_moved_on_is_not_asked_about(db):
    filed = await a_closed_case(recheck_days=20)
    await actions.reopen(filed.case_id, reason="نشد", now=NOON + DAY)
    await rechecks.ask_due(now=NOON + 20 * DAY)
    assert not await OutboxMessage.exists().where(OutboxMessage.template == rechecks.TEMPLATE)
    assert not await Rating.exists().where(Rating.moment == "later")


async def test_who_gave_no_address_is_asked_on_the_page_alone(db):
    filed = await a_closed_case(recheck_days=20, contact_email=None)
    await rechecks.ask_due(now=NOON + 20 * DAY)
    assert not await OutboxMessage.exists().where(OutboxMessage.template == rechecks.TEMPLATE)
    assert [one.moment for one in await asked_about(filed, NOON + 20 * DAY)] == ["later", "closing"]


@pytest.mark.parametrize("kind", ["suggestion", "comment", "thanks"])
async def test_who_only_said_something_is_not_asked_how_it_was(db, kind):
    await close(await a_case(kind=kind))
    assert not await Rating.exists()

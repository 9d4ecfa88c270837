"""Solved is told from closed, and what applicants said with the share that said it, both in fives."""

from datetime import timedelta

from db.ratings import Rating
from portal.cases import actions as applicant
from portal.cases import ratings
from portal.promises import actions, queries
from portal.promises.endings import Ended, Rated, Said, ends, said
from portal.promises.figures import MINIMUM, figures
from tests.cases.closings import a_closed_case, close
from tests.cases.factories import SLUG
from tests.conftest import NOON
from tests.promises.test_published import file_of
from tests.promises.worlds import DAY, LATER, TEHRAN

TODAY = NOON.date()
PAGE = f"/en/promises/{SLUG}"


async def counted(now=LATER):
    await actions.publish(zone=TEHRAN, now=now)
    return (await queries.published_of(SLUG)).figures


async def closed(n, **how):
    return [await a_closed_case(**how) for _ in range(n)]


async def rate(cases, score, now=NOON):
    for filed in cases:
        (question,) = await ratings.of_case(filed.case_id, now=now)
        await ratings.rate(question, score=score, comment="", now=now)


async def test_each_outcome_is_counted_for_itself(db):
    await closed(6, outcome="done")
    await closed(5, outcome="not_possible")
    await closed(4, outcome="no_answer")
    found = {one.how: one.counts for one in (await counted()).ends}
    assert found == {"done": {"90": 5, "365": 5}, "not_possible": {"90": 5, "365": 5}}


async def test_what_was_opened_again_is_counted_beside_what_was_closed(db):
    for filed in await closed(5, outcome="done"):
        await applicant.reopen(filed.case_id, reason="نشد", now=NOON)
    assert [one.how for one in (await counted()).ends] == ["done", "reopened"]


async def test_one_request_is_never_several_of_five(db):
    first, *_others = cases = await closed(4, outcome="done")
    for n in (1, 2):
        await applicant.reopen(first.case_id, reason="نشد", now=NOON + n * timedelta(seconds=1))
        await close_again(first)
    assert len(cases) == 4
    assert (await counted()).ends == ()


async def close_again(filed):
    await close(filed, now=NOON + timedelta(seconds=10))


async def test_the_published_file_alone_gives_these_figures_too(db):
    await rate(await closed(5), 4)
    found = await counted()
    assert found.said
    assert figures(await file_of(SLUG)) == found


async def test_the_share_is_that_of_everybody_who_was_asked(db):
    cases = await closed(10)
    await rate(cases[:6], 5)
    await rate(cases[6:7], 1)
    assert (await counted()).said == (Said("closing", 5, 5, {5: 5}),)
    (found,) = (await counted(NOON + 31 * DAY)).said
    assert (found.asked, found.answered, found.percent) == (10, 7, 70)
    assert found.scores == {5: 6, 1: 1}


async def test_few_answers_are_not_shown(db):
    cases = await closed(10)
    await rate(cases[:4], 1)
    (found,) = (await counted(NOON + 31 * DAY)).said
    assert (found.asked, found.answered, found.percent, found.scores) == (10, None, None, {})


async def test_a_question_that_waits_for_its_answer_is_not_counted(db):
    await closed(10)
    assert (await counted()).said == ()


async def test_what_is_older_than_a_year_is_past():
    old, new = TODAY - 365 * DAY, TODAY - 364 * DAY
    (one,) = ends([Ended("done", old, 5), Ended("done", new, 5)], TODAY)
    assert one.counts == {"90": None, "365": 5}
    assert said([Rated("closing", 5, old, 5)], TODAY, minimum=MINIMUM) == ()


async def test_the_pages_say_it_in_words(db, browser):
    cases = await closed(5, outcome="not_possible")
    await rate(cases, 1)
    await counted()
    for address in (PAGE, "/en/promises"):
        page = (await browser.get(address)).text
        assert "Not possible" in page
        assert "Very dissatisfied" in page
        assert "Of 5 asked in the last 365 days 5 answered (100%)." in page
    assert "Closed is not solved" in (await browser.get(PAGE)).text


async def test_no_comment_leaves_the_desk(db, browser):
    cases = await closed(5)
    await rate(cases, 3)
    await Rating.update({Rating.comment: "پنهان"}, force=True)
    await counted()
    for address in (PAGE, "/en/promises", f"/promises/{SLUG}/facts.json", "/promises.csv"):
        assert "پنهان" not in (await browser.get(address)).text

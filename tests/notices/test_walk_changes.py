"""What becomes of an announced outage: moved, cancelled, overlapped, announced late, begun while the worker is down."""

from portal.i18n import Words
from portal.notices import actions
from tests.conftest import NOON
from tests.notices.outages import HOUR, SAYING, WHY, YEARBOOK, changed, found, posted
from tests.notices.walk import BEGIN, OPEN, OUTAGE, TITLE, Seen, Window

BOTH, NEITHER = (True, True), (False, False)
DAY = 24 * HOUR


async def test_a_moved_window_is_moved_everywhere_and_its_reminders_with_it(walk):
    notice = await posted(OUTAGE)
    await walk.at(BEGIN - DAY)
    assert await walk.mails() == ["published", "ahead", "ahead"]

    later = BEGIN + 2 * DAY
    await actions.reschedule(notice.no, later, later + HOUR, WHY, seen=1, by=None, now=walk.now)
    await walk.at(walk.now)
    seen = await walk.look(notice)
    assert (seen.stage, seen.state, seen.closes) == ("ahead", "available", False)
    assert seen.strip == Words(
        f"قطعی برنامه‌ریزی‌شده {TITLE.fa} جمعه ۶ آذر ۱۴۰۵ از ساعت ۱۶:۰۰ تا ۱۷:۰۰ در دسترس نیست.",
        f"Planned outage {TITLE.en} is unavailable on Friday 27 November 2026 from 16:00 to 17:00.",
    )
    told = await walk.told(notice.no)
    assert told["Announced"] == "72 hours before its beginning; promised: 48 hours As promised"
    assert await walk.atom(notice) == ["Moved to another time", "Announced"]
    assert await walk.window(notice) == Window("CONFIRMED", 1, later, later + HOUR)
    assert await walk.mails() == ["changed"]

    await walk.at(BEGIN)
    assert (await walk.look(notice)).form == OPEN  # nothing is left of the old window
    assert await walk.mails() == []
    await walk.at(later)
    assert (await walk.look(notice)).form == (503, "3600")
    await walk.at(later + HOUR)
    assert (await walk.look(notice)).stage == "over"
    assert await walk.mails() == ["ahead", "ahead", "started", "ended"]


async def test_a_cancelled_outage_is_cancelled_everywhere_and_never_begins(walk):
    notice = await posted(OUTAGE)
    await walk.at(BEGIN - DAY)
    await walk.mails()
    await actions.cancel(notice.no, WHY, seen=1, by=None, now=walk.now)
    await walk.at(walk.now)
    said = Words(
        f"لغوشده قطعی برنامه‌ریزی‌شدهٔ {TITLE.fa} (چهارشنبه ۴ آذر ۱۴۰۵ از ساعت ۱۶:۰۰ تا ۱۸:۰۰) لغو شده است.",
        f"Cancelled The planned outage of {TITLE.en} on Wednesday 25 November 2026 from 16:00 to 18:00"
        " will not take place.",
    )
    assert await walk.look(notice) == Seen(said, "cancelled", "available", NEITHER, OPEN, False)
    assert await walk.atom(notice) == ["Cancelled", "Announced"]
    assert await walk.window(notice) == Window("CANCELLED", 1, BEGIN, BEGIN + 2 * HOUR)
    assert await walk.mails() == ["cancelled"]

    await walk.at(BEGIN + HOUR)
    gone = Seen(Words("", ""), "", "available", NEITHER, OPEN, False)
    assert await walk.look(notice) == gone
    assert await walk.mails() == []


async def test_where_two_windows_overlap_the_worst_is_felt(walk):
    slow = changed(SAYING, title=Words("کندی", "Slow network"), services={YEARBOOK: "slow"})
    wide = await posted(changed(OUTAGE, saying=slow, starts_at=BEGIN - HOUR, ends_at=BEGIN + 3 * HOUR))
    inner = await posted(OUTAGE)
    felt = []
    for hours in (-1, 0, 1.5, 2, 3):
        await walk.at(BEGIN + hours * HOUR)
        one, other = await walk.look(wide), await walk.look(inner)
        assert (one.state, one.form, one.strip) == (other.state, other.form, other.strip)
        felt.append((one.stage, other.stage, one.state, one.form))
    assert felt == [
        ("now", "soon", "slow", OPEN),
        ("now", "now", "unavailable", (503, "7200")),
        ("now", "now", "unavailable", (503, "1800")),
        ("now", "over", "slow", OPEN),
        ("over", "over", "available", OPEN),
    ]


async def test_the_worst_of_two_comes_first_on_every_page(walk):
    slow = changed(SAYING, services={YEARBOOK: "slow"})
    await posted(changed(OUTAGE, saying=slow))
    worse = await posted(OUTAGE)
    await walk.at(BEGIN)
    strip = (await walk.look(worse)).strip
    assert strip.en.index("is unavailable now") < strip.en.index("is slow now")
    assert strip.fa.index("در دسترس نیست") < strip.fa.index("کند است")


async def test_what_is_announced_late_is_shown_as_a_miss_with_its_reason(walk):
    await walk.at(BEGIN - 20 * HOUR)
    notice = await posted(changed(OUTAGE, late_reason=WHY), now=walk.now)
    await walk.at(walk.now)
    seen = await walk.look(notice)
    assert (seen.stage, seen.closes) == ("soon", True)
    told = await walk.told(notice.no)
    assert told["Announced"] == "20 hours before its beginning; promised: 48 hours Later than promised"
    assert told["Why so late"] == WHY.en
    persian = (await walk.guest.get(f"/notices/{notice.no}")).text
    assert "دیرتر از تعهد" in persian
    assert WHY.fa in persian
    assert await walk.mails() == ["published"]
    await walk.at(BEGIN)
    assert await walk.mails() == ["ahead", "started"]  # of the reminders only the one that still lay ahead


async def test_an_outage_begins_by_the_clock_while_the_worker_is_down(walk):
    notice = await posted(OUTAGE)
    await walk.at(BEGIN - 30 * HOUR)
    assert await walk.mails() == ["published", "ahead"]

    walk.works = False
    await walk.at(BEGIN + HOUR)
    seen = await walk.look(notice)
    assert (seen.stage, seen.state, seen.panels, seen.form) == ("now", "unavailable", BOTH, (503, "3600"))
    assert await walk.mails() == []

    walk.works = True
    await walk.at(walk.now)
    assert await walk.mails() == ["started"]  # the two reminders are of no use any more
    await walk.at(BEGIN + 2 * HOUR)
    assert (await walk.look(notice)).stage == "over"
    assert await walk.mails() == ["ended"]


async def test_an_outage_that_came_and_went_while_the_worker_was_down_is_told_as_over(walk):
    notice = await posted(OUTAGE)
    await walk.at(NOON)
    await walk.mails()
    walk.works = False
    await walk.at(BEGIN + 3 * HOUR)
    assert (await walk.look(notice)).stage == "over"
    walk.works = True
    await walk.at(walk.now)
    assert await walk.mails() == ["ended"]
    assert (await found(notice.no)).version == 1

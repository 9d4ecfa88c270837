"""A planned outage from its announcement to its end, under a clock: every page, feed, mail and figure at each stage."""

from portal.i18n import Words
from portal.notices import actions
from tests.notices.outages import HOUR, WHY, posted
from tests.notices.walk import BEGIN, OPEN, OUTAGE, TITLE, Seen, Window

WINDOW = Words(
    f"قطعی برنامه‌ریزی‌شده {TITLE.fa} چهارشنبه ۴ آذر ۱۴۰۵ از ساعت ۱۶:۰۰ تا ۱۸:۰۰ در دسترس نیست.",
    f"Planned outage {TITLE.en} is unavailable on Wednesday 25 November 2026 from 16:00 to 18:00.",
)
KEPT = "100 hours before its beginning; promised: 48 hours As promised"
BOTH, NEITHER, SERVICE_ONLY = (True, True), (False, False), (True, False)


def counting(fa: str, en: str) -> Words:
    return Words(f"{WINDOW.fa} {fa} دیگر آغاز می‌شود.", f"{WINDOW.en} It begins in {en}.")


def until(fa: str, en: str, *more: str) -> Words:
    more_fa, more_en = more or ("", "")
    return Words(
        f"قطعی برنامه‌ریزی‌شده {TITLE.fa} اکنون تا ساعت {fa} در دسترس نیست.{more_fa}",
        f"Planned outage {TITLE.en} is unavailable now, until {en}.{more_en}",
    )


async def test_a_planned_outage_is_told_of_everywhere_from_its_announcement_to_its_end(walk):
    notice = await posted(OUTAGE)

    # Announced.
    await walk.at(walk.now)
    assert await walk.look(notice) == Seen(WINDOW, "ahead", "available", SERVICE_ONLY, OPEN, False)
    assert (await walk.told(notice.no))["Announced"] == KEPT
    assert await walk.window(notice) == Window("CONFIRMED", 0, BEGIN, BEGIN + 2 * HOUR)
    assert await walk.mails() == ["published"]

    # Reminded.
    await walk.at(BEGIN - 72 * HOUR)
    assert await walk.look(notice) == Seen(WINDOW, "ahead", "available", SERVICE_ONLY, OPEN, False)
    assert await walk.mails() == ["ahead"]
    for hours, words in ((24, ("۱ روز", "1 day")), (1, ("۱ ساعت", "1 hour"))):
        await walk.at(BEGIN - hours * HOUR)
        assert await walk.look(notice) == Seen(counting(*words), "soon", "available", BOTH, OPEN, True)
        assert await walk.mails() == ["ahead"]
    assert await walk.atom(notice) == ["Announced"]

    # Begun.
    await walk.at(BEGIN)
    on = Seen(until("۱۸:۰۰", "18:00"), "now", "unavailable", BOTH, (503, "7200"), False)
    assert await walk.look(notice) == on
    assert await walk.mails() == ["started"]

    # It takes longer; the announced end goes by and nobody is told that it is over.
    await actions.extend(notice.no, BEGIN + 4 * HOUR, WHY, seen=1, by=None, now=BEGIN + HOUR)
    await walk.at(BEGIN + 2.5 * HOUR)
    longer = Seen(until("۲۰:۰۰", "20:00"), "now", "unavailable", BOTH, (503, "5400"), False)
    assert await walk.look(notice) == longer
    assert await walk.window(notice) == Window("CONFIRMED", 1, BEGIN, BEGIN + 4 * HOUR)
    assert await walk.mails() == ["changed"]

    await _is_checked(walk, notice)
    await _ends(walk, notice)


async def _is_checked(walk, notice):
    """The work is done, and the outage stays on; nobody is mailed for that."""
    await actions.verify(notice.no, seen=2, by=None, now=BEGIN + 3 * HOUR)
    await walk.at(BEGIN + 3 * HOUR)
    checked = (" کار انجام شده و در حال آزمایش نهایی است.", " The work is done and is being checked.")
    verifying = Seen(until("۲۰:۰۰", "20:00", *checked), "now", "unavailable", BOTH, (503, "3600"), False)
    assert await walk.look(notice) == verifying
    assert await walk.mails() == []


async def _ends(walk, notice):
    """Earlier than the new end; two hours later pages speak of it no more."""
    end = BEGIN + 3.5 * HOUR
    await actions.end(notice.no, seen=3, by=None, now=end)
    await walk.at(end)
    over = Words(
        f"پایان‌یافته قطعی برنامه‌ریزی‌شدهٔ {TITLE.fa} ساعت ۱۹:۳۰ پایان یافت.",
        f"Over The planned outage of {TITLE.en} has been over since 19:30.",
    )
    assert await walk.look(notice) == Seen(over, "over", "available", NEITHER, OPEN, False)
    told = await walk.told(notice.no)
    assert (told["Announced"], told["What really was"][-5:]) == (KEPT, "19:30")
    assert await walk.atom(notice) == [
        "Over",
        "The work is done and is being checked",
        "Extended",
        "Announced",
    ]
    assert await walk.window(notice) == Window("CONFIRMED", 3, BEGIN, end)
    assert await walk.mails() == ["ended"]

    await walk.at(end + 2 * HOUR)
    assert await walk.look(notice) == Seen(Words("", ""), "", "available", NEITHER, OPEN, False)
    await walk.at(end + 48 * HOUR)
    assert await walk.mails() == []

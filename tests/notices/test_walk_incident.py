"""An incident from its announcement to its report, under a clock: every page, feed, mail and figure at each stage."""

from db.accounts import Account
from portal.i18n import Words, in_both
from portal.notices import actions, wording
from tests.conftest import NOON
from tests.notices.outages import HOUR, INCIDENT, WHY, posted
from tests.notices.walk import OPEN, TITLE, Seen

BOTH, NEITHER = (True, True), (False, False)


def disturbed(state: str) -> Seen:
    how = in_both(wording.STATES[state])
    said = Words(
        f"اختلال {TITLE.fa} اکنون (از ساعت ۱۱:۳۰) در دسترس نیست. {how.fa}",
        f"Incident {TITLE.en} is unavailable now, since 11:30. {how.en}",
    )
    return Seen(said, "now", "unavailable", BOTH, (503, "900"), False)


async def test_an_incident_is_told_of_everywhere_from_its_announcement_to_its_report(walk):
    notice = await posted(INCIDENT)
    await walk.at(NOON)
    assert await walk.look(notice) == disturbed("investigating")
    told = await walk.told(notice.no)
    assert told["Announced after"] == "30 minutes; promised: 30 minutes As promised"
    assert told["Cause"] == "A fault in our software"
    assert await walk.mails() == ["published"]

    for n, state in enumerate(("identified", "watching"), start=1):
        await actions.update(notice.no, WHY, state=state, seen=n, by=None, now=NOON + n * HOUR)
        await walk.at(NOON + n * HOUR)
        assert await walk.look(notice) == disturbed(state)
        assert (await walk.told(notice.no))["State"] == wording.STATES[state]
        assert await walk.mails() == ["changed"]

    await actions.update(notice.no, WHY, state="fixed", seen=3, by=None, now=NOON + 3 * HOUR)
    await walk.at(NOON + 3 * HOUR)
    over = Words(
        f"پایان‌یافته اختلال {TITLE.fa} ساعت ۱۵:۰۰ پایان یافت.",
        f"Over The incident at {TITLE.en} has been over since 15:00.",
    )
    assert await walk.look(notice) == Seen(over, "over", "available", NEITHER, OPEN, False)
    assert await walk.mails() == ["ended"]
    await _is_reported(walk, notice)


async def _is_reported(walk, notice):
    """The report and the cause stand on the page and in the feed; nobody is mailed for them."""
    clerk = await Account.objects().first()
    at = NOON + 30 * HOUR
    learnt = Words("آموختیم", "We watch the disks now.")
    await actions.report(notice.no, learnt, seen=4, by=clerk.id, now=at)
    await actions.name_cause(notice.no, "infrastructure", seen=5, by=clerk.id, now=at)
    await walk.at(at)
    assert await walk.look(notice) == Seen(Words("", ""), "", "available", NEITHER, OPEN, False)
    told = await walk.told(notice.no)
    assert told["Cause"].startswith("Something outside our power")
    assert learnt.en in (await walk.guest.get(f"/en/notices/{notice.no}")).text
    assert learnt.fa in (await walk.guest.get(f"/notices/{notice.no}")).text
    assert (await walk.atom(notice))[:3] == ["Cause named", "Report published", "Repaired"]
    assert await walk.mails() == []

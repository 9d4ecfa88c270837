"""What subscribers hear when windows that come again are called off: what they were told of, and once."""

from db.notices import Notice, NoticeSeries
from db.outbox import OutboxMessage
from portal.notices import actions, mails, series, telling
from tests.conftest import NOON
from tests.notices.outages import HOUR, PLANNED, START, WHY, posted
from tests.notices.subscribers import a_subscriber, tell, told
from tests.notices.test_staff_series import DAY, begun

MAIL = "maryam@example.org"


async def kinds_told():
    return [kind for _recipient, kind in await told()]


async def ended(now):
    row = await NoticeSeries.objects().first()
    assert row is not None
    return await series.end(row.id, cancelling=WHY, by=row.made_by, now=now)


async def test_the_end_of_a_series_is_one_message_that_counts_the_windows(samples, settings):
    await a_subscriber(MAIL)
    await begun()
    await tell()
    assert await ended(NOON + HOUR) == 9
    await tell(NOON + HOUR)
    assert await kinds_told() == ["published", "cancelled"]
    last = (
        await OutboxMessage.objects()
        .order_by(OutboxMessage.created_at, ascending=False)
        .first()
        .output(load_json=True)
    )
    shown = await mails.shown(last, settings)
    assert (shown["notice"].starts_at, shown["others"]) == (START, 8)


async def test_daily_windows_that_were_all_reminded_of_are_called_off_by_one_message(samples):
    await a_subscriber(MAIL)
    await begun("FREQ=DAILY")
    for hours in (0, 1, 25, 49):
        await tell(NOON + hours * HOUR)
    before = len(await told())
    await ended(NOON + 50 * HOUR)
    await tell(NOON + 50 * HOUR)
    assert (await kinds_told())[before:] == ["cancelled"]


async def test_windows_that_nobody_was_told_of_are_called_off_in_silence(samples):
    await a_subscriber(MAIL)
    await begun()
    for hours in range(0, 76, 1):
        await tell(NOON + hours * HOUR)
    before = len(await told())
    await ended(NOON + 4 * DAY)
    await tell(NOON + 4 * DAY)
    assert len(await told()) == before


async def test_one_window_that_nobody_was_told_of_is_cancelled_in_silence(samples):
    await a_subscriber(MAIL)
    no, _series, manager = await begun()
    await tell()
    other = await Notice.select(Notice.no).where(Notice.no != no).order_by(Notice.no).first()
    assert other is not None
    await actions.cancel(other["no"], WHY, seen=1, by=manager, now=NOON + HOUR)
    await tell(NOON + HOUR)
    assert await kinds_told() == ["published"]


async def test_a_notice_that_is_cancelled_before_its_mail_left_is_told_as_cancelled(samples):
    await a_subscriber(MAIL)
    notice = await posted(PLANNED)
    await actions.cancel(notice.no, WHY, seen=1, by=None, now=NOON)
    await telling.tell_due(("mail",), now=NOON)
    assert await kinds_told() == ["cancelled"]

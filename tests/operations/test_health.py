"""How the installation is: each thing an operator must hear of is seen, and said once a day."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec
import pytest

from db.accounts import Account, ContactPoint, Membership
from db.operations import DayReport, HealthReport
from db.outbox import OutboxMessage
from db.resets import ResetApproval, ResetRequest
from db.services import Agency, Unit
from portal import audit, place
from portal.audit_log import actions as audit_log
from portal.cases import rules
from portal.i18n import using
from portal.operations import digest, health, labels
from portal.operations.certificate import Certificate
from portal.operations.health import Health
from portal.services import unit_people
from portal.templating import MailTemplates
from tests.conftest import NOON
from tests.notices.outages import INCIDENT, posted

HOUR = timedelta(hours=1)
CLOCKS = ["tidy", "seal"]
MORNING = NOON.replace(hour=3, minute=31)  # 07:01 in Tehran


async def looked(settings, now=NOON) -> Health:
    return await health.look(settings, clocks=CLOCKS, now=now)


async def words(settings, now=NOON) -> list[str]:
    """What is to be looked into, in English."""
    with using("en"):
        return [line.text for line in labels.concerns(await looked(settings, now), settings.zone)]


async def an_admin(name: str, *, locale: str = "en", state: str = "active", role: str = "admin") -> Account:
    account = Account(
        username=name, display_name=name, role=role, locale=locale, state=state, created_at=NOON
    )
    await Account.insert(account)
    await ContactPoint.insert(
        ContactPoint(
            account=account.id,
            kind="email",
            value=f"{name}@example.org",
            verified_at=NOON,
            changed_at=NOON,
        )
    )
    return account


async def message(n: int, state: str, *, error: str = "", at=NOON - HOUR) -> None:
    await OutboxMessage(
        recipient="a@example.org",
        template="x",
        locale="fa",
        data="{}",
        cause=f"test:{n}",
        case=None,
        state=state,
        error=error,
        created_at=at,
        ended_at=at if state != "queued" else None,
    ).save()


@pytest.fixture(autouse=True)
async def reader(db):
    """Somebody hears of it."""
    await an_admin("reader")


async def test_nobody_to_hear_of_it_is_said(db, settings):
    await ContactPoint.delete(force=True)
    assert await words(settings) == [
        "No site admin has a confirmed e-mail address: the daily digest reaches nobody."
    ]


async def test_a_quiet_day_has_nothing_to_look_into_and_three_lines(db, settings):
    with using("en"):
        seen = await looked(settings)
        assert labels.concerns(seen, settings.zone) == []
        said = [line.text for line in labels.calm(seen, settings.zone)]
    assert [line.partition(":")[0] for line in said] == [
        "A quiet day",
        "Free on the disk",
        "The audit log was checked on Saturday 21 November 2026, 12",
    ]


async def test_messages_that_failed_came_back_or_wait_are_counted(db, settings):
    await message(1, "failed", error="no answer")
    await message(2, "failed", error="550 nobody here")
    await message(3, "queued", at=NOON - 2 * HOUR)
    await message(4, "queued", at=NOON - timedelta(minutes=30))
    await message(5, "failed", error="no answer", at=NOON - 25 * HOUR)
    await message(6, "dropped")
    assert await words(settings) == [
        "Messages of the last day that could not be sent: 1",
        "Messages of the last day that were sent back: 1",
        "Messages that have waited for more than an hour: 1",
    ]


async def test_jobs_and_clocks_that_stand_still_are_seen(db, settings):
    ago = NOON - HOUR
    await OutboxMessage.raw(
        "INSERT INTO pgqueuer (priority, entrypoint, status, created, heartbeat, execute_after)"
        " VALUES (0, 'deliver', 'queued', {}, {}, {})",
        ago,
        ago,
        ago,
    )
    for name, due in (("tidy", ago), ("seal", NOON + HOUR), ("of_an_old_version", ago)):
        await OutboxMessage.raw(
            "INSERT INTO pgqueuer_schedules (expression, entrypoint, next_run, status)"
            " VALUES ('* * * * *', {}, {}, 'queued')",
            name,
            due,
        )
    assert await words(settings) == [
        "Jobs that nobody works on: 1",
        "Regular work that does not run: \u2068tidy\u2069",
    ]


async def test_a_full_disk_is_said(db, settings):
    seen = msgspec.structs.replace(await looked(settings), free=2**30)
    with using("en"):
        assert [line.text for line in labels.concerns(seen, settings.zone)] == [
            "Little room is left on the disk."
        ]


@pytest.mark.parametrize(
    ("certificate", "said"),
    [
        (Certificate(NOON + timedelta(days=22)), []),
        (Certificate(NOON + timedelta(days=20)), ["The certificate of the portal ends on 11 December 2026."]),
        (
            Certificate(None, "certificate has expired"),
            ["The certificate of the portal could not be checked: \u2068certificate has expired\u2069"],
        ),
    ],
)
async def test_a_certificate_that_ends_soon_or_is_bad_is_said(db, settings, certificate, said):
    seen = msgspec.structs.replace(await looked(settings), certificate=certificate)
    with using("en"):
        assert [line.text for line in labels.concerns(seen, settings.zone)] == said


async def test_a_silent_incident_is_said(samples, settings):
    await posted(INCIDENT)
    since = "Incident without news since"
    assert not any(line.startswith(since) for line in await words(settings, NOON + HOUR))
    assert any(line.startswith(since) for line in await words(settings, NOON + 5 * HOUR))


async def test_units_are_said_to_which_complaints_go_and_for_which_nobody_active_works(db, settings):
    agency = Agency(slug="museum", name_fa="موزه", name_en="Museum")
    await agency.save()
    units = {}
    for kind in ("desk", "inspection", "appeals"):
        units[kind] = Unit(agency=agency.id, slug=f"museum-{kind}", kind=kind, name_fa=kind, name_en=kind)
        await units[kind].save()
    hears = "Complaints go to a unit for which nobody active works: {} — Museum"
    assert await words(settings) == [hears.format("appeals"), hears.format("inspection")]
    people = [await an_admin("inspector", role="staff"), await an_admin("gone", role="staff", state="locked")]
    for who, kind in zip(people, ("inspection", "appeals"), strict=True):
        await Account.update({Account.unit: units[kind].id}).where(Account.id == who.id)
    assert await words(settings) == [hears.format("appeals")]


async def test_a_service_whose_own_unit_hears_complaints_needs_somebody_active_there(samples, settings):
    lonely = await unit_people.unattended()
    assert "Complaints go to a unit for which nobody active works" in " ".join(await words(settings))
    unit = await Unit.objects().get(Unit.slug == lonely[0].slug)
    clerk = await an_admin("clerk", role="staff")
    await Membership(account=clerk.id, unit=unit.id).save()
    assert unit.slug not in {one.slug for one in await unit_people.unattended()}


async def test_who_approved_many_passwords_is_said(db, settings):
    chief = await an_admin("chief")
    for n in range(21):
        request = ResetRequest(
            no=1000 + n,
            account=chief.id,
            a_hmac=str(n),
            asked_at=NOON,
            ends_at=NOON + HOUR,
            address="",
            device="",
        )
        await request.save()
        await ResetApproval(request=request.id, admin=chief.id, method="person", evidence="", at=NOON).save()
    with using("en"):
        assert await words(settings) == ["\u2068chief\u2069 approved 21 new passwords within a day."]
        calm = [line.text for line in labels.calm(await looked(settings), settings.zone)]
    assert calm[-1] == "New passwords approved within a day: \u2068chief\u2069 21"


async def test_a_day_that_does_not_add_up_is_said_with_its_page(db, settings):
    for day, n_odd in ((20, 2), (19, 1)):
        await DayReport(
            day=date(2026, 11, day), figures="{}", oddities="[]", n_odd=n_odd, made_at=NOON
        ).save()
    with using("en"):
        line, other = labels.concerns(await looked(settings), settings.zone)
    assert line.text == "20 November 2026 does not add up: 2 oddities"
    assert other.text == "19 November 2026 does not add up: 1 oddity"
    assert line.path == "/admin/reconciliation/2026-11-20"


async def test_the_audit_log_is_checked_once_a_day_and_again_while_it_is_broken(db, settings):
    await audit.append("signed_in", now=NOON)
    await audit_log.seal(settings.secret_key)
    assert (await looked(settings)).audit.seq == 1
    await audit.append("signed_out", now=NOON)
    await audit_log.seal(b"somebody else's key, of thirty-two bytes")
    assert (await looked(settings, NOON + HOUR)).audit.at == NOON
    later = await looked(settings, NOON + 21 * HOUR)
    assert "row 2" in later.audit.broken
    assert (await words(settings, NOON + 22 * HOUR))[0].startswith("The audit log was changed")
    assert (await health.newest()).audit.at == NOON + 22 * HOUR


async def test_what_an_older_version_saw_is_looked_at_again(db, settings):
    await HealthReport(id=1, document='{"made_at": "2026-11-21T08:30:00Z"}', made_at=NOON).save()
    assert await health.newest() is None
    assert (await looked(settings)).made_at == NOON


async def sent(settings, now) -> list[OutboxMessage]:
    await digest.send_due(await looked(settings, now), zone=settings.zone, now=now)
    return await OutboxMessage.objects().where(OutboxMessage.template == digest.MAIL).output(load_json=True)


async def test_each_admin_gets_it_once_a_day_after_the_hour_has_struck(db, settings):
    await an_admin("second", locale="fa")
    await an_admin("gone", state="locked")
    await an_admin("boss", role="manager")
    assert await sent(settings, MORNING - timedelta(minutes=2)) == []
    got = await sent(settings, MORNING)
    assert {one.recipient for one in got} == {"reader@example.org", "second@example.org"}
    assert len(await sent(settings, MORNING + HOUR)) == 2
    assert len(await sent(settings, MORNING + 24 * HOUR)) == 4


async def test_it_can_be_turned_off(db, settings):
    await place.change("digest_on", False, by=None, now=NOON)
    assert await sent(settings, NOON) == []


@pytest.mark.parametrize(
    ("locale", "quiet", "busy"),
    [
        ("en", "all is well", "1 thing to look into"),
        ("fa", "همه‌چیز درست است", "۱ مورد برای بررسی"),
    ],
)
async def test_the_mail_says_in_its_readers_language_how_it_is(db, settings, locale, quiet, busy):
    await Account.update({"locale": locale}, force=True)
    render = MailTemplates(settings, rules.NAMES).render
    (first,) = await sent(settings, MORNING)
    mail = render(first.template, locale, digest.shown(first, settings))
    assert quiet in mail.subject
    assert len([line for line in mail.text.split("--")[0].splitlines() if line]) == 5  # and two of the link
    await OutboxMessage.update({"state": "sent", "ended_at": MORNING}, force=True)
    await OutboxMessage.raw("DELETE FROM pgqueuer")
    await message(1, "failed", error="no answer", at=MORNING + 20 * HOUR)
    second = (await sent(settings, MORNING + 24 * HOUR))[-1]
    mail = render(second.template, locale, digest.shown(second, settings))
    assert busy in mail.subject
    assert "/admin/mail" in mail.html

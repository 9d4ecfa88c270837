"""The sample data that ``portal demo`` shows."""

import re
import stat
from datetime import timedelta

import msgspec
import pytest

from db.accounts import Account, ContactPoint, Membership
from db.availability import AvailabilitySpan
from db.cases import Case, CaseEvent
from db.feedback import Tip
from db.notices import Notice
from db.operations import DayReport
from db.ratings import Rating
from db.services import Unit
from portal import demo, demo_people, settings
from portal.cases import ratings
from portal.cases.rules import KINDS, OUTCOMES, STATES
from portal.demo import fill
from portal.demo_people import PEOPLE
from portal.demo_stories import stories
from portal.notices import measured, queries, rules
from portal.security import passwords
from portal.services.queries import catalogue
from portal.settings import SettingError
from tests.conftest import NOON

STORIES = stories()


@pytest.fixture(autouse=True)
def cheap_hashing(monkeypatch):
    async def hash_password(password: str) -> str:
        return f"kept:{password}"

    async def verify(kept: str, password: str) -> bool:
        return kept == f"kept:{password}"

    monkeypatch.setattr(passwords, "hash_password", hash_password)
    monkeypatch.setattr(passwords, "verify", verify)


@pytest.fixture
def own(tmp_path):
    return settings.load({"PORTAL_DATA_DIR": str(tmp_path)})


async def test_every_role_has_its_account(db, own):
    logins = await fill(own, now=NOON)
    assert [login.username for login in logins] == [person.username for person in PEOPLE]
    assert {row["role"] for row in await Account.select(Account.role)} == {p.role for p in PEOPLE}


async def test_every_unit_has_somebody_who_can_go_on_with_what_comes_to_it(db, own):
    await fill(own, now=NOON)
    staffed = {row["unit"] for row in await Membership.select(Membership.unit)}
    staffed |= {row["unit"] for row in await Account.select(Account.unit)}
    assert {row["id"] for row in await Unit.select(Unit.id)} <= staffed


async def test_the_password_is_kept_for_the_operator_alone(db, own):
    logins = await fill(own, now=NOON)
    path = own.data_dir / "demo_password"
    assert {login.password for login in logins} == {path.read_text()}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_a_second_run_loads_nothing_twice(db, own):
    first = await fill(own, now=NOON)
    before = (await Case.count(), await CaseEvent.count(), await Account.count())
    assert await fill(own, now=NOON + timedelta(days=3)) == first
    assert (await Case.count(), await CaseEvent.count(), await Account.count()) == before


async def test_a_password_somebody_changed_stays(db, own):
    await fill(own, now=NOON)
    await Account.update({Account.password_hash: "kept:another"}).where(Account.username == "admin")
    logins = await fill(own, now=NOON)
    assert (logins[0].username, logins[0].password) == ("admin", demo_people.CHANGED)
    assert await Account.exists().where(Account.password_hash == "kept:another")


async def test_who_runs_the_site_and_who_applies_can_be_reached(db, own):
    await fill(own, now=NOON)
    rows = await ContactPoint.select(ContactPoint.account.username, ContactPoint.kind).where(
        ContactPoint.verified_at.is_not_null()
    )
    reached = {(row["account.username"], row["kind"]) for row in rows}
    assert reached == {(name, kind) for name in ("admin", "admin2", "citizen") for kind in ("email", "phone")}


async def test_what_an_account_filed_bears_the_name_of_its_holder(db, own):
    await fill(own, now=NOON)
    names = {person.username: person.display_name for person in PEOPLE}
    told = [story for story in STORIES if story.account]
    assert all(names[story.account].startswith(story.name) for story in told)
    (citizen,) = {(story.email, story.phone) for story in told if story.account == "citizen"}
    assert citizen == next((one.email, one.phone) for one in PEOPLE if one.username == "citizen")


async def test_the_console_says_who_there_is_and_where_the_mail_lies(db, own):
    logins = await fill(own, now=NOON)
    said = demo.welcome(own, logins)
    assert f"in {own.data_dir}/mail and at http://localhost:8000/admin/mail" in said
    assert "http://localhost:8000/accounts/sign-in" in said
    assert re.search(r"inspector +\S+ +\(clerk, hears complaints\)", said)
    sending = msgspec.structs.replace(own, smtp_url="smtp://user:secret@mail.example")
    assert not {"not sent", "secret"} & set(re.findall("not sent|secret", demo.welcome(sending, logins)))
    elsewhere = msgspec.structs.replace(own, base_url="https://desk.example")
    assert "it lies at https://desk.example/admin/mail" in demo.welcome(elsewhere, logins)


async def test_a_given_password_that_is_too_easy_is_refused(db, own):
    easy = msgspec.structs.replace(own, demo_password="secret")
    with pytest.raises(SettingError, match="PORTAL_DEMO_PASSWORD"):
        await fill(easy, now=NOON)


async def test_the_cases_stand_in_every_state_and_outcome(db, own):
    await fill(own, now=NOON)
    rows = await Case.select(Case.state, Case.outcome)
    assert {row["state"] for row in rows} == set(STATES)
    assert {row["outcome"] for row in rows} >= set(OUTCOMES)


async def test_nothing_happens_after_now_or_before_what_came_before(db, own):
    await fill(own, now=NOON)
    for case in await Case.select(Case.id):
        rows = await CaseEvent.select(CaseEvent.at).where(CaseEvent.case == case["id"]).order_by(CaseEvent.n)
        times = [row["at"] for row in rows]
        assert times == sorted(times)
        assert times[-1] <= NOON


async def test_outages_are_past_and_ahead_and_were_looked_at(db, own):
    await fill(own, now=NOON)
    stages = [rules.stage(one, NOON) for one in await queries.published(now=NOON)]
    assert stages == ["ahead", "over", "over"]
    report = await measured.report(zone=own.zone, now=NOON)
    down = {of.slug: of.stretches[90].uptime.down // 60 for of in report.services}
    assert down.pop("yearbook-tehran") == 105
    assert down.pop("performance-evaluation") == 47
    assert set(down.values()) == {0}
    assert {of.stretches[30].uptime.unknown // 60 for of in report.services} == {0}
    assert {of.stretches[90].uptime.observed // 60 for of in report.services} == {56 * 1440 - 7 * 60}


async def test_the_last_day_is_reckoned_and_adds_up(db, own):
    monday = NOON + timedelta(days=2)
    await fill(own, now=monday)
    (report,) = await DayReport.objects()
    assert (report.day, report.n_odd) == ((monday - timedelta(days=1)).date(), 0)


async def test_two_applicants_said_how_it_was_handled_one_happy_and_one_not(db, own):
    await fill(own, now=NOON)
    scores = {row["score"] for row in await Rating.select().where(Rating.at.is_not_null())}
    assert len(scores) == 2
    assert min(scores) <= ratings.POOR < max(scores)


async def test_outages_are_told_once(db, own):
    await fill(own, now=NOON)
    before = (await Notice.count(), await AvailabilitySpan.count())
    await fill(own, now=NOON + timedelta(days=3))
    assert (await Notice.count(), await AvailabilitySpan.count()) == before


async def test_some_promises_are_late_and_some_are_not(db, own):
    await fill(own, now=NOON)
    assert await Case.exists().where(Case.next_due_at < NOON)
    assert await Case.exists().where(Case.next_due_at > NOON)


@pytest.mark.parametrize("one", [*STORIES, *PEOPLE])
def test_the_people_are_invented(one):
    assert not one.phone or one.phone.startswith("+98900000")
    assert not one.email or one.email.endswith(".example")


@pytest.mark.parametrize(
    "story", [story for story in STORIES if story.kind == "request"], ids=lambda story: story.key
)
def test_the_answers_are_to_questions_the_service_asks(story):
    fields = {field.key: field for field in demo_file(story).form}
    for key, value in story.answers.items():
        chosen = value if isinstance(value, list) else [value]
        options = {option.value for option in fields[key].options}
        assert not options or set(chosen) <= options
    asked = {key for key, field in fields.items() if field.required and field.kind != "file"}
    assert asked <= set(story.answers)


def demo_file(story):
    from portal.services.actions import read_sample

    return read_sample(story.service)


async def test_feedback_of_every_kind_is_there_and_lies_where_it_is_heard(db, own):
    await fill(own, now=NOON)
    rows = await Case.select(Case.kind, Case.topic, Case.about_case, Case.unit.kind, Case.state)
    assert {row["kind"] for row in rows} == set(KINDS)
    assert {row["unit.kind"] for row in rows if row["kind"] == "complaint"} == {"inspection"}
    assert all(row["about_case"] for row in rows if row["topic"] == "case")
    assert await Tip.select(Tip.state).order_by(Tip.at) == [{"state": "read"}, {"state": "new"}]
    assert "electronic-desk" not in [card.slug for card in await catalogue(now=NOON)]

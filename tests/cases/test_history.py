"""The life of a case: which moves there are, what they leave behind, and that nobody can rewrite it."""

from datetime import timedelta
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from db.cases import Case, CaseEvent
from db.outbox import OutboxMessage
from portal.cases import actions, desk_actions, rules
from portal.cases.events import Event, Standing, after, broken_link, fold
from portal.cases.record import Stale, standing_of
from portal.errors import Conflict
from tests.cases.factories import a_case, a_clerk
from tests.conftest import NOON

HOUR = timedelta(hours=1)
KINDS = sorted({kind for kind, _state in rules.MOVES})
SOMEBODY = UUID(int=7)


async def history(case_id: UUID) -> list[tuple[Event, str]]:
    """The stored events of a case with their stored hashes, first to last."""
    rows = (
        await CaseEvent.select().where(CaseEvent.case == case_id).order_by(CaseEvent.n).output(load_json=True)
    )
    names = Event.__struct_fields__
    return [(Event(**{name: row[name] for name in names}), row["hash"]) for row in rows]


async def a_whole_life() -> UUID:
    """Filed, taken, asked, answered back, answered, closed."""
    clerk = await a_clerk()
    case_id = (await a_case()).case_id
    await desk_actions.take(case_id, clerk=clerk, seen=1, now=NOON + HOUR)
    await desk_actions.ask(case_id, clerk=clerk, seen=2, body="کدام سال؟", now=NOON + 2 * HOUR)
    await actions.reply(case_id, body="سال ۱۴۰۴", now=NOON + 3 * HOUR)
    await desk_actions.answer(case_id, clerk=clerk, seen=4, body="پیوست شد.", now=NOON + 4 * HOUR)
    await desk_actions.close(
        case_id, clerk=clerk, seen=5, outcome="done", reason="تحویل شد.", now=NOON + 5 * HOUR
    )
    return case_id


async def test_the_row_of_a_case_is_what_its_events_fold_to(db):
    case_id = await a_whole_life()

    case = await Case.objects().get(Case.id == case_id)
    events = [event for event, _hash in await history(case_id)]
    assert standing_of(case) == fold(events)
    assert (case.state, case.outcome, case.next_due_at) == ("closed", "done", None)


async def test_a_history_read_back_proves_itself(db):
    assert broken_link(await history(await a_whole_life())) is None


@pytest.mark.parametrize("place", [1, 3, 6])
async def test_a_rewritten_event_is_found_at_its_place(db, place):
    chain = await history(await a_whole_life())
    event, stored = chain[place - 1]
    chain[place - 1] = (msgspec.structs.replace(event, at=event.at + HOUR), stored)
    assert broken_link(chain) == place


async def test_a_missing_event_is_found(db):
    chain = await history(await a_whole_life())
    assert broken_link(chain[:2] + chain[3:]) == 3


async def test_every_event_that_concerns_the_applicant_mails_once(db):
    await a_whole_life()
    sent = await OutboxMessage.select(OutboxMessage.template).order_by(OutboxMessage.created_at)
    names = [row["template"].removeprefix("cases/mail/") for row in sent]
    assert names == ["filed", "asked", "answered", "closed"]


async def test_an_internal_note_mails_nobody(db):
    case_id, clerk = (await a_case()).case_id, await a_clerk()
    await desk_actions.note(case_id, clerk=clerk, seen=1, body="زنگ زدم", now=NOON)
    assert await OutboxMessage.count() == 1


async def test_an_applicant_without_e_mail_gets_no_mail_but_the_same_life(db):
    filed = await a_case(contact_email=None)
    assert await OutboxMessage.count() == 0
    assert await Case.exists().where(Case.id == filed.case_id)


async def test_a_case_that_moved_on_refuses_the_second_clerk(db):
    case_id, clerk = (await a_case()).case_id, await a_clerk()
    await desk_actions.take(case_id, clerk=clerk, seen=1, now=NOON)
    with pytest.raises(Stale):
        await desk_actions.answer(case_id, clerk=clerk, seen=1, body="دیر", now=NOON)
    assert await CaseEvent.count().where(CaseEvent.case == case_id) == 2


async def test_an_ended_case_takes_no_reply(db):
    case_id = (await a_case()).case_id
    await actions.withdraw(case_id, reason="", now=NOON)
    with pytest.raises(Conflict):
        await actions.reply(case_id, body="راستی", now=NOON)


async def test_answering_back_puts_the_case_in_the_queue_again(db):
    case_id, clerk = (await a_case()).case_id, await a_clerk()
    await desk_actions.answer(case_id, clerk=clerk, seen=1, body="بفرمایید", now=NOON)
    assert (await Case.objects().get(Case.id == case_id)).next_due_at is None

    await actions.reply(case_id, body="این نبود", now=NOON + HOUR)

    case = await Case.objects().get(Case.id == case_id)
    assert case.state == "in_review"
    assert case.next_due_at > NOON + HOUR


async def test_the_app_can_not_rewrite_history(committed):
    rows = await CaseEvent.raw(
        "SELECT has_table_privilege(current_user, 'case_event', 'UPDATE') AS change,"
        " has_table_privilege(current_user, 'case_event', 'DELETE') AS remove,"
        " has_table_privilege(current_user, 'case_event', 'INSERT') AS add"
    )
    assert rows == [{"change": False, "remove": False, "add": True}]


@given(st.lists(st.sampled_from(KINDS), max_size=25))
@limits(max_examples=300, deadline=None)
def test_any_order_of_moves_keeps_the_rules(kinds):
    standing = after(Standing(), an_event("filed", 1))
    for kind in kinds:
        if not rules.allowed(kind, standing.state):
            with pytest.raises(KeyError):
                after(standing, an_event(kind, standing.version + 1))
            continue
        before, standing = standing, after(standing, an_event(kind, standing.version + 1))
        assert standing.state in rules.STATES
        assert standing.version == before.version + 1
        # An ended case stays ended unless its applicant opens it again; what was promised once stays promised.
        assert (
            before.state not in rules.ENDED_STATES
            or kind in rules.OPENING_AGAIN
            or standing.state == before.state
        )
        assert standing.first_answer_due_at == before.first_answer_due_at
        assert before.first_answer_at is None or standing.first_answer_at == before.first_answer_at
        assert standing.first_answer_at is not None or kind not in rules.FIRST_ANSWERS


def an_event(kind: str, n: int) -> Event:
    due = {"first_answer_due_at": NOON + HOUR, "result_due_at": NOON + 9 * HOUR}
    data = {
        "filed": {name: moment.isoformat() for name, moment in due.items()},
        "taken": {"assignee": str(SOMEBODY)},
        "referred": {"unit": str(SOMEBODY)},
        "closed": {"outcome": "done"},
    }
    return Event(
        case=SOMEBODY,
        n=n,
        kind=kind,
        actor_role="staff",
        actor=None,
        data=data.get(kind, {}),
        text_hash=None,
        at=NOON + n * HOUR,
        prev_hash="",
    )

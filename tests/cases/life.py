"""The life of a case and of a complaint about it: everybody does anything in any order, and what must hold holds."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from db.cases import Case, DeadNumber
from db.clocks import ClockFact
from db.receipts import Receipt
from portal.audit_log.actions import seal
from portal.audit_log.verify import check_chain
from portal.cases import actions, erasure, renumbering, rules, watch
from portal.cases.actions import Filed
from portal.cases.events import broken_link, fold
from portal.cases.record import standing_of
from tests.cases.factories import BROWSER, KEY
from tests.cases.staffs import APPLICANT, NOTE, PEOPLE, VERBS, World, known_verbs, made
from tests.cases.test_history import history
from tests.conftest import NOON

WAITS = [timedelta(hours=hours) for hours in (0.01, 1, 7, 30, 24 * 15, 24 * 40, -1, -24 * 365)]
VERB, ANYBODY = st.sampled_from(sorted(VERBS)), st.sampled_from(sorted(PEOPLE))
LATE = st.sampled_from([0, 0, 0, 1])
"""How many events a clerk has not seen yet."""
DUE_DATES = ("first_answer_due_at", "result_due_at", "next_due_at")


class Life(RuleBasedStateMachine):
    """Steps of the desk, of applicants and of the clock. ``world`` is given before the first run."""

    world: ClassVar[World]
    steps: ClassVar[int] = 0
    happened: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.world.begin()
        self.now = NOON

    def of(self, complaint: bool) -> Filed:
        return self.world.complaint if complaint and self.world.complaint else self.world.case

    # ---- Steps ----

    @rule(wait=st.sampled_from(WAITS))
    def time_passes(self, wait: timedelta) -> None:
        self.now = max(self.now + wait, NOON - timedelta(days=365))

    @precondition(lambda self: self.world.complaint is None)
    @rule()
    def complain(self) -> None:
        self.world.do(self.world.complain(""))
        self.check(self.of(True))

    @rule(verb=VERB, who=st.sampled_from(["clerk", "both", "manager"]), other=ANYBODY, late=LATE)
    def work(self, verb: str, who: str, other: str, late: int) -> None:
        self.desk(self.of(False), verb, who, other, late)

    @rule(verb=VERB, who=st.sampled_from(["inspector", "second", "judge"]), other=ANYBODY, late=LATE)
    def hear(self, verb: str, who: str, other: str, late: int) -> None:
        self.desk(self.of(True), verb, who, other, late)

    @rule(complaint=st.booleans(), verb=VERB, who=ANYBODY, other=ANYBODY)
    def meddle(self, complaint: bool, verb: str, who: str, other: str) -> None:
        self.desk(self.of(complaint), verb, who, other, 0)

    @rule(complaint=st.booleans(), verb=st.sampled_from(sorted(APPLICANT)))
    def write(self, complaint: bool, verb: str) -> None:
        words = {"body": NOTE} if verb == "reply" else {"reason": NOTE}
        self.make(self.of(complaint), APPLICANT[verb], **words)

    @rule(complaint=st.booleans(), what=st.sampled_from(["look"] * 8 + ["rotate", "withdraw", "erase"]))
    def seldom(self, complaint: bool, what: str) -> None:
        filed = self.of(complaint)
        if what == "look":
            self.world.do(made(watch.look_at(filed.case_id, now=self.now)))
            self.check(filed)
        elif what == "rotate":
            number = self.world.do(row_of(filed)).number
            self.make(filed, renumbering.rotate, number=number, browser=BROWSER, key=KEY)
        elif what == "withdraw":
            self.make(filed, actions.withdraw, reason=NOTE)
        else:
            self.make(filed, erasure.erase)

    def desk(self, filed: Filed, verb: str, who: str, other: str, late: int) -> None:
        seen = self.world.do(self.world.version(filed)) - late
        more = VERBS[verb](self.world, other)
        self.make(filed, known_verbs()[verb], clerk=self.world.ids[who], seen=seen, **more)

    # ---- What must hold ----

    def make(self, filed: Filed, verb: Any, **words: Any) -> None:
        """One more event that the rules allow, or nothing at all."""
        before = self.world.do(row_of(filed))
        accepted = self.world.do(made(verb(filed.case_id, now=self.now, **words)))
        after, kind = self.check(filed)
        if not accepted or after.version == before.version:
            assert standing_of(after) == standing_of(before)
            return
        assert after.version == before.version + 1
        assert rules.allowed(kind, before.state)
        assert rules.fits(kind, before.kind)
        assert before.erased_at is None
        self.happened[kind] += 1

    def check(self, filed: Filed) -> tuple[Case, str]:
        """The case as it is, and what happened to it last; its history is whole and no time is negative."""
        type(self).steps += 1
        return self.world.do(whole(filed))

    def teardown(self) -> None:
        self.world.do(logged())


async def row_of(filed: Filed) -> Any:
    return await Case.objects().get(Case.id == filed.case_id).output(load_json=True)


async def whole(filed: Filed) -> tuple[Case, str]:
    case, chain = await row_of(filed), await history(filed.case_id)
    events = [event for event, _hash in chain]
    assert broken_link(chain) is None
    assert standing_of(case) == fold(events)
    assert [event.at for event in events] == sorted(event.at for event in events)
    dates: list[datetime | None] = [getattr(case, name) for name in DUE_DATES]
    assert all(at >= case.filed_at for at in dates if at), "due before it was filed"
    assert case.state not in rules.ENDED_STATES or case.next_due_at is case.paused_until is None
    assert case.next_due_at is None or case.owed_since <= case.next_due_at
    for fact in await ClockFact.select().where(ClockFact.case == filed.case_id):
        assert fact["started_at"] <= fact["stopped_at"]
        assert min(fact["used"], fact["paused_s"]) >= 0
    await codes_are_unique()
    signed = [event.kind for event in events if event.kind == "filed" or event.kind in rules.RESULTS]
    assert await Receipt.count().where(Receipt.case == filed.case_id) == len(signed)
    return case, events[-1].kind


async def codes_are_unique() -> None:
    """No number leads to two cases, and none that was replaced leads anywhere."""
    live = [row["number"] for row in await Case.select(Case.number)]
    dead = [row["number"] for row in await DeadNumber.select(DeadNumber.number)]
    assert len({*live, *dead}) == len(live) + len(dead)


async def logged() -> None:
    """The audit log has an entry for every event, sealed."""
    await seal(KEY, everything=True)
    verdict = await check_chain([KEY])
    assert (verdict.broken, verdict.n_unsealed) == (None, 0)

"""What people do around a reset, in any order, against a model that says what must come of it."""

from __future__ import annotations

from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule

from portal import smtp
from portal.errors import PortalError, TooMany
from portal.resets import actions, approvals, mails
from portal.resets.approvals import Approver
from portal.settings import Settings
from tests.conftest import NOON
from tests.resets.lab import MAILS, ROLES, Lab
from tests.resets.model import (
    DAY,
    FRESH,
    GARBAGE,
    HOURS_72,
    PROOFS,
    TEN_MINUTES,
    WHOLE,
    Asked,
)
from tests.resets.people import PHRASE


class Steps(RuleBasedStateMachine):
    """Steps of people, honest and not. ``lab`` and ``settings`` are given before the first run."""

    lab: ClassVar[Lab]
    settings: ClassVar[Settings]
    runs: ClassVar[int] = 0
    requests = Bundle("requests")

    def __init__(self) -> None:
        super().__init__()
        type(self).runs += 1
        self.lab.undo()
        self.now = NOON
        self.asked: dict[int, Asked] = {}
        self.hashes = self.lab.hashes()
        self.passwords = dict.fromkeys(ROLES, PHRASE)
        self.changed: dict[str, datetime] = {}
        self.counts: dict[tuple[str, Any], int] = {}
        self.named: dict[tuple[str, Any], int] = {}
        self.steps = 0

    def tried(self, work: Coroutine[Any, Any, Any]) -> Any:
        """What the verb returned, or the error with which it refused."""
        try:
            return self.lab.do(work)
        except (PortalError, smtp.Permanent) as refusal:
            return refusal

    def anywhere(self) -> str:
        """An address of nobody else's network, so that limits per network stay out of the way."""
        self.steps += 1
        return f"10.{self.steps // 250}.{self.steps % 250}.1"

    # ---- Asking ----

    @rule(target=requests, user=st.sampled_from([*ROLES, "ghost"]), by_address=st.booleans())
    def ask(self, user: str, by_address: bool = False) -> Any:
        typed = f"{user}0@sample.example" if by_address else user
        before = self.lab.notices("asked", user)
        made = self.tried(
            actions.ask(
                typed,
                by=None,
                address=self.anywhere(),
                device="",
                key=self.settings.secret_key,
                now=self.now,
            )
        )
        named, day = (typed, self.now.date()), (user if user in ROLES else typed, self.now.date())
        self.named[named] = self.named.get(named, 0) + 1
        if self.named[named] > 3:
            assert isinstance(made, actions.AskedEnough)
            assert self.lab.notices("asked", user) == before
            return multiple()
        self.counts[day] = self.counts.get(day, 0) + 1
        counts_for_something = self.counts[day] <= 3
        if counts_for_something and user in ROLES:
            self.supersede(user)
        told = self.lab.notices("asked", user) - before
        assert told == (MAILS if counts_for_something and user in ROLES else 0)
        state = "open" if counts_for_something else "void"
        self.asked[made.no] = Asked(made.no, user, made.cookie, self.now, state)
        return made.no

    def supersede(self, user: str) -> None:
        for one in self.asked.values():
            if one.user == user and one.state in ("open", "approved"):
                one.state = "superseded"

    # ---- Approving ----

    @rule(
        no=requests,
        admin=st.sampled_from(["admin1", "admin2", "admin3", "clerk", "alice"]),
        proof=st.sampled_from(sorted(PROOFS)),
        hand_over=st.sampled_from(["voice", "voice", "mail"]),
        in_own_browser=st.booleans(),
        knows_password=st.sampled_from([True, True, True, False]),
    )
    def approve(
        self,
        no: int,
        admin: str,
        proof: str = "card",
        hand_over: str = "voice",
        in_own_browser: bool = False,
        knows_password: bool = True,
    ) -> None:
        one = self.asked[no]
        approver = Approver(
            account=self.lab.ids[admin],
            cookie=one.cookie if in_own_browser else "",
            address=self.anywhere(),
        )
        told, logged = self.lab.notices("approved", one.user), self.lab.logged("reset_not_approved")
        result = self.tried(
            approvals.approve(
                no,
                approver=approver,
                password=self.passwords[admin] if knows_password else "somebody else's words",
                proof=PROOFS[proof],
                hand_over=hand_over,
                keys=self.settings.keys,
                now=self.now,
            )
        )
        if isinstance(result, TooMany):
            return
        good = self.may_approve(one, admin, proof) and knows_password and not in_own_browser
        assert isinstance(result, approvals.Approved) == good, (one, admin, proof, result)
        if not good:
            assert self.lab.logged("reset_not_approved") == logged + 1
            return
        assert self.lab.notices("approved", one.user) == told + MAILS
        one.approved_by.add(admin)
        self.after_approval(one, result, hand_over)

    def may_approve(self, one: Asked, admin: str, proof: str) -> bool:
        changed = self.changed.get(one.user)
        cooling = changed is not None and self.now - changed < timedelta(days=30) and self.now < one.at + DAY
        return (
            ROLES.get(admin) == "admin"
            and one.user in ROLES
            and one.state == "open"
            and self.now < one.at + HOURS_72
            and admin != one.user
            and admin not in one.approved_by
            and proof in WHOLE
            and not cooling
        )

    def after_approval(self, one: Asked, result: approvals.Approved, hand_over: str) -> None:
        needed = 1 if ROLES[one.user] == "citizen" else 2
        assert result.missing == needed - len(one.approved_by)
        assert bool(result.code) == (result.missing == 0 and hand_over == "voice")
        if result.missing == 0:
            one.state, one.code, one.by_mail = "approved", result.code, hand_over == "mail"
            one.until = self.now + (DAY if one.by_mail else TEN_MINUTES)

    @rule(no=requests, admin=st.sampled_from(["admin1", "clerk"]))
    def refuse(self, no: int, admin: str) -> None:
        one = self.asked[no]
        result = self.tried(approvals.refuse(no, admin=self.lab.ids[admin], now=self.now))
        good = ROLES[admin] == "admin" and one.state in ("open", "approved")
        assert (result is None) == good
        if good:
            one.state = "void"

    @rule(no=requests)
    def send_mail(self, no: int) -> None:
        """The worker sends the mail with half B, perhaps again; the newest counts."""
        one, message = self.asked[no], self.lab.code_mail(no)
        assert (message is not None) == one.by_mail
        if message is None:
            return
        assert message.recipient.startswith(one.user)
        result = self.tried(mails.prepared(message, self.settings, now=self.now))
        assert isinstance(result, smtp.Permanent) != one.waits(self.now)
        if one.waits(self.now):
            one.code = result["code"]

    # ---- Redeeming ----

    @rule(
        no=requests,
        other=requests,
        who=st.sampled_from(["owner", "owner", "admin without A", "guesser", "other browser"]),
        password=st.sampled_from([*FRESH, "short", PHRASE]),
    )
    def redeem(self, no: int, other: int, who: str = "owner", password: str = FRESH[0]) -> None:
        one = self.asked[no]
        cookie = {"admin without A": f"{no}.{'x' * 22}", "other browser": self.asked[other].cookie}.get(
            who, one.cookie
        )
        tried_on = {"admin without A": None, "other browser": self.asked[other]}.get(who, one)
        code = GARBAGE if who == "guesser" else one.code
        old, sessions = self.passwords.get(one.user), self.lab.sessions()
        result = self.tried(
            actions.redeem(
                cookie,
                code,
                password,
                address=self.anywhere(),
                keys=self.settings.keys,
                now=self.now,
            )
        )
        right = tried_on is one and one.waits(self.now) and one.code != "" and code == one.code
        good = right and len(password) >= 15 and password != old
        assert (result is None) == good, (one, who, password, result)
        if good:
            self.after_redeem(one, password)
        else:
            if not right and tried_on is not None and tried_on.waits(self.now):
                self.wrong_try(tried_on)
            assert self.lab.sessions() == sessions

    def wrong_try(self, one: Asked) -> None:
        one.tries += 1
        if one.tries >= 5:
            one.state = "void"

    def after_redeem(self, one: Asked, password: str) -> None:
        one.state = "used"
        one.tries += 1
        assert len(one.approved_by) >= (1 if ROLES[one.user] == "citizen" else 2)
        assert self.lab.sessions()[one.user] == 0
        used = sum(each.user == one.user and each.state == "used" for each in self.asked.values())
        assert self.lab.notices("changed", one.user) == MAILS * used
        before, self.hashes = self.hashes, self.lab.hashes()
        assert {name for name in before if before[name] != self.hashes[name]} == {one.user}
        self.passwords[one.user] = password

    @invariant()
    def only_redeeming_changes_a_password(self) -> None:
        assert self.lab.hashes() == self.hashes

    @invariant()
    def every_request_stands_as_it_should(self) -> None:
        assert self.lab.requests() == {one.no: (one.state, one.tries) for one in self.asked.values()}

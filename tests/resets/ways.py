"""The steps of a reset put together to longer ways, and the world that goes on around them."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.resets.lab import ROLES
from tests.resets.machine import Steps
from tests.resets.model import DAY, FRESH, PROOFS, TEN_MINUTES, WAYS_TO_APPROVE
from tests.resets.people import PHRASE


class ResetMachine(Steps):
    """Everything that may happen. Single steps alone would seldom get as far as a code."""

    # ---- Longer ways, which single steps would seldom find ----

    @rule(
        target=Steps.requests,
        user=st.sampled_from(["alice", "clerk", "admin1"]),
        admins=st.sampled_from(WAYS_TO_APPROVE),
        proof=st.sampled_from(["card", "call", "card", "call", *PROOFS]),
        hand_over=st.sampled_from(["voice", "mail"]),
        slow=st.sampled_from([0, 0, 0, 0, 71, 72]),
        careless=st.sampled_from([{}, {}, {}, {"knows_password": False}, {"in_own_browser": True}]),
    )
    def to_approval(
        self, user: str, admins: str, proof: str, hand_over: str, slow: int, careless: dict[str, bool]
    ) -> int:
        """A request is asked and looked at by admins, some of whom may not approve it."""
        if self.counts.get((user, self.now.date()), 0) >= 3:
            self.now += DAY
        self.lab.sign_in(user, self.now)
        no = self.ask(user)
        self.now += timedelta(hours=slow)
        for admin in admins.split():
            self.approve(no, user if admin == "self" else admin, proof, hand_over, **careless)
        self.send_mail(no)
        return no

    @rule(
        user=st.sampled_from(["alice", "clerk", "admin1"]),
        late=st.sampled_from([timedelta(0), TEN_MINUTES - timedelta(seconds=1), TEN_MINUTES, DAY]),
        hand_over=st.sampled_from(["voice", "mail"]),
        wrong=st.sampled_from([0, 0, 1, 4, 5]),
        who=st.sampled_from(["owner", "owner", "owner", "admin without A", "guesser"]),
        password=st.sampled_from([*FRESH, "short", PHRASE]),
        refused=st.sampled_from([False, False, False, True]),
    )
    def whole_way(
        self,
        user: str,
        late: timedelta,
        hand_over: str,
        wrong: int,
        who: str,
        password: str,
        refused: bool,
    ) -> None:
        """An approved request is used in every way, also after wrong codes, too late, refused, and once more."""
        no = self.to_approval(user, "admin2 admin3", "card", hand_over, 0, {})
        if refused:
            self.refuse(no, "admin1")
        for _ in range(wrong):
            self.redeem(no, no, "guesser")
        self.now += late
        self.redeem(no, no, who, password)
        self.redeem(no, no, "owner", FRESH[1])
        self.redeem(no, no, "owner", FRESH[2])

    # ---- The world goes on ----

    @rule(minutes=st.sampled_from([1, 9, 11, 60, 23 * 60, 50 * 60]))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(name=st.sampled_from(sorted(ROLES)))
    def sign_in(self, name: str) -> None:
        self.lab.sign_in(name, self.now)

    @rule(name=st.sampled_from(["alice", "clerk"]))
    def change_address(self, name: str) -> None:
        self.lab.change_address(name, self.now)
        self.changed[name] = self.now

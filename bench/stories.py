"""Life stories of cases, told through the portal's own verbs in the past: what the generator makes copies of.

Between two deeds the clock's watch looks at a case as the worker would, so that warnings and missed promises stand in
its history, too.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec

from bench.words import Draw
from db.accounts import Account, Membership
from db.cases import AccessGrant, Case
from db.engine import atomic, connection_of_transaction
from db.outbox import OutboxMessage
from db.services import Service
from portal.cases import access, actions, complaints, desk_actions, ratings, watch
from portal.cases.submission import FilingDraft
from portal.feedback import actions as feedback
from portal.services.actions import SAMPLE_ORDER
from portal.services.queries import ServiceView, service_by_slug
from portal.uploads import StoredFile

SPAN = timedelta(days=730)
FRESH = timedelta(days=10)
FRESH_SHARE = 0.1
"""How many were filed lately, so that about one case in twelve is still open."""
CLERKS = 40
MOST_LOOKS = 40
KINDS = ((88, "request"), (5, "complaint"), (3, "suggestion"), (2, "comment"), (2, "thanks"))
_LIVES = {
    "request": (
        (40, "take answer close rate"),
        (20, "take ask reply answer close rate"),
        (10, "take note answer reply answer close"),
        (6, "take refer take answer close rate"),
        (8, "take reject"),
        (5, "withdraw"),
        (6, "take inform extend answer close"),
        (5, "take answer close reopen answer close"),
    ),
    "complaint": ((4, "take decide"), (1, "take ask reply decide appeal take decide")),
    "": ((1, "take answer close"),),
}
_WAITS = {"take": 6, "note": 4, "ask": 8, "reply": 40, "close": 20, "rate": 30, "reopen": 60, "appeal": 90}
"""Hours before each deed, on average; the others take a day."""
_JOBS = "DELETE FROM pgqueuer WHERE entrypoint = 'deliver'"
_SENT = """
    UPDATE outbox_message SET state = 'sent', attempts = 1, ended_at = created_at + interval '2 seconds'
    WHERE state = 'queued'
"""


class Cast(msgspec.Struct, frozen=True):
    """Who takes part: the services' addresses, the clerks, and the key of the site.

    ``files`` is the share of those who send a file along, of which only the row is made.
    """

    slugs: tuple[str, ...]
    clerks: list[UUID]
    key: bytes
    files: float


class Life(msgspec.Struct, frozen=True):
    """One case while it is told; whoever does something does it at ``now``."""

    case: UUID
    clerk: UUID
    draw: Draw
    now: datetime

    @property
    def deed(self) -> dict[str, Any]:
        return {"clerk": self.clerk, "seen": 1_000, "now": self.now}

    @property
    def body(self) -> str:
        return self.draw.words(25)


async def clerks(now: datetime) -> None:
    """Forty people work in every unit there is."""
    made = [
        Account(
            username=f"clerk-{n}",
            display_name=f"کارشناس {n}",
            role="staff",
            password_hash="!",
            created_at=now,
        )
        for n in range(CLERKS)
    ]
    await Account.insert(*made).on_conflict(action="DO NOTHING")
    await Membership.raw(
        "INSERT INTO membership (id, account, unit) SELECT gen_random_uuid(), a.id, u.id FROM account a, unit u"
        " WHERE a.username LIKE 'clerk-%' ON CONFLICT DO NOTHING"
    )


async def cast(key: bytes, *, files: float) -> Cast:
    """Everybody who is there."""
    slugs = (
        await Service.select(Service.slug).where(Service.slug.is_in(list(SAMPLE_ORDER))).output(as_list=True)
    )
    people = await Account.select(Account.id).where(Account.username.like("clerk-%")).output(as_list=True)
    return Cast(tuple(slugs), list(people), key, files)


async def tell(cast: Cast, draw: Draw, *, now: datetime) -> UUID:
    """One more case has lived up to ``now``, filed in the last two years."""
    kind = draw.weighted(KINDS)
    at = now - (FRESH if draw.random.random() < FRESH_SHARE else SPAN) * draw.random.random()
    case = await _file(cast, draw, kind, at)
    clerk = draw.random.choice(cast.clerks)
    for deed in draw.weighted(_LIVES.get(kind, _LIVES[""])).split():
        at += timedelta(hours=draw.random.expovariate(1 / _WAITS.get(deed, 24)))
        if at >= now:
            break
        await _watched(case, at)
        if deed == "appeal":  # nobody hears an appeal against what they decided
            clerk = draw.random.choice([other for other in cast.clerks if other != clerk])
        await _DEEDS[deed](Life(case, clerk, draw, at))
    await _watched(case, now)
    return case


@atomic
async def deliver() -> None:
    """Every message that waits was delivered, two seconds after it was written."""
    connection = connection_of_transaction()
    await connection.execute(_SENT)
    await connection.execute(_JOBS)


async def open_links(told: list[UUID], key: bytes, *, now: datetime) -> None:
    """The links of last month's mails about the cases ``told`` open them; what let people in before does no more."""
    mails = await OutboxMessage.select(OutboxMessage.case, OutboxMessage.created_at).where(
        OutboxMessage.created_at > now - access.LINK_LASTS, OutboxMessage.case.is_in(told)
    )
    for mail in mails:
        await access.new_link(key, mail["case"], now=mail["created_at"])
    await AccessGrant.delete().where(AccessGrant.expires_at < now, AccessGrant.case.is_in(told))


async def _file(cast: Cast, draw: Draw, kind: str, at: datetime) -> UUID:
    service = await service_by_slug(draw.random.choice(cast.slugs), now=at)
    assert service, "the samples are loaded"
    draft = FilingDraft(
        submission_id=uuid4(),
        audience=draw.random.choice(service.audience),
        contact_name=draw.name(),
        contact_email=draw.email(),
        contact_phone=draw.mobile() if draw.random.random() < 0.8 else None,
        locale="fa",
        kind=kind,
        topic="service" if kind == "complaint" else "",
        body=draw.words(30),
        answers=_answers(service, draw) if kind == "request" else {},
        files=(a_file(draw),) if draw.random.random() < cast.files else (),
    )
    verb = actions.file_case if kind == "request" else feedback.file_feedback
    filed = await verb(
        draft, service=service, browser=access.new_token(), applicant=None, key=cast.key, now=at
    )
    return filed.case_id


def a_file(draw: Draw) -> StoredFile:
    """A file that was sent along; only its row is made."""
    size = draw.random.randrange(20_000, 2_000_000)
    return StoredFile("scan.pdf", "application/pdf", size, secrets.token_hex(32), uuid4().hex)


def _answers(service: ServiceView, draw: Draw) -> dict[str, Any]:
    chosen = {field.key: field.options[0].value for field in service.fields if field.kind == "choice"}
    typed = {field.key: draw.words(4) for field in service.fields if field.kind in ("text", "long_text")}
    return {**chosen, **typed}


async def _watched(case: UUID, until: datetime) -> None:
    for _look in range(MOST_LOOKS):
        row = await Case.select(Case.next_check_at).where(Case.id == case).first()
        if not row or row["next_check_at"] is None or row["next_check_at"] > until:
            return
        await watch.look_at(case, now=row["next_check_at"])


async def _refer(life: Life) -> None:
    choices = await complaints.units_for(life.case)
    unit = life.draw.random.choice(choices).id
    await desk_actions.refer(life.case, unit=unit, body=life.body, **life.deed)


async def _extend(life: Life) -> None:
    day = (life.now + timedelta(days=9)).date()
    await desk_actions.extend(life.case, expected_on=day, body=life.body, **life.deed)


async def _close(life: Life) -> None:
    outcome = life.draw.weighted(((7, "done"), (2, "partly_done"), (1, "not_possible")))
    await desk_actions.close(life.case, outcome=outcome, reason=life.body, **life.deed)


async def _decide(life: Life) -> None:
    outcome = life.draw.random.choice(("upheld", "partly_upheld", "not_upheld"))
    await desk_actions.decide(life.case, outcome=outcome, reasons=life.body, remedy=life.body, **life.deed)


async def _rate(life: Life) -> None:
    for question in await ratings.of_case(life.case, now=life.now):
        if question.takes_answer(life.now) and life.draw.random.random() < 0.4:
            score = life.draw.random.choice(tuple(ratings.SCORES[question.moment]))
            await ratings.rate(question, score=score, comment="", now=life.now)


_DEEDS: dict[str, Callable[[Life], Awaitable[Any]]] = {
    "take": lambda life: desk_actions.take(life.case, **life.deed),
    "note": lambda life: desk_actions.note(life.case, body=life.body, **life.deed),
    "ask": lambda life: desk_actions.ask(life.case, body=life.body, **life.deed),
    "answer": lambda life: desk_actions.answer(life.case, body=life.body, **life.deed),
    "inform": lambda life: desk_actions.inform(life.case, body=life.body, **life.deed),
    "reject": lambda life: desk_actions.reject(life.case, reason=life.body, **life.deed),
    "reply": lambda life: actions.reply(life.case, body=life.body, now=life.now),
    "withdraw": lambda life: actions.withdraw(life.case, reason=life.body, now=life.now),
    "reopen": lambda life: actions.reopen(life.case, reason=life.body, now=life.now),
    "appeal": lambda life: complaints.appeal(life.case, reason=life.body, now=life.now),
    "refer": _refer,
    "extend": _extend,
    "close": _close,
    "decide": _decide,
    "rate": _rate,
}

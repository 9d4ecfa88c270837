"""What visitors do to a portal that is measured: one act each, that ends with the status of its (last) answer."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from secrets import token_urlsafe
from urllib.parse import quote, urlencode
from uuid import uuid4

import msgspec

from bench import load, stage
from bench.load import Act, Line

SLUG = "yearbook-qom"
NEW = f"/cases/new/{SLUG}"
SIGN_IN = "/accounts/sign-in"
FEEDS = ("/notices.atom", "/notices.ics", "/notices/status.json")
SEARCHES = ("مریم", "رضایی", "گزارش سالنامه", "آمار", "قم جمعیت")
FORM = {
    "contact_name": "مریم رضایی",
    "contact_email": "maryam@example.org",
    "contact_phone": "09000001234",
    "audience": "citizen",
    "body": "جدول جمعیت شهرستان‌ها در سال ۱۴۰۳ را لازم دارم.",
    "f_need": "statistics",
    "f_year": "1403",
    "declaration": "yes",
}
SAMPLED = 2_000
TRACKING, FILING, LIFE = "tracking page, code alone", "filing a request", "whole life of a case, 7 requests"
QUEUE, SEARCH, RARE = "desk queue", "desk search, common words", "desk search, a name"


class Workload(msgspec.Struct, frozen=True):
    """One kind of visitors, so many at once. ``grows``: what it takes may depend on how much is stored."""

    name: str
    connections: int
    act: Act
    grows: bool = True


class Sample(msgspec.Struct, frozen=True):
    """What visitors of this database know: codes, receipts, words; a clerk's and applicants' cookies."""

    codes: Sequence[str]
    receipts: Sequence[str]
    names: Sequence[str]
    clerk: str
    own: Sequence[tuple[str, str]]
    key: bytes


async def sample(key: bytes) -> Sample:
    """Two thousand cases from the whole table; a clerk is signed in, and two hundred cases are open to a browser."""
    from db.accounts import Account
    from db.cases import AccessGrant, Case
    from portal import codes
    from portal.cases import access, attest
    from portal.security import sessions

    now = datetime.now(UTC)
    n_cases = await Case.count()
    share = min(100, 100 * 3 * SAMPLED / max(1, n_cases))
    rows = await Case.raw(
        'SELECT c.id, c.number, c.contact_name, r.number AS receipt FROM "case" c TABLESAMPLE BERNOULLI ({})'
        ' JOIN LATERAL (SELECT number FROM receipt WHERE "case" = c.id LIMIT 1) r ON true LIMIT {}',
        share, SAMPLED,
    )  # fmt: skip
    tokens = [(row, token_urlsafe(16)) for row in rows[:200]]
    await AccessGrant.insert(
        *[access.browser_grant(key, row["id"], token, tier=2, now=now) for row, token in tokens]
    )
    clerk = await Account.select(Account.id).where(Account.username == "staff").first()
    assert clerk, "the sample accounts are there"
    return Sample(
        codes=[codes.show_text(row["number"]) for row in rows],
        receipts=[attest.show_number(row["receipt"]) for row in rows],
        names=[row["contact_name"] for row in rows],
        clerk=f"session={await sessions.open_session(clerk['id'], device='bench', now=now)}",
        own=[(codes.show_text(row["number"]), token) for row, token in tokens],
        key=key,
    )


def workloads(known: Sample) -> list[Workload]:
    """Everything that is measured, in the order of the report."""
    searches = [f"/desk?q={quote(word)}" for word in SEARCHES]
    names = [f"/desk?state=all&q={quote(name)}" for name in known.names]
    pdf = [
        load.request("GET", f"/cases/{code}/receipt.pdf", stage.HOST, cookie=f"keys={token}")
        for code, token in known.own
    ]
    return [
        Workload(TRACKING, 16, getting([f"/cases/{code}" for code in known.codes])),
        Workload(FILING, 16, load.sending(filer(known.key))),
        Workload(LIFE, 8, life(known)),
        Workload(QUEUE, 4, getting(["/desk"], known.clerk)),
        Workload(SEARCH, 4, getting(searches, known.clerk)),
        Workload(RARE, 4, getting(names, known.clerk)),
        Workload("promises", 4, getting(["/promises"])),
        Workload("verify page of a receipt", 16, getting([f"/verify/{one}" for one in known.receipts])),
        Workload("receipt as PDF", 2, load.sending(lambda: random.choice(pdf)), grows=False),
        Workload("sign-in", 4, load.sending(signer(known.key)), grows=False),
        Workload("feeds of notices", 16, getting(FEEDS), grows=False),
    ]


def getting(paths: Sequence[str], cookie: str = "") -> Act:
    """A page of these, at random."""
    requests = [load.request("GET", path, stage.HOST, cookie=cookie) for path in paths]
    return load.sending(lambda: random.choice(requests))


def filer(key: bytes) -> load.Make:
    """Requests that each file a case of their own, from browsers of their own all over the country."""
    filings = _filings(key)
    return lambda: next(filings)[1]


def _filings(key: bytes) -> Iterator[tuple[str, bytes]]:
    """The browser's token and its request to file."""
    from portal.security.csrf import form_token

    token = form_token(key, "", NEW, datetime.now(UTC))
    for n in itertools.count(random.randrange(10**9)):
        browser = token_urlsafe(16)
        body = f"{FORM['body']} ({n})"
        form = {**FORM, "body": body, "_csrf_token": token, "submission_id": str(uuid4())}
        yield browser, post(NEW, form, cookie=f"keys={browser}", n=n)


def post(path: str, form: dict[str, str], *, cookie: str, n: int) -> bytes:
    """A form sent from the ``n``-th network, or everybody would be one neighbourhood and slowed."""
    address = f"10.{n >> 8 & 255}.{n & 255}.1"
    return load.request(
        "POST", path, stage.HOST, body=urlencode(form).encode(), cookie=cookie, address=address
    )


def signer(key: bytes) -> load.Make:
    """Right sign-ins of one person, from anywhere."""
    from portal.security.csrf import form_token

    token = form_token(key, "", SIGN_IN, datetime.now(UTC))
    form = {"username": "citizen", "password": stage.PASSWORD, "_csrf_token": token}
    numbers = itertools.count(1)
    return lambda: post(SIGN_IN, form, cookie="", n=next(numbers))


def life(known: Sample) -> Act:
    """File, take, ask, reply, answer, close, look: 200 when every step was answered as it should be."""
    filings = _filings(known.key)

    async def act(line: Line) -> int:
        browser, filing = next(filings)
        filed = await line.ask(filing)
        code = filed.header("location").removeprefix("/cases/").removesuffix("/receipt")
        if filed.status != 303:
            return filed.status
        for request in _deeds(known, code, f"keys={browser}"):
            done = await line.ask(request)
            if done.status != 303:
                return done.status
        return (await line.ask(load.request("GET", f"/cases/{code}", stage.HOST))).status

    return act


def _deeds(known: Sample, code: str, applicant: str) -> Iterator[bytes]:
    """What desk and applicant do by turns; ``seen`` is the version that the deed finds."""
    from portal.security.csrf import form_token

    now = datetime.now(UTC)
    until = f"{now + timedelta(days=9):%Y/%m/%d}"
    session = known.clerk.removeprefix("session=")
    words = {"body": FORM["body"]}
    for seen, (who, deed, form) in enumerate(
        (
            ("desk/cases", "take", {}),
            ("desk/cases", "ask", {**words, "until": until}),
            ("cases", "reply", words),
            ("desk/cases", "answer", words),
            ("desk/cases", "close", {"reason": FORM["body"], "outcome": "done", "close-sure": "yes"}),
        ),
        start=1,
    ):
        path = f"/{who}/{code}/{deed}"
        mine = who == "cases"
        token = form_token(known.key, "" if mine else session, path, now)
        sent = {**form, "seen": str(seen), "_csrf_token": token}
        yield post(path, sent, cookie=applicant if mine else known.clerk, n=random.randrange(1 << 16))

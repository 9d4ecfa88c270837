"""S41: whatever is sent to whatever address, in either language, by whomever: a refusal, never a mistake of ours.

``FUZZ_CASES=10000 FUZZ_SEED=7`` for the long run; a failure prints the request that caused it.
"""

from __future__ import annotations

import os
import random
import re
import string
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from db.throttle import Throttle
from portal.app import _litestar
from portal.security.csrf import SAFE_METHODS, form_token
from tests.accounts.conftest import cheap_hashing, full_price  # noqa: F401
from tests.cases.visitors import right_now
from tests.security import world
from tests.security.test_every_page import GROWING
from tests.security.test_route_table import routes_of

CASES, SEED = int(os.environ.get("FUZZ_CASES", "400")), int(os.environ.get("FUZZ_SEED", "1"))
PORTAL = Path(__file__).parents[2] / "portal"
NAMED = re.compile(r"""\.(?:\w+)\(\s*["']([a-z][a-z_]{1,40})["']""")
FIELDS = sorted(
    {
        name
        for path in [*PORTAL.rglob("*forms.py"), *PORTAL.rglob("*routes.py"), *PORTAL.rglob("*pages.py")]
        for name in NAMED.findall(path.read_text())
    }
)
VALUES: list[str] = [
    "",
    "on",
    "0",
    "-1",
    "9" * 40,
    "1e999",
    "NaN",
    "۱۴۰۵/۰۸/۳۰",
    "1405/13/40",
    "0001-01-01",
    "9999-12-31T23:59:59+14:00",
    "a@b",
    "a@b.example\r\nBcc: c@d.example",
    "x@" + "a." * 300,
    "\0",
    "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
    "\u200c" * 50,
    "\u202e\u2066",
    "' OR 1=1 --",
    "%_%",
    "{{ 7 * 7 }}",
    "<script>",
    "../../etc/passwd",
    "//evil.example",
    "https://127.1/",
    "00000000-0000-0000-0000-000000000000",
    "[]",
    '{"a": 1}',
    "x" * 70_000,
    "ﷺ" * 500,
    "0385-47X4-RZDR-N8J7",
    "FREQ=SECONDLY",
]
TYPES = [
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded; charset=utf-7",
    "multipart/form-data",
    "multipart/form-data; boundary=",
    "multipart/form-data; boundary=b; charset=x",
    "application/json",
    "text/plain",
    "",
    "\u00e9",
]
HEADERS = {
    "Accept-Language": ["fa", "*;q=9", "x" * 3000, "\u00e9"],
    "Cookie": ["session=\u00e9", "keys=a; keys=b", "session=" + "a" * 5000, "rst=x; keys=%00", "=;;="],
    "Range": ["bytes=0-0", "bytes=9-1", "x"],
    "If-None-Match": ["*", '"x', "\u00e9"],
    "If-Modified-Since": ["x", "Thu, 01 Jan 1970 00:00:00 GMT"],
    "Origin": ["null", "http://localhost:8000", "\u00e9", "http://[::"],
    "Referer": ["http://[", "\u00e9", "http://localhost:8000/x"],
    "X-Forwarded-For": ["::1, x", "\u00e9"],
    "Accept": ["application/json", "x"],
}
PART_HEADERS = [
    'Content-Disposition: form-data; name="{}"',
    'Content-Disposition: form-data; name="{}"; filename="a.pdf"\r\nContent-Type: application/pdf',
    'Content-Disposition: form-data; name="{}"; filename="../../x"\r\nContent-Type: text/plain; charset=punycode',
    'Content-Disposition: form-data; name="{}"\r\nContent-Type: text/plain; charset=nowhere',
    "Content-Disposition: form-data; name={}; filename*=utf-16''%ff",
    "Content-Disposition: attachment",
    "X: {}",
]


class Draw(random.Random):
    """Requests, the same for the same seed."""

    def text(self) -> str:
        if self.random() < 0.8:
            return self.choice(VALUES)
        return "".join(
            chr(self.choice([*range(32, 127), *range(0x600, 0x6FF), 0, 10, 0x2028])) for _ in range(20)
        )

    def fields(self, token: str) -> list[tuple[str, str]]:
        names = [self.choice(FIELDS) for _ in range(self.randrange(12))]
        drawn = [(name, self.text()) for name in names]
        return [*drawn, ("_csrf_token", token)] if self.random() < 0.9 else drawn

    def multipart(self, fields: list[tuple[str, str]]) -> bytes:
        body = b""
        for name, value in fields:
            usual = name == "_csrf_token" or self.random() < 0.6
            head = PART_HEADERS[0] if usual else self.choice(PART_HEADERS)
            data = value.encode("utf-8", "replace") if self.random() < 0.9 else self.randbytes(40)
            body += b"--b\r\n" + head.format(name).encode() + b"\r\n\r\n" + data + b"\r\n"
        return body + self.choice([b"--b--\r\n", b"--b--", b"", b"--b"])

    def odd_headers(self) -> dict[str, Any]:
        chosen = {name: self.choice(values) for name, values in HEADERS.items() if self.random() < 0.15}
        return {name: value.encode("utf-8") for name, value in chosen.items()}

    def path(self, template: str, parts: dict[str, list[str]]) -> str:
        def fill(found: re.Match[str]) -> str:
            drawn = self.choice(parts[found[1]]) if self.random() < 0.8 else self.text()[:200] or "x"
            return quote(drawn.encode("utf-8", "replace"), safe="")

        return self.choice(["", "/en"]) + re.sub(r"{(\w+)[^}]*}", fill, template)


def request_of(draw: Draw, method: str, path: str, token: str) -> dict[str, Any]:
    """What to send there."""
    headers = {"Sec-Fetch-Site": "same-origin", **draw.odd_headers()}
    if method in SAFE_METHODS:
        query = "&".join(f"{quote(name)}={quote(value)}" for name, value in draw.fields(token))
        extra = draw.choice(["", "before=%ff", "page=-1", "after=x", "q=%00", "next=//evil.example"])
        return {"method": method, "url": f"{path}?{query}&{extra}"[:60_000], "headers": headers}
    fields = draw.fields(token)
    if draw.random() < 0.45:
        body = "&".join(f"{quote(name)}={quote(value, safe='')}" for name, value in fields).encode()
        kind = TYPES[0]
    else:
        body, kind = draw.multipart(fields), "multipart/form-data; boundary=b"
    if draw.random() < 0.12:
        kind = draw.choice(TYPES)
    return {
        "method": method,
        "url": path,
        "headers": {**headers, "Content-Type": kind.encode()},
        "content": body,
    }


@pytest.mark.parametrize("role", ["filer", "citizen", "staff", "manager", "admin"])
async def test_s41_nothing_that_is_sent_is_a_mistake_of_ours(role, application, settings, db, full_price):
    parts = await world.hostile_world(settings)
    answers: Counter[int] = Counter()
    draw, routes = Draw(f"{SEED}-{role}"), routes_of(_litestar(settings))
    async with world.walker(application, role) as client:
        session = client.cookies.get("session", "")
        for n in range(CASES // 5):
            if n % 10 == 0:
                await Throttle.delete(force=True)
            method, template, name = draw.choice(routes)
            if name in ("accounts.sign_out", "accounts.password_post"):
                continue
            before = await world.snapshot() if method == "GET" and n % 25 == 0 else {}
            path = draw.path(template, parts)
            bare = path.removeprefix("/en") or "/"
            token = form_token(settings.secret_key, session, bare, right_now())
            sent = request_of(draw, method, path, token)
            answer = await client.request(**sent)
            assert answer.status_code < 500, (role, n, sent)
            answers[answer.status_code] += 1
            if before:
                after = await world.snapshot()
                assert {table for table in after if after[table] != before[table]} <= GROWING, sent
            if session:
                client.cookies.clear()
                client.cookies.set("session", session)

    print(role, dict(answers))
    assert answers[403] < answers.total() / 2, "most never got past the guard"


def test_the_fields_of_forms_are_known():
    assert {"body", "contact_email", "username", "starts_at", "passcode"} <= set(FIELDS)
    assert set(string.ascii_lowercase) & {name[0] for name in FIELDS}

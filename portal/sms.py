"""One text message handed to an HTTP gateway; the only module that speaks to one.

The gateway is anybody's: its address, what is sent and what counts as success are settings.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from urllib.parse import quote_plus

import httpx

from portal.settings import SmsGateway
from portal.smtp import Permanent, Temporary

SECONDS = 15
"""Longest wait for the gateway's answer."""
LONGEST = 335
"""Characters of one message: five parts of 67, as messages in Persian letters are cut."""
_WORTH_WAITING = (401, 402, 403, 408, 425, 429)
"""What the operator or time mends: a wrong key, no credit left, too fast."""


async def post(to: str, text: str, gateway: SmsGateway) -> None:
    """The gateway has taken ``text`` for the number ``to`` (``+989…``). Raises Permanent or Temporary."""
    if len(text) > LONGEST:
        raise Permanent(f"{len(text)} characters are too long for a text message")
    headers = {"Content-Type": f"{gateway.content_type}; charset=utf-8"}
    if gateway.authorization:
        headers["Authorization"] = gateway.authorization
    try:
        async with httpx.AsyncClient(timeout=SECONDS) as client:
            answer = await client.post(gateway.url, content=body_of(gateway, to, text), headers=headers)
    except httpx.HTTPError as error:
        raise Temporary(f"the gateway did not answer: {type(error).__name__}", server_down=False) from error
    _judge(answer, gateway)


def body_of(gateway: SmsGateway, to: str, text: str) -> bytes:
    """What is sent: the template with ``{to}`` (+98912…), ``{local}`` (0912…) and ``{text}`` escaped and filled in."""
    escape = quote_plus if "urlencoded" in gateway.content_type else _in_json
    values: Mapping[str, str] = {"to": to, "local": "0" + to.removeprefix("+98"), "text": text}
    return re.sub(r"\{(to|local|text)\}", lambda found: escape(values[found[1]]), gateway.body).encode()


def _in_json(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)[1:-1]


def _judge(answer: httpx.Response, gateway: SmsGateway) -> None:
    said = f"{answer.status_code} {answer.text[:200]}"
    if answer.is_success:
        if gateway.success and not re.search(gateway.success, answer.text[:10_000]):
            raise Permanent(said)
        return
    if answer.is_client_error and answer.status_code not in _WORTH_WAITING:
        raise Permanent(said)
    raise Temporary(said)

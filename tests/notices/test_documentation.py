"""What docs/notices.md shows does what it says."""

from __future__ import annotations

import base64
import re
import time
from pathlib import Path

from portal.notices import webhooks

SAID = (Path(__file__).parents[2] / "docs" / "notices.md").read_text()
SECRET = webhooks.PREFIX + base64.b64encode(b"k" * 32).decode()


def test_the_example_knows_our_webhooks_by_their_signature():
    known: dict = {}
    exec(re.search(r"```python\n(.*?)```", SAID, re.S)[1], known)
    now = int(time.time())

    def accepted(body: bytes, at: int = now) -> bool:
        signature = webhooks.signature(SECRET, "id", at, b"{}")
        headers = {"webhook-id": "id", "webhook-timestamp": str(at), "webhook-signature": signature}
        return known["is_ours"](SECRET, headers, body)

    assert accepted(b"{}")
    assert not accepted(b"{ }")
    assert not accepted(b"{}", at=now - 301)

"""Other machines hear of each change once, signed, and again when they were away."""

import base64
import hashlib
import hmac
import json
from zoneinfo import ZoneInfo

import httpx
import pytest

from db.subscriptions import Webhook
from portal.errors import BadRequest, NotFound
from portal.notices import actions, webhooks
from portal.notices.feeds import Site
from tests.calendars.people import somebody
from tests.conftest import NOON
from tests.notices.outages import HOUR, PLANNED, WHY, changed, posted

URL = "https://status.example.org/hook"
SITE = Site("http://localhost:8000", ZoneInfo("Asia/Tehran"))


async def thanks():
    yield b"thanks"


class Listener:
    """Another machine: what it heard, and what it answers next."""

    def __init__(self):
        self.heard = []
        self.status = 200
        self.address = "93.184.215.14"
        self.client = httpx.AsyncClient(transport=httpx.MockTransport(self._take))

    def _take(self, request):
        self.heard.append(request)
        return httpx.Response(self.status, content=thanks())

    async def resolve(self, host, port):
        return [self.address]

    async def told(self, now):
        """Whatever is due at ``now`` is told; how many tries that took."""
        return await webhooks.tell(SITE, client=self.client, resolve=self.resolve, now=now)


@pytest.fixture
def listener():
    return Listener()


@pytest.fixture
async def secret(samples):
    return await webhooks.add(URL, by=await somebody(role="admin"), now=NOON)


async def the_calls():
    (hook,) = await webhooks.webhooks()
    return await webhooks.calls(hook["id"])


async def test_each_change_is_told_once(secret, listener):
    notice = await posted()
    assert await listener.told(NOON) == 1
    assert await listener.told(NOON + HOUR) == 0
    await actions.cancel(notice.no, WHY, seen=1, by=None, now=NOON + 2 * HOUR)
    assert await listener.told(NOON + 2 * HOUR) == 1
    assert [json.loads(request.content)["type"] for request in listener.heard] == [
        "notice.posted",
        "notice.cancelled",
    ]


async def test_who_listens_can_check_that_it_was_us(secret, listener):
    await posted()
    await listener.told(NOON)
    (request,) = listener.heard
    signed = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode()
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = hmac.new(key, signed + request.content, hashlib.sha256).digest()
    assert request.headers["webhook-signature"] == "v1," + base64.b64encode(mac).decode()
    assert json.loads(request.content)["data"]["title"]["en"] == "Database upgrade"


async def test_what_is_held_back_is_told_when_it_is_published(secret, listener):
    await posted(changed(PLANNED, publish_at=NOON + 10 * HOUR))
    assert await listener.told(NOON + 9 * HOUR) == 0
    assert await listener.told(NOON + 10 * HOUR) == 1


async def test_what_is_cancelled_before_its_publication_is_told_nobody(secret, listener):
    notice = await posted(changed(PLANNED, publish_at=NOON + 10 * HOUR))
    await actions.cancel(notice.no, WHY, seen=1, by=None, now=NOON + HOUR)
    assert await listener.told(NOON + 11 * HOUR) == 0


async def test_a_machine_that_was_away_is_told_again_later_each_time(secret, listener):
    await posted()
    listener.status = 503
    assert await listener.told(NOON) == 1
    assert await listener.told(NOON + HOUR / 120) == 0
    assert await listener.told(NOON + HOUR / 60) == 1
    listener.status = 200
    assert await listener.told(NOON + HOUR) == 1
    (call,) = await the_calls()
    assert (call.state, call.attempts, call.status) == ("done", 3, 200)


async def test_after_six_tries_it_has_failed(secret, listener):
    await posted()
    listener.status = 500
    for day in range(8):
        await listener.told(NOON + 24 * day * HOUR)
    (call,) = await the_calls()
    assert (call.state, call.attempts, len(listener.heard)) == ("failed", 6, 6)


async def test_an_answer_that_breaks_the_telling_is_written_down_and_tried_again(secret, listener):
    await posted()

    async def broken(host, port):
        raise RuntimeError("odd")

    assert await webhooks.tell(SITE, client=listener.client, resolve=broken, now=NOON) == 1
    (call,) = await the_calls()
    assert (call.state, call.attempts, call.error) == ("queued", 1, "RuntimeError")
    assert await listener.told(NOON + HOUR) == 1


async def test_a_name_that_now_points_inside_is_not_called(secret, listener):
    await posted()
    listener.address = "169.254.169.254"
    await listener.told(NOON)
    assert listener.heard == []
    (call,) = await the_calls()
    assert call.error.startswith("Refused")


async def test_what_happened_before_is_no_news(samples, listener):
    await posted()
    await webhooks.add(URL, by=await somebody(role="admin"), now=NOON + HOUR)
    assert await listener.told(NOON + HOUR) == 0


async def test_a_removed_webhook_hears_nothing_more(secret, listener):
    await posted()
    (hook,) = await webhooks.webhooks()
    await webhooks.remove(hook["id"], now=NOON)
    assert await listener.told(NOON) == 0
    assert await webhooks.webhooks() == []
    with pytest.raises(NotFound):
        await webhooks.remove(hook["id"], now=NOON)


async def test_an_address_inside_is_refused_at_once(samples):
    with pytest.raises(BadRequest):
        await webhooks.add("https://127.0.0.1/hook", by=await somebody(role="admin"), now=NOON)
    assert await Webhook.count() == 0


async def test_the_log_of_tries_is_kept_for_ninety_days(secret, listener):
    await posted()
    await listener.told(NOON)
    await webhooks.forget_old(NOON + 91 * 24 * HOUR)
    assert await the_calls() == []

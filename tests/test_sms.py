"""Text messages through anybody's HTTP gateway: what is sent, what counts as taken, what is tried again."""

import asyncio
import json
from contextlib import asynccontextmanager
from urllib.parse import parse_qs

import msgspec
import pytest

from db.outbox import OutboxMessage
from portal import outbox, settings, sms
from portal.cases import rules
from portal.courier import courier_of
from portal.notices import mails, telling
from portal.services.actions import load_samples
from portal.settings import SettingError, SmsGateway
from portal.smtp import Permanent, Temporary
from portal.templating import MailTemplates
from tests.conftest import NOON, OPENED
from tests.notices.outages import INCIDENT, posted
from tests.notices.subscribers import a_subscriber

NUMBER = "+989120001234"
TEXT = 'قطعی «سالنامه» "فردا"\nhttps://desk.example.org/notices/1?a=1&b=2'


class Gateway:
    """What it answers, and what it got."""

    def __init__(self) -> None:
        self.status, self.says = "200 OK", "accepted"
        self.got: list[tuple[str, bytes]] = []
        self.url = ""

    async def serve(self, reader, writer) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(
            int(line.partition(":")[2])
            for line in head.splitlines()
            if line.lower().startswith("content-length")
        )
        self.got.append((head, await reader.readexactly(length)))
        answer = f"HTTP/1.1 {self.status}\r\nContent-Length: {len(self.says)}\r\nConnection: close\r\n\r\n{self.says}"
        writer.write(answer.encode())
        await writer.drain()
        writer.close()


@asynccontextmanager
async def gateway():
    stub = Gateway()
    server = await asyncio.start_server(stub.serve, "127.0.0.1")
    stub.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/send"
    try:
        yield stub
    finally:
        server.close()


def told(stub: Gateway, **given) -> SmsGateway:
    columns = {"body": '{"receptor": "{local}", "message": "{text}"}', "content_type": "application/json"}
    return SmsGateway(**{"url": stub.url, **columns, **given})


async def test_a_gateway_gets_the_words_as_json(db):
    async with gateway() as stub:
        await sms.post(NUMBER, TEXT, told(stub, authorization="Bearer key"))
    head, body = stub.got[0]
    assert json.loads(body) == {"receptor": "09120001234", "message": TEXT}
    assert "authorization: bearer key" in head.lower()


async def test_a_gateway_gets_the_words_as_a_form(db):
    form = {"body": "to={to}&text={text}", "content_type": "application/x-www-form-urlencoded"}
    async with gateway() as stub:
        await sms.post(NUMBER, TEXT, told(stub, **form))
    assert parse_qs(stub.got[0][1].decode()) == {"to": [NUMBER], "text": [TEXT]}


async def test_words_cannot_break_out_of_their_place(db):
    async with gateway() as stub:
        await sms.post(NUMBER, '", "receptor": "{to}', told(stub))
    assert json.loads(stub.got[0][1]) == {"receptor": "09120001234", "message": '", "receptor": "{to}'}


@pytest.mark.parametrize(
    ("status", "says", "success", "raised"),
    [
        ("200 OK", "accepted", "", None),
        ("200 OK", '{"status": 5}', '"status": 5', None),
        ("200 OK", '{"status": 11}', '"status": 5', Permanent),
        ("400 Bad Request", "wrong number", "", Permanent),
        ("402 Payment Required", "no credit", "", Temporary),
        ("429 Too Many Requests", "", "", Temporary),
        ("500 Oops", "", "", Temporary),
        ("302 Found", "", "", Temporary),
    ],
)
async def test_its_answer_decides(status, says, success, raised, db):
    async with gateway() as stub:
        stub.status, stub.says = status, says
        if raised is None:
            await sms.post(NUMBER, "a", told(stub, success=success))
        else:
            with pytest.raises(raised):
                await sms.post(NUMBER, "a", told(stub, success=success))


async def test_a_gateway_that_is_down_is_asked_again(db):
    with pytest.raises(Temporary):
        await sms.post(NUMBER, "a", told(Gateway(), url="http://127.0.0.1:9/"))


async def test_what_is_too_long_is_never_sent(db):
    with pytest.raises(Permanent):
        await sms.post(NUMBER, "a" * 400, told(Gateway(), url="http://127.0.0.1:9/"))


GOOD = {
    "PORTAL_SMS_URL": "https://sms.example.org/",
    "PORTAL_SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyz",
}


@pytest.mark.parametrize(
    "wrong",
    [
        {"PORTAL_SMS_URL": "http://sms.example.org/"},
        {"PORTAL_SMS_URL": "file:///etc/passwd"},
        {"PORTAL_SMS_BODY": "{text}"},
        {"PORTAL_SMS_BODY": "{to}"},
        {"PORTAL_SMS_TYPE": "text/html"},
        {"PORTAL_SMS_SUCCESS": "("},
        {"PORTAL_SMS_PER_DAY": "0"},
    ],
)
def test_a_wrong_setting_refuses_to_start_and_names_itself(wrong):
    assert settings.load(GOOD).sms is not None
    with pytest.raises(SettingError, match=next(iter(wrong))):
        settings.load({**GOOD, **wrong})


async def queued_text(settings) -> OutboxMessage:
    mails._rounds.clear()
    await a_subscriber(NUMBER, channel="sms")
    await posted(INCIDENT)
    await telling.tell_due(("mail", "sms"), now=NOON)
    row = await OutboxMessage.objects().where(OutboxMessage.channel == "sms").first()
    assert row is not None
    return row


@pytest.fixture
async def samples(db):
    await load_samples(OPENED)


async def test_a_text_message_goes_the_way_of_all_messages(samples, settings):
    message = await queued_text(settings)
    async with gateway() as stub:
        here = msgspec.structs.replace(settings, sms=told(stub))
        courier = courier_of(here, MailTemplates(here, rules.NAMES).render)
        assert await outbox.deliver(message.id, now=NOON, courier=courier) is outbox.Outcome.SENT
    words = json.loads(stub.got[0][1])["message"]
    assert words.startswith("اختلال: به‌روزرسانی پایگاه داده. http://localhost:8000/notices/")
    assert "/notices/unsubscribe/" in words


async def test_the_days_messages_run_out(samples, settings):
    message = await queued_text(settings)
    async with gateway() as stub:
        here = msgspec.structs.replace(settings, sms=told(stub, per_day=1))
        text = courier_of(here, MailTemplates(here, rules.NAMES).render).text
        assert text
        await text(NUMBER, "one", "notices/sms/published")
        with pytest.raises(Temporary):
            await text(NUMBER, "two", "notices/sms/published")
    assert len(stub.got) == 1
    assert message.state == "queued"


async def test_confirming_texts_use_up_a_fifth_of_the_day_at_most(samples, settings):
    async with gateway() as stub:
        here = msgspec.structs.replace(settings, sms=told(stub, per_day=10))
        text = courier_of(here, MailTemplates(here, rules.NAMES).render).text
        assert text
        for words in ("one", "two"):
            await text(NUMBER, words, "notices/sms/confirm")
        with pytest.raises(Temporary):
            await text(NUMBER, "three", "notices/sms/confirm")
        for words in "12345678":
            await text(NUMBER, words, "cases/sms/registered")
    assert len(stub.got) == 10


async def test_without_a_gateway_a_text_message_is_kept(samples, settings):
    message = await queued_text(settings)
    courier = courier_of(settings, MailTemplates(settings, rules.NAMES).render)
    assert await outbox.deliver(message.id, now=NOON, courier=courier) is outbox.Outcome.KEPT

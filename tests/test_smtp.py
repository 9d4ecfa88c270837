"""A mail meets a real mail server that accepts, refuses, defers or stalls."""

from __future__ import annotations

import asyncio
import email
import email.policy
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import msgspec
import pytest
import pytest_asyncio
from aiosmtpd.smtp import AuthResult

from portal import smtp
from tests.mail_server import HANGS_UP, Box, mail_server

NOON = datetime(2026, 3, 21, 12, tzinfo=UTC)
SENDER = "میز خدمت <desk@rahgir.example>"


class Words(msgspec.Struct, frozen=True):
    subject: str = "رسید درخواست شما: «انشعاب آب» ثبت شد و تا پاسخ نخست دو روز کاری مانده است"
    text: str = "درخواست شما ثبت شد.\nپیگیری می‌کنیم."
    html: str = '<p dir="rtl">درخواست شما ثبت شد.</p>'


@pytest_asyncio.fixture
async def box() -> AsyncIterator[Box]:
    async with mail_server(Box()) as running:
        yield running


def _mail(recipient: str = "citizen@example.org", words: Words | None = None):
    return smtp.compose(words or Words(), recipient, SENDER, "0198-1@rahgir.example", "fa", NOON)


def _received(box: Box):
    return email.message_from_bytes(box.taken[0], policy=email.policy.default)


async def test_a_persian_mail_arrives_word_for_word(box):
    await smtp.post(_mail(), box.url)
    received = _received(box)
    assert received["Subject"] == Words().subject
    assert received.get_body(("plain",)).get_content().splitlines() == Words().text.splitlines()
    assert received.get_body(("html",)).get_content().strip() == Words().html


@pytest.mark.parametrize(
    "subject",
    [
        "قطعی برنامه‌ریزی‌شده: کار فنی: مدتی درخواست تازه پذیرفته نمی‌شود، شنبه ۷ آذر ۱۴۰۵، ساعت ۲۲:۰۰",
        "Planned outage: no new requests at the Statistical yearbook of Qom Province, Saturday 28 November 2026",
        "Planned outage: سالنامهٔ آماری استان قم (Statistical yearbook), شنبه: ۷ آذر",
    ],
)
async def test_a_long_subject_keeps_every_space(box, subject):
    await smtp.post(_mail(words=Words(subject=subject)), box.url)
    assert _received(box)["Subject"] == subject
    assert max(map(len, box.taken[0].partition(b"\r\n\r\n")[0].splitlines())) <= 998


async def test_a_mail_says_what_it_is(box):
    await smtp.post(_mail(), box.url)
    received = _received(box)
    assert received.get_content_type() == "multipart/alternative"
    assert received["Content-Language"] == "fa"
    assert received["Auto-Submitted"] == "auto-generated"
    assert received["Message-ID"] == "<0198-1@rahgir.example>"
    assert received["Date"].datetime == NOON
    assert received["From"].addresses[0].display_name == "میز خدمت"


async def test_a_refused_recipient_is_permanent(box):
    box.answers["RCPT"] = "550 5.1.1 no such user"
    with pytest.raises(smtp.Permanent, match="550 5.1.1 no such user"):
        await smtp.post(_mail(), box.url)


async def test_a_refused_text_is_permanent(box):
    box.answers["DATA"] = "552 too much mail data"
    with pytest.raises(smtp.Permanent, match="552"):
        await smtp.post(_mail(), box.url)


@pytest.mark.parametrize("command", ["RCPT", "DATA"])
async def test_a_deferred_mail_is_temporary(box, command):
    box.answers[command] = "451 4.7.1 greylisted, try later"
    with pytest.raises(smtp.Temporary, match="451") as caught:
        await smtp.post(_mail(), box.url)
    assert not caught.value.server_down


async def test_a_refused_sender_waits_for_the_operator(box):
    box.answers["MAIL"] = "550 this sender may not"
    with pytest.raises(smtp.Temporary, match="550 this sender") as caught:
        await smtp.post(_mail(), box.url)
    assert caught.value.server_down


async def test_a_stalling_server_is_given_up_in_time(box, monkeypatch):
    monkeypatch.setattr(smtp, "STEP_SECONDS", 0.3)
    box.answers["RCPT"] = None
    async with asyncio.timeout(3):
        with pytest.raises(smtp.Temporary) as caught:
            await smtp.post(_mail(), box.url)
    assert caught.value.server_down


async def test_the_answer_to_the_whole_mail_is_waited_for_longer(box, monkeypatch):
    monkeypatch.setattr(smtp, "STEP_SECONDS", 0.3)
    monkeypatch.setattr(smtp, "WHOLE_SECONDS", 0.6)
    box.slow_verdict = 1
    await smtp.post(_mail(), box.url)
    assert len(box.taken) == 1


@pytest.mark.parametrize("verdict", [None, HANGS_UP])
async def test_no_answer_to_the_whole_mail_is_told_apart(box, monkeypatch, verdict):
    monkeypatch.setattr(smtp, "VERDICT_SECONDS", 0.3)
    box.answers["DATA"] = verdict
    async with asyncio.timeout(3):
        with pytest.raises(smtp.Unanswered) as caught:
            await smtp.post(_mail(), box.url)
    assert caught.value.server_down
    assert len(box.given) == 1


async def test_a_server_that_drips_is_given_up_in_time(monkeypatch):
    async def drip(reader, writer):
        while True:
            writer.write(b"220-wait\r\n")
            await asyncio.sleep(0.1)

    monkeypatch.setattr(smtp, "WHOLE_SECONDS", 0.5)
    dripping = await asyncio.start_server(drip, "127.0.0.1", 0)
    port = dripping.sockets[0].getsockname()[1]
    async with asyncio.timeout(3):
        with pytest.raises(smtp.Temporary):
            await smtp.post(_mail(), f"smtp://127.0.0.1:{port}")
    dripping.close()


async def test_a_delivered_mail_waits_for_no_good_bye(box):
    box.answers["QUIT"] = None
    async with asyncio.timeout(1):
        await smtp.post(_mail(), box.url)
    assert len(box.taken) == 1


async def test_a_closed_port_is_temporary():
    with pytest.raises(smtp.Temporary) as caught:
        await smtp.post(_mail(), "smtp://127.0.0.1:1")
    assert caught.value.server_down


async def test_starttls_is_insisted_on(box):
    with pytest.raises(smtp.Temporary):
        await smtp.post(_mail(), box.url.replace("smtp://", "smtp+starttls://"))
    assert box.taken == []


async def test_a_wrong_password_waits_for_the_operator():
    def refuse(*_: object) -> AuthResult:
        return AuthResult(success=False, handled=False)

    async with mail_server(Box(), auth_require_tls=False, authenticator=refuse) as strict:
        with pytest.raises(smtp.Temporary, match="535"):
            await smtp.post(_mail(), strict.url.replace("smtp://", "smtp://desk:p%40ss@"))


@pytest.mark.parametrize(
    "recipient",
    [
        "a@example.org, evil@example.org",
        "Name <a@example.org>",
        '"a\r\nRCPT TO:<evil@example.org>"@example.org',
        "a@example.org\r\nBcc: evil@example.org",
        "a@example.org\n",
        "a b@example.org",
        "a@@example.org",
        "a..b@example.org",
        "@example.org",
        "a@-example.org",
        "a@[127.0.0.1]",
        "سلام@example.org",
        "",
    ],
)
def test_only_exactly_one_address_is_a_recipient(recipient):
    with pytest.raises(smtp.Permanent):
        smtp.one_address(recipient)


def test_a_persian_domain_is_written_in_ascii():
    assert smtp.one_address("info@ایران.example") == "info@xn--mgba3a4f16a.example"


@pytest.mark.parametrize("subject", ["Hello\r\nBcc: evil@example.org", "a\nb", "a\x0bb", "a\u2028b"])
def test_a_line_break_never_reaches_a_header(subject):
    with pytest.raises(smtp.Permanent):
        _mail(words=Words(subject=subject))


async def test_a_long_line_and_a_lone_dot_survive(box):
    text = "x" * 3000 + "\n.\n..\nend"
    await smtp.post(_mail(words=Words(text=text, html="<p>" + "ی" * 3000)), box.url)
    assert _received(box).get_body(("plain",)).get_content().splitlines() == text.splitlines()
    assert max(len(line) for line in box.taken[0].splitlines()) <= 998

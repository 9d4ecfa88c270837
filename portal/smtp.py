"""One mail, composed and handed to the mail server; the only module that speaks SMTP.

Nothing here touches the database or knows why a mail is sent.
"""

from __future__ import annotations

import asyncio
import os
import re
from contextlib import suppress
from datetime import datetime
from email.header import Header
from email.headerregistry import BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import EmailPolicy, Policy
from email.utils import format_datetime, formataddr, parseaddr
from pathlib import Path
from typing import Protocol
from urllib.parse import SplitResult, unquote, urlsplit

import aiosmtplib

STEP_SECONDS = 10
"""Longest wait for one answer of the mail server."""
WHOLE_SECONDS = 45
"""Longest time until the mail is handed over, so that a server that drips its answers holds a place no longer."""
VERDICT_SECONDS = 120
"""Longest wait for the answer to the whole mail. Filters look at it meanwhile, and who leaves early sends it twice."""
PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")


class _Unfolded(UnstructuredHeader, BaseHeader):
    """Its value stands on one line: Python would cut a long address into encoded words, which no program follows."""

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"


class _Whole(UnstructuredHeader, BaseHeader):
    """Keeps every space where it is cut into encoded words: the newer code of Python's loses those after a colon."""

    def fold(self, *, policy: Policy) -> str:
        charset = "us-ascii" if self.isascii() else "utf-8"
        folded = Header(str(self), charset, header_name=self.name).encode(linesep=policy.linesep)
        return f"{self.name}: {folded}{policy.linesep}"


_REGISTRY = HeaderRegistry()
_REGISTRY.map_to_type("subject", _Whole)
_REGISTRY.map_to_type("list-unsubscribe", _Unfolded)
_POLICY = EmailPolicy(header_factory=_REGISTRY)
_partings: set[asyncio.Task[None]] = set()  # asyncio itself holds tasks only weakly


class NotTaken(Exception):
    """The mail server did not take the mail; the text says why, in the server's words where it had any."""


class Permanent(NotTaken):
    """This mail will never be taken as it is; trying again would change nothing."""


class Temporary(NotTaken):
    """The mail was not taken now and may be later. ``server_down``: no mail would have been taken."""

    def __init__(self, message: str, *, server_down: bool = False) -> None:
        super().__init__(message)
        self.server_down = server_down


class Unanswered(Temporary):
    """The server was given the whole mail and did not say whether it took it: sent again, it may arrive twice."""


class MailText(Protocol):
    """What a template rendered: one subject line and the same words twice, as text and as HTML."""

    @property
    def subject(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def html(self) -> str: ...


def one_address(text: str) -> str:
    """``text`` as one bare address in ASCII (a Persian domain in its xn-- form). Raises Permanent otherwise.

    Stricter than the RFC on purpose: no quotes, comments, lists or names, which parsers read differently.
    """
    local, at, domain = text.rpartition("@")
    with suppress(UnicodeError):
        domain = domain.encode("idna").decode("ascii")
    if not at or len(local) > 64 or len(domain) > 253:
        raise Permanent(f"not one e-mail address: {text[:80]!r}")
    if not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(domain):
        raise Permanent(f"not one e-mail address: {text[:80]!r}")
    return f"{local}@{domain}"


def compose(
    mail_text: MailText,
    recipient: str,
    sender: str,
    message_id: str,
    locale: str,
    now: datetime,
    *,
    leave: str = "",
) -> EmailMessage:
    """A mail to exactly one ``recipient``, as plain text and HTML.

    ``sender`` is an address or ``Name <address>``. ``message_id`` stays the same when a mail is sent again,
    so that the reader's program can drop the second copy. ``leave`` is the address at which one POST ends such mails
    (RFC 8058); empty: the mail is no such mail. Raises Permanent for what can't stand in a header
    and for what is not one address.
    """
    name, address = parseaddr(sender)
    message = EmailMessage(policy=_POLICY)
    message.set_content(mail_text.text, cte=_transfer_encoding(mail_text.text))
    message.add_alternative(mail_text.html, subtype="html", cte=_transfer_encoding(mail_text.html))
    # After the bodies: those take every Content-* header with them.
    headers = {
        "Subject": mail_text.subject.strip(),
        "From": formataddr((name, one_address(address)), charset="utf-8") if name else one_address(address),
        "To": one_address(recipient),
        "Date": format_datetime(now),
        "Message-ID": f"<{message_id}>",
        "Content-Language": locale,
        "Auto-Submitted": "auto-generated",
    }
    if leave:
        headers |= {"List-Unsubscribe": f"<{leave}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    try:
        for header, value in headers.items():
            message[header] = value
    except ValueError as error:
        raise Permanent(f"can't stand in a header: {error}") from error
    return message


def _transfer_encoding(text: str) -> str:
    # Never 8bit: a server without 8BITMIME would make Python re-encode the parts, and signatures would break.
    return "quoted-printable" if text.isascii() else "base64"


async def post(message: EmailMessage, url: str) -> None:
    """The server at ``url`` has taken ``message``; it is theirs now.

    ``smtp://`` speaks in the clear, ``smtps://`` within TLS, ``smtp+starttls://`` insists on STARTTLS; a
    certificate is always verified. Raises Permanent, Temporary or Unanswered.
    """
    target = urlsplit(url)
    client = _client(target, greeting=str(message["Message-ID"]).strip("<> ").rpartition("@")[2])
    try:
        async with asyncio.timeout(WHOLE_SECONDS) as client.limit:
            await client.connect()
            await client.send_message(message)
    except (aiosmtplib.SMTPException, OSError, TimeoutError, ValueError) as error:
        client.close()
        raise _judged(error, target, handed_over=client.handed_over) from error
    # The caller writes this down before anything else: a crash until then sends the mail twice.
    parting = asyncio.create_task(_say_good_bye(client))
    _partings.add(parting)
    parting.add_done_callback(_partings.discard)


def keep(message: EmailMessage, folder: Path) -> None:
    """The mail's words lie in ``folder``, a file for each, readable by the portal's user alone."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    body = message.get_body(("plain",))
    words = f"{message['To']}\n{message['Subject']}\n\n{body.get_content() if body else ''}"
    name = re.sub("[^0-9a-f-]", "", str(message["Message-ID"]).partition("@")[0])
    descriptor = os.open(folder / f"{name}.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(words)


async def _say_good_bye(client: aiosmtplib.SMTP) -> None:
    with suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
        await client.quit(timeout=2)
    client.close()


class _Client(aiosmtplib.SMTP):
    """Knows whether the server was given the whole mail, and waits longer for what it says to that."""

    limit: asyncio.Timeout
    handed_over = False

    async def data(
        self,
        message: str | bytes,
        /,
        *,
        timeout: object = None,  # noqa: ASYNC109
    ) -> aiosmtplib.SMTPResponse:
        self.handed_over = True
        self.limit.reschedule(asyncio.get_running_loop().time() + VERDICT_SECONDS)
        return await super().data(message, timeout=VERDICT_SECONDS)


def _client(target: SplitResult, *, greeting: str) -> _Client:
    return _Client(
        hostname=target.hostname or "localhost",
        port=target.port or PORTS[target.scheme],
        username=unquote(target.username) if target.username else None,
        password=unquote(target.password) if target.password else None,
        # Otherwise aiosmtplib asks the resolver for this machine's name, which may hang.
        local_hostname=greeting,
        timeout=STEP_SECONDS,
        use_tls=target.scheme == "smtps",
        start_tls=target.scheme == "smtp+starttls",
    )


def _judged(error: Exception, target: SplitResult, *, handed_over: bool) -> Permanent | Temporary:
    """What an error of aiosmtplib means for this mail.

    The reply's class decides where the server speaks of this mail or its recipient. What the operator can
    mend (password, certificate, refused sender) is worth waiting for, whatever its class.
    """
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        error = error.recipients[0]
    if isinstance(error, ValueError):
        return Permanent(str(error))
    if isinstance(error, aiosmtplib.SMTPResponseException):
        text = f"{error.code} {error.message}"
        of_this_mail = isinstance(error, aiosmtplib.SMTPRecipientRefused | aiosmtplib.SMTPDataError)
        if of_this_mail or error.code == 552:
            return Permanent(text) if error.code >= 500 else Temporary(text)
        return Temporary(text, server_down=True)
    words = str(error) or "no answer in time"
    kind = Unanswered if handed_over else Temporary
    return kind(f"{target.hostname}: {words}", server_down=True)

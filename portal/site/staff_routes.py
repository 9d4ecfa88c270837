"""What a site admin sees of the portal's mail: who was told what, and whether it arrived."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from jinja2 import TemplateError
from litestar import Request, Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from db.outbox import OutboxMessage
from portal import audit
from portal.accounts import mails as account_mails
from portal.cases import mails, watch
from portal.cases.staff_pages import mail_about
from portal.errors import NotFound
from portal.feedback import lost_code_mails
from portal.i18n import N_, _
from portal.identifiers import mask_email
from portal.notices import mails as notice_mails
from portal.operations import digest
from portal.resets import mails as reset_mails
from portal.security.sessions import SignedIn
from portal.settings import Settings
from portal.site import queries
from portal.site.settings_routes import settings_handlers
from portal.templating import MailTemplates, MailText

STATES = {
    "queued": N_("Waits to be sent"),
    "sent": N_("Sent"),
    "failed": N_("Could not be sent"),
    "dropped": N_("No longer wanted"),
    "kept": N_("Kept here"),
}
TONES = {"queued": "wait", "sent": "done", "failed": "late", "dropped": "past", "kept": "past"}
UNREADABLE = (TemplateError, KeyError, ValueError, TypeError, AttributeError)
"""What an old message raises whose template has changed or gone since."""


class Shown(msgspec.Struct, frozen=True):
    """A message with its words; ``words`` is None where its template can no longer make them, or they name a case.

    Where mail leaves by a server nobody has to read here what the people of a case were told: its code and their
    address together would open it. ``file`` has the same words with a working link, on this machine; empty: none has.
    """

    message: OutboxMessage
    recipient: str
    words: MailText | None
    file: str = ""


@get("/mail", name="site.mail")
async def show_mail(
    request: Request[SignedIn, Any, Any],
    settings: NamedDependency[Settings],
    mail_templates: NamedDependency[MailTemplates],
    now: NamedDependency[datetime],
    before: FromQuery[UUID | None] = None,
) -> Template:
    """The newest messages, 50 a page, and a warning while any wait for too long."""
    await audit.append("mail_viewed", now=now)
    page = await queries.newest_letters(request.user.account_id, before)
    rows = [await _shown(row, settings, mail_templates) for row in page.rows]
    overdue = await queries.overdue(now=now)
    context = {**_WORDS, "rows": rows, "older": page.older, "first": before is None, "overdue": overdue}
    return Template("site/mail.html", context=context)


@get("/mail/{message_id:uuid}", name="site.message")
async def show_message(
    request: Request[SignedIn, Any, Any],
    message_id: FromPath[UUID],
    settings: NamedDependency[Settings],
    mail_templates: NamedDependency[MailTemplates],
    now: NamedDependency[datetime],
) -> Template:
    """One message as its reader gets it, but with a link that has no key. Raises NotFound."""
    message = await queries.letter(message_id, reader=request.user.account_id)
    if message is None:
        raise NotFound(_("There is no such message."))
    await audit.append("mail_viewed", object=f"message:{message_id}", now=now)
    shown = await _shown(message, settings, mail_templates)
    return Template("site/message.html", context={**_WORDS, "shown": shown})


async def _shown(message: OutboxMessage, settings: Settings, mail_templates: MailTemplates) -> Shown:
    if settings.smtp_url and (message.case or message.template == watch.MAIL):
        return Shown(message, mask_email(message.recipient), None)
    kept = settings.mail_dir / f"{message.id}.txt"
    file = f"{kept.parent.name}/{kept.name}" if message.state == "kept" and kept.exists() else ""
    return Shown(message, message.recipient, await _words(message, settings, mail_templates), file)


async def _words(
    message: OutboxMessage, settings: Settings, mail_templates: MailTemplates
) -> MailText | None:
    """The words of a mail without a key or code: a real one is made only for sending and stored nowhere."""
    try:
        data: Any = message.data
        if message.template.startswith(notice_mails.FOLDER):
            data = await notice_mails.shown(message, settings)
        elif message.template == digest.MAIL:
            data = digest.shown(message, settings)
        elif message.template in lost_code_mails.TEMPLATES:
            data = lost_code_mails.shown(message, settings)
        elif message.case:
            data = mails.shown(message, settings)
        elif message.template.startswith(reset_mails.FOLDER):
            data = await reset_mails.shown(message, settings)
        elif message.template.startswith(account_mails.FOLDER):
            data = await account_mails.shown(message, settings)
        return mail_templates.render(message.template, message.locale, data)
    except UNREADABLE:
        return None


def about(message: OutboxMessage) -> str:
    """What a message says whose words are not shown: a case's by what it tells of the case, else its template."""
    if message.template == watch.MAIL:
        data: Any = message.data
        subject = watch.SUBJECTS[data["level"]]
        return _(subject)
    folder, _slash, kind = message.template.rpartition("/")
    return mail_about(kind) if folder in ("cases/mail", "cases/sms") else message.template


def unnamed(message: OutboxMessage) -> str:
    """To whom a message went whose record names nobody any more."""
    if message.template.startswith(notice_mails.FOLDER):
        return _("a subscriber")
    return _("an address that is not kept")


def state_words(state: str) -> str:
    """How far a message has come."""
    return _(STATES[state])


_WORDS = {"about": about, "unnamed": unnamed, "state_words": state_words, "tones": TONES, "current": "admin"}

admin_router = Router("/admin", route_handlers=[show_mail, show_message, *settings_handlers])

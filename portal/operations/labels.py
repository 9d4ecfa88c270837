"""What does not add up, and what an operator should hear, in words."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

import msgspec

from portal import jalali
from portal.i18n import N_, _, current_language, ngettext
from portal.operations.health import Health
from portal.resets.rules import USUAL_APPROVALS
from portal.text import show_number

GIB = 2**30
LITTLE_FREE = 2 * GIB
"""Less room on the disk than this is told; uploads stop at 200 MB."""
ENDS_SOON = timedelta(days=21)

ODDITIES = {
    "no_filing": N_("A case without its first event"),
    "no_passcode": N_("A case that its applicant can't open: it has no passcode"),
    "no_mail": N_("An event of which the applicant should have had a mail, and none is on record"),
    "untried": N_("A message marked as sent that was never handed over"),
    "waits": N_("A message that has waited for more than a day"),
    "no_job": N_("A message that waits without a job to send it"),
    "no_message": N_("A job for a message that does not exist"),
    "chain": N_("The history of a case does not fit its digests"),
    "standing": N_("A case that does not stand as its history says"),
    "file_lost": N_("A file of a case is not on the disk"),
    "file_size": N_("A file of a case has another size than when it came"),
}


class Line(msgspec.Struct, frozen=True):
    """One thing to know, and the page where it can be looked into, without language prefix; empty: none."""

    text: str
    path: str = ""


def oddity_words(kind: str) -> str:
    """What does not add up, in the reader's language; a word of another version stands for itself."""
    return _(ODDITIES[kind]) if kind in ODDITIES else kind


def concerns(health: Health, zone: tzinfo) -> list[Line]:
    """What somebody has to do something about, the most urgent first; empty on a quiet day."""
    return [
        *_of_data(health, zone),
        *_of_mail(health),
        *_of_work(health),
        *_of_machine(health, zone),
        *_of_people(health, zone),
    ]


def calm(health: Health, zone: tzinfo) -> list[Line]:
    """What is said also on a quiet day: that it is one, how much room is left, how far the log was checked.

    Who approved new passwords follows where somebody did.
    """
    quiet = [] if concerns(health, zone) else [Line(_("A quiet day: nothing failed and nothing waits."))]
    checked = _("The audit log was checked on %(at)s: whole up to entry %(n)s.") % {
        "at": jalali.show_moment(health.audit.at, current_language(), zone),
        "n": _n(health.audit.seq),
    }
    good = [] if health.audit.broken else [Line(checked, "/admin/audit")]
    return [*quiet, Line(_room(health, zone)), *good, *_resets(health)]


def _of_data(health: Health, zone: tzinfo) -> list[Line]:
    lines = []
    if health.audit.broken:
        told = _("The audit log was changed after it was sealed: %(why)s") % {"why": health.audit.broken}
        lines.append(Line(told, "/admin/audit"))
    for day, n in health.odd_days[:5]:
        shown = jalali.show_date(day, current_language(), zone)
        told = ngettext("%(day)s does not add up: %(n)s oddity", "%(day)s does not add up: %(n)s oddities", n)
        lines.append(Line(told % {"day": shown, "n": _n(n)}, f"/admin/reconciliation/{day.isoformat()}"))
    if len(health.odd_days) > 5:
        more = _("More days that do not add up: %(n)s") % {"n": _n(len(health.odd_days) - 5)}
        lines.append(Line(more, "/admin/reconciliation"))
    scans = (
        (health.scans.infected, _("Files of the last week in which a virus was found: %(n)s")),
        (health.scans.waiting, _("Files that have waited for the virus scanner for over an hour: %(n)s")),
    )
    return [*lines, *(Line(words % {"n": _n(n)}) for n, words in scans if n)]


def _of_mail(health: Health) -> list[Line]:
    told = (
        (health.mails.failed, _("Messages of the last day that could not be sent: %(n)s")),
        (health.mails.bounced, _("Messages of the last day that were sent back: %(n)s")),
        (health.mails.waiting, _("Messages that have waited for more than an hour: %(n)s")),
    )
    return [Line(words % {"n": _n(n)}, "/admin/mail") for n, words in told if n]


def _of_work(health: Health) -> list[Line]:
    lines = []
    if health.stuck_jobs:
        lines.append(Line(_("Jobs that nobody works on: %(n)s") % {"n": _n(health.stuck_jobs)}))
    if health.late_clocks:
        names = ", ".join(health.late_clocks)
        lines.append(Line(_("Regular work that does not run: %(names)s") % {"names": f"\u2068{names}\u2069"}))
    return lines


def _of_machine(health: Health, zone: tzinfo) -> list[Line]:
    lines, certificate = [], health.certificate
    if health.free < LITTLE_FREE:
        lines.append(Line(_("Little room is left on the disk.")))
    if certificate and certificate.ends_at is None:
        why = f"\u2068{certificate.problem}\u2069"
        lines.append(Line(_("The certificate of the portal could not be checked: %(why)s") % {"why": why}))
    elif certificate and certificate.ends_at and certificate.ends_at - health.made_at < ENDS_SOON:
        day = jalali.show_date(certificate.ends_at, current_language(), zone)
        lines.append(Line(_("The certificate of the portal ends on %(day)s.") % {"day": day}))
    return lines


def _of_people(health: Health, zone: tzinfo) -> list[Line]:
    lines = []
    if health.unheard:
        told = _("No site admin has a confirmed e-mail address: the daily digest reaches nobody.")
        lines.append(Line(told, "/admin/accounts"))
    for unit in health.unattended:
        told = _("Complaints go to a unit for which nobody active works: %(unit)s") % {"unit": unit.name}
        lines.append(Line(told, f"/admin/units/{unit.slug}"))
    for incident in health.incidents:
        since = jalali.show_moment(incident.since, current_language(), zone)
        told = _("Incident without news since %(since)s: %(title)s") % {
            "since": since,
            "title": f"\u2068{incident.title}\u2069",
        }
        lines.append(Line(told, f"/desk/notices/{incident.no}"))
    for admin in health.approvers:
        if admin.approvals > USUAL_APPROVALS:
            told = _("%(name)s approved %(n)s new passwords within a day.") % {
                "name": f"\u2068{admin.name}\u2069",
                "n": _n(admin.approvals),
            }
            lines.append(Line(told, "/admin/resets/report"))
    return lines


def _room(health: Health, zone: tzinfo) -> str:
    told = _("Free on the disk: %(n)s GB.") % {"n": _n(health.free // GIB)}
    if health.certificate and health.certificate.ends_at:
        day = jalali.show_date(health.certificate.ends_at, current_language(), zone)
        told += " " + _("The certificate is good until %(day)s.") % {"day": day}
    return told


def _n(value: int) -> str:
    return show_number(value, current_language())


def _resets(health: Health) -> list[Line]:
    """How many new passwords each admin approved within the last day; nothing where nobody did."""
    if not health.approvers:
        return []
    each = _("; ").join(f"\u2068{admin.name}\u2069 {_n(admin.approvals)}" for admin in health.approvers)
    told = _("New passwords approved within a day: %(each)s") % {"each": each}
    return [Line(told, "/admin/resets/report")]


def is_stale(health: Health, now: datetime) -> bool:
    """Whether the worker, which looks every ten minutes, has not done so for long."""
    return now - health.made_at > timedelta(hours=1)

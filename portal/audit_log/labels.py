"""How the log's page and its export word an entry."""

from __future__ import annotations

from collections.abc import Mapping

from portal import place
from portal.audit import ACTIONS
from portal.audit_log import details
from portal.audit_log.queries import Entry, Known
from portal.i18n import N_, _
from portal.security import roles

NO_ACCOUNT = {"guest": N_("Guest"), "system": N_("The portal itself")}
"""Who acts without an account."""
KINDS = {
    "case": N_("Case"),
    "account": N_("Account"),
    "message": N_("Mail"),
    "agency": N_("Agency"),
    "unit": N_("Unit"),
    "calendar": N_("Calendar"),
    "service": N_("Service"),
    "reset": N_("Forgotten password"),
    "proposal": N_("Proposal"),
    "setting": N_("Setting"),
    "month": N_("Month"),
}
"""What an entry's object may be, by the word before its colon; anything else is shown as it stands."""
PAGES = {
    "account": ("accounts.account", "/admin/accounts/{key}"),
    "message": ("site.message", "/admin/mail/{key}"),
    "agency": ("services.agency", "/admin/agencies/{slug}"),
    "unit": ("services.unit", "/admin/units/{slug}"),
    "service": ("services.edit", "/admin/services/{slug}"),
    "reset": ("resets.show", "/admin/resets/{key}"),
    "proposal": ("accounts.proposals", "/admin/proposals"),
    "calendar": ("calendars.list", "/admin/calendar"),
    "setting": ("site.settings", "/admin/settings"),
}
"""The route and the address of the page about a kind of object."""


def action_words(action: str) -> str:
    """What was done; a word that a later version no longer has is shown as it stands."""
    return _(ACTIONS[action]) if action in ACTIONS else action


def role_words(role: str) -> str:
    """What kind of person acted; a role that a later version no longer has is shown as it stands."""
    known = {**roles.LABELS, **NO_ACCOUNT}
    return _(known[role]) if role in known else role


def kind_of(entry: Entry) -> str:
    """What kind of thing it was done to; empty for a page's address or nothing."""
    kind = entry.object.partition(":")[0]
    return _(KINDS[kind]) if kind in KINDS else ""


def key_of(entry: Entry) -> str:
    """The id of what it was done to, or the address as it stands."""
    return entry.object.partition(":")[2] if kind_of(entry) else entry.object


def name_of(entry: Entry, known: Mapping[str, Known]) -> str:
    """What the object is called: by its name where it has one, else by its number or the end of its id."""
    kind, key = entry.object.partition(":")[0], key_of(entry)
    if entry.object in known:
        return known[entry.object].name
    if kind == "setting" and key in place.CHOICES:
        return _(place.CHOICES[key].label)
    return key if kind in ("reset", "month", "setting") else key[-8:]


def page_of(entry: Entry, known: Mapping[str, Known]) -> tuple[str, str]:
    """The route and the address of the page about the object; empty where there is none (any more)."""
    route, path = PAGES.get(entry.object.partition(":")[0], ("", ""))
    named = known.get(entry.object)
    if "{slug}" in path and named is None:
        return "", ""
    return route, path.format(key=key_of(entry), slug=named.slug if named else "")


def details_of(entry: Entry, known: Mapping[str, Known]) -> list[tuple[str, str]]:
    """What else the entry says, each thing with its value."""
    return list(details.in_words(entry.details, {object: one.name for object, one in known.items()}))

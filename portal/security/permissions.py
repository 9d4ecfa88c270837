"""Who may do what: one row for each route, read by the guard of all routes, the menus and the tests.

A route without a row is closed to everybody, and a test says so before that happens to anyone.
"""

from __future__ import annotations

import msgspec

from portal.security.sessions import ROLES, SignedIn


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """Who may use a route. ``roles`` None: everybody, also without an account.

    ``whose`` says which objects, for the route's own verb to check: ``own`` (what belongs to the account),
    ``unit`` (cases the account's unit works on or was referred to; auditors read all), ``code`` (by the tiers of
    a case), empty for no object. ``fresh``: the person proved who they are within the last quarter of an hour.
    """

    roles: frozenset[str] | None = None
    whose: str = ""
    fresh: bool = False


OPEN = Access()
BY_CODE = Access(whose="code")
READS_DESK = Access(roles=frozenset({"staff", "manager", "admin", "auditor"}), whose="unit")
WORKS_DESK = Access(roles=frozenset({"staff", "manager", "admin"}), whose="unit")
ADMIN = Access(roles=frozenset({"admin"}))
READS_ADMIN = Access(roles=frozenset({"admin", "auditor"}))
ADMIN_PROVED = Access(roles=frozenset({"admin"}), fresh=True)
PERSON = Access(roles=ROLES, whose="own")
PERSON_PROVED = Access(roles=ROLES, whose="own", fresh=True)

ACCESS: dict[str, Access] = {
    "static": OPEN,
    "static/head": OPEN,
    "site.home": OPEN,
    "site.alive": OPEN,
    "site.ready": OPEN,
    "site.robots": OPEN,
    "site.mail": ADMIN,
    "site.message": ADMIN,
    "services.catalogue": OPEN,
    "services.service": OPEN,
    "services.statement": OPEN,
    "services.edition": OPEN,
    "services.statement_document": OPEN,
    "services.edition_document": OPEN,
    "accounts.sign_in": OPEN,
    "accounts.sign_in_post": OPEN,
    "accounts.sign_out": OPEN,
    "accounts.sign_up": OPEN,
    "accounts.sign_up_post": OPEN,
    "accounts.sign_up_sent": OPEN,
    "accounts.address": OPEN,
    "accounts.address_post": OPEN,
    "accounts.password": PERSON,
    "accounts.password_post": PERSON,
    "accounts.contacts": PERSON_PROVED,
    "accounts.contact_add": PERSON_PROVED,
    "accounts.contact_remove": PERSON_PROVED,
    "accounts.list": READS_ADMIN,
    "accounts.new": ADMIN_PROVED,
    "accounts.new_post": ADMIN_PROVED,
    "accounts.account": READS_ADMIN,
    "accounts.change": ADMIN_PROVED,
    "accounts.scan": READS_ADMIN,
    "accounts.proposals": READS_ADMIN,
    "accounts.decide": ADMIN_PROVED,
    "cases.new": OPEN,
    "cases.file": OPEN,
    "cases.track": OPEN,
    "cases.track_post": OPEN,
    "cases.short": BY_CODE,
    "cases.show": BY_CODE,
    "cases.receipt": BY_CODE,
    "cases.back": BY_CODE,
    "cases.unlock": BY_CODE,
    "cases.lock": BY_CODE,
    "cases.reply": BY_CODE,
    "cases.withdraw": BY_CODE,
    "cases.file_of": BY_CODE,
    "desk.queue": READS_DESK,
    "desk.case": READS_DESK,
    "desk.file": READS_DESK,
    "desk.register": WORKS_DESK,
    "desk.register_post": WORKS_DESK,
    "desk.slip": WORKS_DESK,
    "cases.move": WORKS_DESK,
    "cases.after_move": WORKS_DESK,
}


def may_open(name: str, account: SignedIn | None) -> bool:
    """Whether ``account`` (None: a guest) has a role for the route ``name``; objects are the verb's to check."""
    access = ACCESS.get(name)
    if access is None:
        return False
    return access.roles is None or (account is not None and account.role in access.roles)

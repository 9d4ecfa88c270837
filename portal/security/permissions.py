"""Who may do what: one row for each route, read by the guard of all routes, the menus and the tests.

A route without a row is closed to everybody, and a test says so before that happens to anyone.
"""

from __future__ import annotations

import msgspec

from portal.security.sessions import ROLES, SignedIn


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """Who may use a route. ``roles`` None: everybody, also without an account.

    ``whose`` says which objects, for the route's own verb to check: ``own`` (what belongs to the account),
    ``waiting`` (a session whose second step is missing), ``unit`` (cases the account's unit works on or was referred
    to; auditors read all), ``code`` (by the tiers of a case), empty for no object. ``fresh``: the person proved who
    they are within the last quarter of an hour.
    ``before_factor``: open also to somebody who has to set up a second factor first.
    """

    roles: frozenset[str] | None = None
    whose: str = ""
    fresh: bool = False
    before_factor: bool = False


OPEN = Access()
BY_CODE = Access(whose="code")
READS_DESK = Access(roles=frozenset({"staff", "manager", "admin", "auditor"}), whose="unit")
WORKS_DESK = Access(roles=frozenset({"staff", "manager", "admin"}), whose="unit")
ADMIN = Access(roles=frozenset({"admin"}))
MANAGES = Access(roles=frozenset({"manager", "admin"}))
READS_ADMIN = Access(roles=frozenset({"admin", "auditor"}))
ADMIN_PROVED = Access(roles=frozenset({"admin"}), fresh=True)
PERSON = Access(roles=ROLES, whose="own")
PROVED = Access(roles=ROLES, whose="own", fresh=True)
SETS_UP = Access(roles=ROLES, whose="own", before_factor=True)
SETS_UP_PROVED = Access(roles=ROLES, whose="own", fresh=True, before_factor=True)

ACCESS: dict[str, Access] = {
    "static": OPEN,
    "static/head": OPEN,
    "site.home": OPEN,
    "site.alive": OPEN,
    "site.ready": OPEN,
    "site.robots": OPEN,
    "site.mine": PERSON,
    "site.claim": PERSON,
    "site.mine_back": PERSON,
    "site.forget_draft": PERSON,
    "site.openings": PERSON,
    "site.own_data": PERSON,
    "site.own_data_post": PERSON,
    "site.own_export": PROVED,
    "site.ask_erasure": PROVED,
    "site.withdraw_erasure": PERSON,
    "site.data_back": PERSON,
    "site.mail": ADMIN,
    "site.message": ADMIN,
    "audit_log.entries": READS_ADMIN,
    "audit_log.export": Access(roles=READS_ADMIN.roles, fresh=True),
    "audit_log.case": READS_ADMIN,
    "site.settings": ADMIN_PROVED,
    "site.settings_post": ADMIN_PROVED,
    "services.catalogue": OPEN,
    "services.service": OPEN,
    "services.statement": OPEN,
    "services.edition": OPEN,
    "services.statement_document": OPEN,
    "services.edition_document": OPEN,
    "services.statement_pdf": OPEN,
    "services.edition_pdf": OPEN,
    "services.changes": OPEN,
    "calendars.list": MANAGES,
    "calendars.new": MANAGES,
    "calendars.add": MANAGES,
    "calendars.calendar": MANAGES,
    "calendars.day": MANAGES,
    "calendars.set_day": MANAGES,
    "calendars.remove_day": MANAGES,
    "calendars.week": MANAGES,
    "calendars.set_week": MANAGES,
    "calendars.remove_week": MANAGES,
    "calendars.confirm_holidays": MANAGES,
    "calendars.holiday": MANAGES,
    "calendars.decide_holiday": MANAGES,
    "calendars.change": MANAGES,
    "calendars.publish": MANAGES,
    "calendars.drop": MANAGES,
    "services.kept": MANAGES,
    "services.new": MANAGES,
    "services.add": MANAGES,
    "services.edit": MANAGES,
    "services.drop": MANAGES,
    "services.open": MANAGES,
    "services.close": MANAGES,
    "services.sheet": MANAGES,
    "services.save_sheet": MANAGES,
    "services.terms": MANAGES,
    "services.save_terms": MANAGES,
    "services.rows": MANAGES,
    "services.new_row": MANAGES,
    "services.add_row": MANAGES,
    "services.row": MANAGES,
    "services.save_row": MANAGES,
    "services.move_row": MANAGES,
    "services.preview": MANAGES,
    "services.publish": MANAGES,
    "services.end": MANAGES,
    "services.propose_end": MANAGES,
    "services.approve_end": MANAGES,
    "services.withdraw_end": MANAGES,
    "notices.all": OPEN,
    "notices.notice": OPEN,
    "notices.put_aside": OPEN,
    "notices.webhooks": ADMIN_PROVED,
    "notices.add_webhook": ADMIN_PROVED,
    "notices.remove_webhook": ADMIN_PROVED,
    "notices.atom": OPEN,
    "notices.calendar": OPEN,
    "notices.status": OPEN,
    "notices.status_schema": OPEN,
    "notices.availability": OPEN,
    "notices.availability_of": OPEN,
    "promises.all": OPEN,
    "promises.all_figures": OPEN,
    "promises.service": OPEN,
    "promises.figures": OPEN,
    "promises.facts": OPEN,
    "services.agencies": ADMIN,
    "services.new_agency": ADMIN,
    "services.add_agency": ADMIN,
    "services.agency": ADMIN,
    "services.change_agency": ADMIN,
    "services.remove_agency": ADMIN,
    "services.new_unit": ADMIN,
    "services.add_unit": ADMIN,
    "services.unit": ADMIN,
    "services.change_unit": ADMIN,
    "services.remove_unit": ADMIN,
    "services.head": MANAGES,
    "services.name_head": MANAGES,
    "services.watch": MANAGES,
    "services.change_watch": MANAGES,
    "accounts.sign_in": OPEN,
    "accounts.sign_in_post": OPEN,
    "accounts.sign_out": Access(before_factor=True),
    "resets.forgot": OPEN,
    "resets.ask": OPEN,
    "resets.reset": OPEN,
    "resets.redeem": OPEN,
    "resets.done": OPEN,
    "resets.link": OPEN,
    "resets.link_post": OPEN,
    "resets.requests": ADMIN,
    "resets.show": ADMIN,
    "resets.approve": ADMIN,
    "resets.refuse": ADMIN,
    "resets.report": READS_ADMIN,
    "accounts.signed_out": OPEN,
    "accounts.second_step": Access(whose="waiting"),
    "accounts.second_step_post": Access(whose="waiting"),
    "accounts.confirm": SETS_UP,
    "accounts.confirm_post": SETS_UP,
    "accounts.security": SETS_UP,
    "accounts.add_app": SETS_UP_PROVED,
    "accounts.app": SETS_UP_PROVED,
    "accounts.app_post": SETS_UP_PROVED,
    "accounts.passkey": SETS_UP_PROVED,
    "accounts.passkey_post": SETS_UP_PROVED,
    "accounts.rename_factor": PERSON,
    "accounts.remove_factor": PROVED,
    "accounts.recovery_codes": PROVED,
    "accounts.end_session": SETS_UP,
    "accounts.end_other_sessions": SETS_UP,
    "accounts.sign_up": OPEN,
    "accounts.sign_up_post": OPEN,
    "accounts.sign_up_sent": OPEN,
    "accounts.address": OPEN,
    "accounts.address_post": OPEN,
    "accounts.password": PROVED,
    "accounts.password_post": PROVED,
    "accounts.contacts": PROVED,
    "accounts.contact_add": PROVED,
    "accounts.contact_remove": PROVED,
    "accounts.list": READS_ADMIN,
    "accounts.new": ADMIN_PROVED,
    "accounts.new_post": ADMIN_PROVED,
    "accounts.account": READS_ADMIN,
    "accounts.change": ADMIN_PROVED,
    "accounts.invite": ADMIN_PROVED,
    "accounts.scan": READS_ADMIN,
    "accounts.proposals": READS_ADMIN,
    "accounts.decide": ADMIN_PROVED,
    "notices.subscribe": OPEN,
    "notices.subscribe_post": OPEN,
    "notices.subscribe_sent": OPEN,
    "notices.confirm": OPEN,
    "notices.confirm_post": OPEN,
    "notices.leave": OPEN,
    "notices.leave_post": OPEN,
    "site.mine_notices": PERSON,
    "site.end_notices": PERSON,
    "site.mine_notices_back": PERSON,
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
    "cases.why": BY_CODE,
    "cases.contest": BY_CODE,
    "cases.reopen": BY_CODE,
    "cases.rate": BY_CODE,
    "cases.rating": OPEN,
    "cases.rating_post": OPEN,
    "cases.reply": BY_CODE,
    "cases.withdraw": BY_CODE,
    "cases.file_of": BY_CODE,
    "desk.queue": READS_DESK,
    "desk.figures": Access(roles=READS_DESK.roles),
    "desk.ratings": READS_DESK,
    "desk.case": READS_DESK,
    "desk.why": READS_DESK,
    "desk.file": READS_DESK,
    "desk.register": WORKS_DESK,
    "desk.register_post": WORKS_DESK,
    "desk.slip": WORKS_DESK,
    "cases.move": WORKS_DESK,
    "cases.after_move": WORKS_DESK,
    "notices.desk": READS_DESK,
    "notices.desk_calendar": READS_DESK,
    "notices.at_desk": READS_DESK,
    "notices.new": WORKS_DESK,
    "notices.post": WORKS_DESK,
    "notices.move": WORKS_DESK,
    "notices.after_move": WORKS_DESK,
}


def may_open(name: str, account: SignedIn | None) -> bool:
    """Whether ``account`` (None: a guest) has a role for the route ``name``; objects are the verb's to check."""
    access = ACCESS.get(name)
    if access is None:
        return False
    return access.roles is None or (account is not None and account.role in access.roles)

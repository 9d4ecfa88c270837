"""Half-filled forms of signed-in people: kept when they ask for it or their browser does, restored when they return."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from portal.accounts import drafts
from portal.accounts.queries import contacts_of
from portal.cases.forms import FilingForm, Typed, blank_filing
from portal.security.sessions import SignedIn
from portal.services.queries import ServiceView

SAVE = "save"
"""Name of the button that keeps a form instead of sending it."""


async def keep(filing: FilingForm, service: ServiceView, account: UUID, *, now: datetime) -> bool:
    """What was typed is a draft of ``account``, unless it is too long for one; chosen files are not kept."""
    data = {name: [value] if isinstance(value, str) else value for name, value in filing.typed.items()}
    return await drafts.save(account, form_of(service), data, now=now)


async def begun(service: ServiceView, account: SignedIn | None, *, now: datetime) -> FilingForm:
    """The form as a visitor finds it: empty, with what the account says about them, or as they had saved it."""
    if account is None:
        return blank_filing(service)
    known = await contacts_of(account.account_id)
    blank = blank_filing(service, name=account.display_name, contacts=known)
    return await _restored(blank, service, account.account_id, now=now)


async def _restored(blank: FilingForm, service: ServiceView, account: UUID, *, now: datetime) -> FilingForm:
    """The form with what ``account`` had typed before; what the service no longer asks is left out."""
    draft = await drafts.draft_of(account, form_of(service), now=now)
    if draft is None:
        return blank
    several = {field.name for field in service.fields if field.kind == "choices"}
    typed: Typed = {
        name: values if name in several else next(iter(values), "") for name, values in draft.data.items()
    }
    return msgspec.structs.replace(blank, typed={**blank.typed, **typed}, saved_at=draft.saved_at)


async def sent(service: ServiceView, account: UUID) -> None:
    """The form was sent: there is nothing left to come back to."""
    await drafts.forget(account, form_of(service))


def form_of(service: ServiceView) -> str:
    """The address of the service's form, without language prefix."""
    return f"/cases/new/{service.slug}"

"""What the sign-in page asks."""

from __future__ import annotations

import msgspec
from litestar.datastructures import FormMultiDict

from portal.forms import FormReader
from portal.security.guards import same_site_path


class SignInDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What was typed. ``next`` is a path of ours, or empty."""

    username: str
    password: str
    next: str


def read_sign_in(form: FormMultiDict) -> tuple[SignInDraft, dict[str, str]]:
    """The draft and its errors by field name; no errors means it can be tried."""
    reader = FormReader(form)
    draft = SignInDraft(
        username=reader.text("username", max_length=80),
        password=_as_typed(form, "password"),
        next=same_site_path(_as_typed(form, "next")),
    )
    if not draft.password:
        # Only to say that it is missing: read as text, spaces at its ends would be lost.
        reader.text("password", max_length=80)
    return draft, reader.errors


def _as_typed(form: FormMultiDict, name: str) -> str:
    value = form.get(name)
    return value if isinstance(value, str) else ""

"""What the pages of signing in and of second factors ask."""

from __future__ import annotations

import msgspec
from litestar.datastructures import FormMultiDict

from portal.accounts.proof_actions import Given
from portal.forms import FormReader
from portal.i18n import _
from portal.security.guards import same_site_path
from portal.security.passkeys import LONGEST

_CODE = 100
"""Characters of a code that are looked at."""


class SignInDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What was typed. ``next`` is a path of ours, or empty; ``otp`` a code that was sent along unasked."""

    username: str
    password: str
    otp: str
    next: str


class ProofDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A second step, with the ``password`` where the page asks for it once more. ``next`` as above."""

    given: Given
    password: str
    next: str


def read_sign_in(form: FormMultiDict) -> tuple[SignInDraft, dict[str, str]]:
    """The draft and its errors by field name; no errors means it can be tried."""
    reader = FormReader(form)
    draft = SignInDraft(
        username=reader.text("username", max_length=80),
        password=reader.typed("password"),
        otp=reader.typed("otp")[:_CODE],
        next=same_site_path(reader.typed("next")),
    )
    if not draft.password:
        # Only to say that it is missing: read as text, spaces at its ends would be lost.
        reader.text("password", max_length=80)
    return draft, reader.errors


def read_proof(form: FormMultiDict, *, password: bool, second: bool) -> tuple[ProofDraft, dict[str, str]]:
    """The draft and its errors; ``password`` and ``second`` say what the page asks for."""
    reader = FormReader(form)
    if password and not reader.typed("password"):
        reader.text("password", max_length=80)
    given = read_given(reader)
    if second and not given.code and not given.answer:
        reader.fail("otp", _("Please fill this in."))
    draft = ProofDraft(
        given=given, password=reader.typed("password"), next=same_site_path(reader.typed("next"))
    )
    return draft, reader.errors


def read_given(reader: FormReader) -> Given:
    """The code as typed, and what a passkey's script filled in."""
    answer = reader.typed("passkey")
    return Given(code=reader.typed("otp")[:_CODE].strip(), answer=answer if len(answer) <= LONGEST else "")


def read_name(reader: FormReader) -> str:
    """What the owner calls a factor."""
    return reader.text("name", max_length=80)

"""What the pages of one's own account ask: signing in and up, a proof, a new password, addresses and numbers."""

from __future__ import annotations

import msgspec
from litestar.datastructures import FormMultiDict

from portal.accounts import names
from portal.accounts.proof_actions import Given
from portal.accounts.sign_up import SignUp
from portal.forms import FormReader
from portal.i18n import _
from portal.security import passphrases
from portal.security.guards import same_site_path
from portal.security.passkeys import LONGEST
from portal.security.usernames import username_key

_CODE = 100
"""Characters of a code that are looked at."""

KINDS = ("email", "phone")


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


class Passwords(msgspec.Struct, frozen=True, kw_only=True):
    """The password one has and the one wished for, as typed."""

    current: str
    new: str


class NewContact(msgspec.Struct, frozen=True, kw_only=True):
    """An address or number to put on file, as ``portal.identifiers`` writes it."""

    kind: str
    value: str


def read_sign_up(form: FormMultiDict) -> tuple[SignUp, dict[str, str]]:
    """The draft and its errors by field name. Whether a name or address is taken is not looked at here."""
    reader = FormReader(form)
    draft = SignUp(
        username=read_username(reader, reserved=True),
        display_name=reader.text("display_name", max_length=120),
        email=reader.email("email") or "",
        phone=reader.mobile("phone", required=False) or "",
        password=_read_password(reader, "password"),
    )
    return draft, reader.errors


def read_given(reader: FormReader) -> Given:
    """The code as typed, and what a passkey's script filled in."""
    answer = reader.typed("passkey")
    return Given(code=reader.typed("otp")[:_CODE].strip(), answer=answer if len(answer) <= LONGEST else "")


def read_name(reader: FormReader) -> str:
    """What the owner calls a factor."""
    return reader.text("name", max_length=80)


def read_passwords(form: FormMultiDict) -> tuple[Passwords, dict[str, str]]:
    """The draft and its errors by field name."""
    reader = FormReader(form)
    draft = Passwords(
        current=_read_password(reader, "current_password"), new=_read_password(reader, "new_password")
    )
    return draft, reader.errors


def read_contact(form: FormMultiDict) -> tuple[NewContact, dict[str, str]]:
    """The draft and its errors by field name; the field is called like its kind."""
    reader = FormReader(form)
    kind = reader.choice("kind", KINDS)
    value = reader.mobile("phone") if kind == "phone" else reader.email("email")
    return NewContact(kind=kind, value=value or ""), reader.errors


def read_username(reader: FormReader, *, reserved: bool) -> str:
    """The user name as it is kept. ``reserved``: one that sounds like an office is a mistake, too."""
    typed = reader.typed("username")
    if not typed.strip():
        reader.text("username", max_length=80)
        return ""
    key = username_key(typed[:200])
    if problem := names.problem(key, reserved=reserved):
        reader.fail("username", problem)
    return key


def wished_passphrase(form: FormMultiDict) -> str:
    """A passphrase in the language of the button that was pressed, empty when it was another button."""
    language = FormReader(form).typed("suggest")
    return passphrases.suggest(language) if language in passphrases.LANGUAGES else ""


def _read_password(reader: FormReader, name: str) -> str:
    """Exactly as typed: spaces count."""
    typed = reader.typed(name)
    if not typed:
        reader.fail(name, _("Please fill this in."))
    return typed

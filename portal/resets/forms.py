"""What the pages around a reset ask."""

from __future__ import annotations

import msgspec
from litestar.datastructures import FormMultiDict

from portal.forms import FormReader
from portal.i18n import _
from portal.resets import rules
from portal.resets.labels import CHECKS
from portal.resets.rules import Proof
from portal.security import passwords


class NewPassword(msgspec.Struct, frozen=True, kw_only=True):
    """A new password as typed, and what opens the way to it: half B, or the key of a link."""

    opener: str
    password: str


class ApprovalDraft(msgspec.Struct, frozen=True, kw_only=True):
    """An admin's proof, how half B is handed over, and the admin's own password as typed."""

    proof: Proof
    hand_over: str
    password: str


def read_forgot(form: FormMultiDict) -> tuple[str, dict[str, str]]:
    """The user name or address that was typed, and its errors by field name."""
    reader = FormReader(form)
    return reader.text("username", max_length=254), reader.errors


def read_new_password(form: FormMultiDict, opener: str) -> tuple[NewPassword, dict[str, str]]:
    """The new password with what stands in the field ``opener``, and errors by field name.

    A password that is too easy whoever takes it is told before ``opener`` is looked at: that costs no try, and
    says nothing about ``opener``. What is too easy for its owner only, the verb tells whoever may know.
    """
    reader = FormReader(form)
    draft = NewPassword(opener=reader.typed(opener)[:200], password=reader.typed("new_password"))
    for name, value in ((opener, draft.opener), ("new_password", draft.password)):
        if not value:
            reader.fail(name, _("Please fill this in."))
    if draft.password and (problem := passwords.weakness(draft.password, username="")):
        reader.fail("new_password", problem)
    return draft, reader.errors


def read_approval(form: FormMultiDict) -> tuple[ApprovalDraft, dict[str, str]]:
    """The draft and its errors by field name; no errors means it can be tried."""
    reader = FormReader(form)
    method = reader.choice("proof_method", rules.METHODS)
    evidence = reader.choice("proof_evidence", rules.EVIDENCE)
    checks = tuple(reader.choices("proof_checks", CHECKS, required=False))
    if len(set(checks)) < rules.CHECKS_NEEDED:
        reader.fail("proof_checks", _("Choose at least two things that you compared."))
    proof = Proof(
        method=method,
        evidence=evidence,
        checks=checks,
        note=reader.long_text("proof_note", max_length=1000),
        remove_factors=reader.checked("remove_factors"),
    )
    hand_over = reader.choice("hand_over", rules.HAND_OVER)
    password = reader.typed("password")
    if not password:
        reader.fail("password", _("Please fill this in."))
    return ApprovalDraft(proof=proof, hand_over=hand_over, password=password), reader.errors

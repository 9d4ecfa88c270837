"""S48: the state machine would notice if a promise of the reset were broken: each of these mistakes is caught."""

from __future__ import annotations
import __future__

import inspect
import textwrap
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from hypothesis import seed
from hypothesis.stateful import run_state_machine_as_test

from portal.resets import actions, approvals, mails, queries, requests, rules
from tests.resets.test_machine import machine, runs  # noqa: F401

pytestmark = pytest.mark.fault  # a minute in all: with the other long ones

RUNS = 150
MUTANTS: dict[str, tuple[ModuleType, str, str, str]] = {
    "a request is good twice": (requests, "finish", '"used"', '"approved"'),
    "half A is not looked at": (queries, "by_secret", "if fits else None", "if found else None"),
    "half B is not looked at": (actions, "redeem", "not await passwords.verify(b_hash, code)", "not b_hash"),
    "half B never gets old": (
        actions,
        "_TAKE_TRY",
        "b_ends_at > {}",
        "b_ends_at > {}::timestamptz - interval '1 day'",
    ),
    "tries are not limited": (rules, "TRIES", "", ""),
    "five wrong tries void nothing": (actions, "_note_wrong", "tries >= TRIES", "tries > TRIES"),
    "a refused password costs a try": (actions, "redeem", "await _give_back(found)", "pass"),
    "a weak password is taken": (
        requests,
        "refuse_unusable",
        "if problem := await problem_alone(password, account=found.account):",
        "if problem := '':",
    ),
    "the old password is taken again": (
        requests,
        "refuse_unusable",
        "if found.password_hash",
        "if not found",
    ),
    "sessions go on": (
        requests,
        "finish",
        "sessions.end_all_sessions(account)",
        "sessions.forget_ended(now)",
    ),
    "nobody hears of the new password": (requests, "finish", "await mails.tell_all(", "await nothing("),
    "nobody hears that it was asked": (actions, "_open", "await mails.tell_all(", "await nothing("),
    "nobody hears of the approval": (approvals, "_approve", "await mails.tell_all(", "await nothing("),
    "older requests stay open": (actions, "_open", "await requests.supersede(", "await nothing("),
    "asking is not limited": (rules, "ASKED_PER_DAY", "", ""),
    "admins help themselves": (approvals, "_refuse_partial", "request.account == approver.account", "False"),
    "an admin approves in the browser that asked": (
        approvals,
        "_refuse_partial",
        "asked_here.id == request.id",
        "False",
    ),
    "anybody approves": (approvals, "_approve", 'role != "admin"', "False"),
    "one admin is enough for the desk": (rules, "needed_approvers", "else 2", "else 1"),
    "the same admin counts twice": (approvals, "_record", 'raise Barred("twice")', "pass"),
    "no proof is needed": (
        approvals,
        "_refuse_unproved",
        "if field := rules.gap(proof, subject.facts()):",
        "if field := '':",
    ),
    "one check is enough": (rules, "gap", "< CHECKS_NEEDED", "< 1"),
    "an old request is approved": (approvals, "_refuse_closed", "request.ends_at <= now", "False"),
    "a fresh address does not slow down": (rules, "opens_at", "asked_at + COOL_OFF if changed else", ""),
    "the admin's password is not asked": (
        approvals,
        "approve",
        "await account_actions.prove(",
        "await nothing(",
    ),
    "a refused request goes on": (approvals, "refuse", '"void"', '"approved"'),
    "the code is known before the second admin": (approvals, "_approve", "missing > 0", "missing > 1"),
    "a refused approval is not in the log": (approvals, "approve", "await audit.append(", "await nothing("),
    "a mail of a dead request brings a code": (mails, "_keep", "if not kept:", "if kept is None:"),
    "the mailed code is shown": (approvals, "_approve", '"" if hand_over == MAIL else', ""),
}


def mutate(module: ModuleType, name: str, old: str, new: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The function, or the constant, has ``new`` in place of ``old``."""
    there = getattr(module, name)
    if not callable(there):
        wrong = there.replace(old, new) if isinstance(there, str) else 10 * there
        assert wrong != there
        replace(there, wrong, name, monkeypatch)
        return
    source = textwrap.dedent(inspect.getsource(there))
    assert source.count(old) == 1, f"{name} has changed; its mutant needs a new line here"
    made: dict[str, Any] = {}
    flags = __future__.annotations.compiler_flag
    exec(compile(source.replace(old, new), f"mutant of {name}", "exec", flags), vars(module), made)
    monkeypatch.setattr(module, "nothing", nothing, raising=False)
    replace(there, made[name], name, monkeypatch)


def replace(there: object, wrong: object, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every module of the feature that has ``there`` under ``name`` has ``wrong`` instead."""
    for user in (actions, approvals, mails, queries, requests, rules):
        if getattr(user, name, None) is there:
            monkeypatch.setattr(user, name, wrong)


async def nothing(*_: object, **__: object) -> None:
    """What a mutant does where the verb does something."""


@pytest.mark.parametrize("mistake", MUTANTS)
def test_s48_the_mistake_is_caught(machine, monkeypatch, mistake):
    mutate(*MUTANTS[mistake], monkeypatch)
    run: Callable[..., Any] = seed(48)(machine)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(run, settings=runs(RUNS, shrink=False))

"""The faults that the portal is put through: what is done, what must hold, and which tests show it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """``tests``: files or ``file::test``. Those of tests/faults run with ``make faults``, others with ``make test``."""

    number: str
    fault: str
    holds: str
    tests: tuple[str, ...]


ROWS = (
    Row(
        "F1",
        "the web process is killed 20 times while 20 clients file",
        "no acknowledged request lost, no code twice, a mail and an event for each, ready again within 5 s, the audit "
        "chain whole",
        ("tests/faults/test_kill_while_filing.py",),
    ),
    Row(
        "F2",
        "the worker is killed 20 times during 1,000 mails",
        "every mail arrives; no more copies than kills, each with the Message-ID of the first; no job stays behind",
        ("tests/faults/test_worker.py", "tests/faults/test_telling.py"),
    ),
)

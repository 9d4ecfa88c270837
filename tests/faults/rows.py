"""The faults that the portal is put through: what is done, what must hold, and which tests show it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """``tests``: files or ``file::test``. Those of tests/faults run with ``make faults``, others with ``make test``.

    ``by_hand``: the module that does it in earnest; docs/performance.md says what it found.
    """

    number: str
    fault: str
    holds: str
    tests: tuple[str, ...]
    by_hand: str = ""


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
    Row(
        "F5",
        "the database dies at once (SIGQUIT, as pg_ctl -m immediate) four times under load",
        "503 and nothing else for at most 10 s, no acknowledged request lost, the same web process files again",
        (
            "tests/faults/test_database_away.py::test_restarts_of_the_database_are_seconds_of_503",
            "tests/faults/test_supervisor.py::test_a_killed_database_is_started_again",
        ),
    ),
    Row(
        "F6",
        "the database is gone, or takes questions and answers none, for 15 s (scaled from five minutes) under load",
        "pages that need it say so, /readyz answers 503 within 5 s and /healthz 200, memory grows by less than 50 MB, "
        "all heals; up to ten requests, one for each connection, wait for an answer that does not come",
        ("tests/faults/test_database_away.py::test_without_a_database_pages_say_so_and_memory_stands",),
    ),
    Row(
        "F7",
        "the disk is full to its last byte",
        "503 or 422 with a page, no half file, no damaged page of the database, back within 30 s of room",
        (
            "tests/security/test_fails_closed.py::test_who_meets_a_full_disk_is_told_to_come_back",
            "tests/faults/test_supervisor.py::test_a_database_that_can_not_be_started_is_tried_until_it_can",
        ),
        by_hand="bench.disk_full",
    ),
    Row(
        "F15",
        "SIGTERM while 20 clients file, six times; the stub's processes in the other tests",
        "nobody cut off, the end within 30 s, status 0, no process left, no acknowledged request lost",
        (
            "tests/faults/test_stopping_under_load.py",
            "tests/faults/test_supervisor.py::test_stopping_under_load_cuts_nobody_off",
            "tests/faults/test_supervisor.py::test_stopping_answers_what_is_under_way_and_turns_away_who_comes",
        ),
    ),
    Row(
        "F16",
        "ten times as many requests as can be taken",
        "those taken within 2 s (p99), the others told to come back, memory at most half as much again, itself "
        "again within 60 s",
        ("tests/test_crowd.py",),
        by_hand="bench.crush",
    ),
    Row(
        "F17",
        "300 wrong passwords a second from as many networks (scaled from 1,000, which two cores can't send)",
        "/healthz p99 below 100 ms, the home page at most twice as slow, memory bounded by the hashes at once",
        ("tests/faults/test_sign_in_flood.py", "tests/test_crowd.py"),
    ),
)

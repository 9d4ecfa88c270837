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
        "every mail arrives; of those under way at a kill (eight at most) some arrive again, with the Message-ID of "
        "the first; no job stays behind",
        ("tests/faults/test_worker.py", "tests/faults/test_telling.py"),
    ),
    Row(
        "F3",
        "500 requests are filed while the mail server refuses calls, then takes them and keeps silent (half a minute "
        "instead of an hour)",
        "nobody who files is refused or waits longer; all mails out soon after its return, one copy each; never more "
        "than 15 minutes to the next try; after 15 minutes /admin/mail warns",
        (
            "tests/faults/test_mail_server_away.py",
            "tests/test_outbox.py::test_a_deferred_message_waits_longer_each_time",
            "tests/test_worker.py::test_when_the_mail_server_returns_waiting_mails_leave_at_once",
            "tests/site/test_mail.py::test_messages_that_wait_over_fifteen_minutes_are_warned_of",
        ),
    ),
    Row(
        "F4",
        "the mail server answers 451 or 552, never answers to the whole mail (for a second instead of two minutes) or "
        "hangs up",
        "one more copy at most, and never a third; what is refused ends after one try and says so at its case",
        (
            "tests/faults/test_mail_refused.py",
            "tests/test_outbox.py::test_what_the_server_never_answers_is_given_to_it_twice_and_never_again",
            "tests/test_smtp.py::test_the_answer_to_the_whole_mail_is_waited_for_longer",
        ),
    ),
    Row(
        "F19",
        "the virus scanner and the machine behind a webhook take calls and never answer",
        "mails leave within 5 s all the same; the file stays back until the scanner has seen it, and the webhook is "
        "told again later",
        (
            "tests/faults/test_peers_hang.py",
            "tests/test_clamd.py::test_a_scanner_that_hangs_is_away_in_time_and_holds_up_nothing_else",
            "tests/notices/test_webhooks.py::test_a_machine_that_was_away_is_told_again_later_each_time",
        ),
    ),
)

"""The faults that the portal is put through: what is done, what must hold, and which tests show it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """``tests``: files or ``file::test``. Those of tests/faults run with ``make faults``, others with ``make test``.

    Those of bench run by hand; what they found is in docs/performance.md.
    """

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
        "at most two copies; what is refused ends after one try and says so at its case",
        (
            "tests/faults/test_mail_refused.py",
            "tests/test_outbox.py::test_what_the_server_never_answers_is_given_to_it_twice_and_never_again",
            "tests/test_smtp.py::test_the_answer_to_the_whole_mail_is_waited_for_longer",
        ),
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
        "all heals; only requests that had a connection already, ten at most, wait for an answer that does not come",
        ("tests/faults/test_database_away.py::test_without_a_database_pages_say_so_and_memory_stands",),
    ),
    Row(
        "F7",
        "the disk is full to its last byte",
        "503 or 422 with a page, no half file, no damaged page of the database, back within 30 s of room",
        (
            "bench/disk_full.py",
            "tests/security/test_fails_closed.py::test_who_meets_a_full_disk_is_told_to_come_back",
            "tests/faults/test_supervisor.py::test_a_database_that_can_not_be_started_is_tried_until_it_can",
        ),
    ),
    Row(
        "F8",
        "the machine's clock jumps by an hour or a year, ahead or back",
        "no session, link, code or key of a case is good for longer than it lasts; nobody waits over two hours "
        "for tries of the wrong clock; the audit log's numbers go on without a gap; no event stands before the one "
        "before it",
        ("tests/test_wrong_clock.py",),
    ),
    Row(
        "F9",
        "the same form is sent twice, 50 times at once, with other words, or again after its answer was lost",
        "one case, one code, the same answer; other words under the same form make no case",
        (
            "tests/cases/test_filing_verb.py::test_fifty_at_once_make_one_case",
            "tests/cases/test_filing_verb.py::test_the_same_submission_is_the_same_case",
            "tests/cases/test_filing_verb.py::test_the_same_id_with_other_content_makes_no_case",
            "tests/cases/test_filing_pages.py::test_the_same_form_sent_twice_is_one_case_and_one_receipt",
            "tests/faults/test_kill_while_filing.py",
        ),
    ),
    Row(
        "F10",
        "two clerks write to one case at once, 200 times",
        "every accepted word is there once, the history is whole; the other is told (409) and shown what happened",
        ("tests/faults/test_at_once.py", "tests/cases/test_two_clerks.py"),
    ),
    Row(
        "F11",
        "the newest migrations, on 1,000 cases of two years, are killed at ten points (not on 1,000,000)",
        "each ran whole or not at all; the next start finishes them; the schema is the same, and undone and done again "
        "every table has the same content",
        ("tests/faults/test_migrating.py", "tests/test_schema.py", "tests/test_migrations.py"),
    ),
    Row(
        "F12",
        "the migrations of indexes are undone and run while people file (no older program serves beside)",
        "no answer is an error, no case is lost",
        ("tests/faults/test_migrating.py",),
    ),
    Row(
        "F13",
        "a backup is made while people file, and restored into an empty place; a desk is lost (make drill)",
        "every table, file and code as in the snapshot, the audit log whole",
        (
            "tests/backup/test_round_trip.py::test_a_backup_during_filing_holds_a_file_for_every_row_it_holds",
            "tests/backup/test_round_trip.py::test_a_restored_desk_is_the_one_that_was_backed_up",
        ),
    ),
    Row(
        "F14",
        "one bit of a backup is flipped, it is cut short, or the restore is killed",
        "it is refused, and the place is as empty as before; a killed restore leaves its own folder, which "
        "the next one names",
        (
            "tests/backup/test_damage.py::test_one_flipped_bit_anywhere_is_noticed",
            "tests/backup/test_damage.py::test_one_that_was_cut_short_or_has_more_at_its_end_is_refused",
            "tests/backup/test_commands.py::test_a_killed_restore_leaves_only_its_own_folder_and_the_next_one_says_so",
            "tests/backup/test_commands.py::test_a_load_that_fails_leaves_the_database_empty",
        ),
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
        ("bench/crush.py", "tests/test_crowd.py"),
    ),
    Row(
        "F17",
        "300 wrong passwords a second from as many networks (scaled from 1,000, which two cores can't send)",
        "/healthz p99 below 100 ms, the home page at most twice as slow, memory bounded by the hashes at once",
        ("tests/faults/test_sign_in_flood.py", "tests/test_crowd.py"),
    ),
    Row(
        "F18",
        "600 file where only 10,000 codes are left",
        "600 different codes, none after more than eight draws",
        (
            "tests/faults/test_at_once.py",
            "tests/cases/test_filing_verb.py::test_a_number_that_is_taken_is_drawn_again",
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
    Row(
        "F20",
        "the edges of the calendar: leap years, the turn of the year, summer time of former years",
        "each of the 73,414 days from 1300 to 1500 comes back as typed; the rule of 33 years holds, where that of 2820 "
        "is wrong (1403, 1436, 1469)",
        ("tests/test_jalali.py",),
    ),
    Row(
        "F21",
        "everybody does anything to a case and a complaint about it in any order, while the clock jumps",
        "each step is one event that the rules allow or nothing; the history is whole and folds to the row, codes are "
        "unique, no time is negative, each result has its receipt, the audit log is whole",
        ("tests/faults/test_life.py", "tests/cases/test_life.py", "tests/cases/test_history.py"),
    ),
)

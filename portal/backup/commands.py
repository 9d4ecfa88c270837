"""What ``portal backup``, ``restore`` and ``backup-key`` take and print."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from portal import settings
from portal.backup import keys
from portal.backup.checking import Checked
from portal.backup.manifest import BackupError, Manifest
from portal.settings import Reader, Settings

TO = "PORTAL_BACKUP_TO"
SAYS = {
    "backup": "Write database, files and keys into one encrypted file, while the portal runs.",
    "restore": "Make the empty place that the settings name into what a backup holds.",
    "backup-key": "Make a key for backups: a secret in FILE, and what to encrypt to.",
}
SHOWN = 5  # names of wrong files that are printed


def take(name: str, added: argparse.ArgumentParser) -> None:
    """What the command ``name`` wants to know. Keys are named by their files, never given."""
    added.add_argument("file", type=Path, help="the key's new file" if name == "backup-key" else "the backup")
    if name == "backup":
        added.add_argument(
            "--to", action="append", default=[], metavar="RECIPIENT",
            help=f"encrypt to this recipient of age (age1…); may be given again. Otherwise {TO} counts",
        )  # fmt: skip
        added.add_argument(
            "--unencrypted", action="store_true", help="everybody who gets the file may read it"
        )
    if name == "restore":
        added.add_argument("--identity", type=Path, metavar="KEYFILE", help="the file that backup-key made")


def settings_of_a_place() -> Settings:
    """The settings, where there is a place to back up: a wrong PORTAL_DATA_DIR would back up a new, empty one."""
    folder = _data_dir()
    if not folder.is_dir():
        raise BackupError(f"{folder} is not there: look at PORTAL_DATA_DIR.")
    return settings.load()


def make(chosen: Settings, owner_url: str, given: argparse.Namespace) -> None:
    """The backup is made and its contents are printed. Raises BackupError, also when the place had lost files."""
    from portal.backup import making  # which other commands need not wait for

    recipients = keys.recipients(given.to or Reader(os.environ)(TO, "").replace(",", " ").split())
    if bool(recipients) == given.unencrypted:
        raise BackupError(
            f"Say to whom to encrypt: --to age1… or {TO}; portal backup-key makes a key. Or --unencrypted."
            if not recipients
            else f"Either --unencrypted or a recipient (--to, {TO}), not both."
        )
    _end_tidily()
    began = time.monotonic()
    made = making.back_up(chosen, owner_url, given.file.absolute(), recipients)
    _say(
        f"{given.file}: {_contents(made.manifest)}, as of {_minute(made.manifest.made_at)}.",
        f"{made.size / 2**20:,.1f} MB in {time.monotonic() - began:.1f} s, "
        + (f"encrypted to {len(recipients)} recipient(s)." if recipients else "NOT encrypted."),
    )
    if made.missing:
        raise BackupError(
            f"The backup is whole, but this place has lost {len(made.missing)} file(s) that cases name, "
            f"or they were changed: {_few(made.missing)}. Look for them in older backups."
        )


def restore(given: argparse.Namespace) -> None:
    """The empty place is what the backup holds; what was checked is printed. Raises BackupError, also for findings."""
    get = Reader(os.environ)
    app_url = get("PORTAL_DATABASE_URL", "")
    identities = keys.identities(given.identity) if given.identity else []
    from portal.backup import restoring  # which other commands need not wait for

    place = restoring.Place(
        data_dir=_data_dir(),
        app_url=app_url or None,
        owner_url=get("PORTAL_DATABASE_OWNER_URL", app_url) or None,
        secret_key=get("PORTAL_SECRET_KEY", "").encode() or None,
    )
    _end_tidily()
    began = time.monotonic()
    restored = restoring.restore(given.file, place, identities)
    manifest, checked = restored.manifest, restored.checked
    _say(
        f"{place.data_dir}: the place as of {_minute(manifest.made_at)}, made by version {manifest.version}.",
        f"{_contents(manifest)}: all as in the backup.",
        *_found(checked),
        *(
            [f"Not in the backup, erased or lost before: {len(manifest.lost)} file(s)."]
            if manifest.lost
            else []
        ),
        f"Took {time.monotonic() - began:.1f} s.",
    )
    if (place.data_dir / "secret_key_old").exists():
        _say(
            f"Until nothing needs the old key: PORTAL_SECRET_KEY_OLD_FILE={place.data_dir / 'secret_key_old'}"
        )
    _complain(checked)


def new_key(given: argparse.Namespace) -> None:
    """A key pair is made; its recipient is printed."""
    recipient = keys.make(given.file, now=datetime.now(UTC))
    _say(
        f"{given.file} holds the secret that opens your backups. Keep it away from the server, in two places.",
        f"To encrypt to it: {TO}={recipient}",
    )


def _found(checked: Checked) -> list[str]:
    verdict = checked.verdict
    lines = [
        f"Files: {checked.n_files - len(checked.wrong_files):,} of {checked.n_files:,} are what their rows say.",
        f"Codes tried: {checked.n_codes - len(checked.wrong_codes)} of {checked.n_codes} lead to their cases.",
    ]
    if not verdict.broken:
        head = verdict.head
        lines.append(
            f"Audit log: all {head.seq:,} sealed rows are as they were sealed: {head.seq}:{head.mac}"
        )
    return lines


def _complain(checked: Checked) -> None:
    """Raises BackupError for what was wrong before the backup was made: it was restored as it was."""
    wrong = []
    if checked.verdict.broken:
        wrong.append(f"its audit log had been changed, first wrong: {checked.verdict.broken}")
    if checked.wrong_files:
        wrong.append(f"files are not what rows say: {_few(checked.wrong_files)}")
    if checked.wrong_codes:
        wrong.append(f"codes lead nowhere: {_few(checked.wrong_codes)}")
    if wrong:
        raise BackupError(f"The place is restored as it was, but {'; '.join(wrong)}.")


def _contents(manifest: Manifest) -> str:
    size = sum(part.size for part in manifest.files) / 2**20
    return f"{manifest.rows:,} rows of {len(manifest.tables)} tables, {len(manifest.files):,} files ({size:,.1f} MB)"


def _few(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join([*names[:SHOWN], *(["…"] if len(names) > SHOWN else [])])


def _minute(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _data_dir() -> Path:
    return Path(Reader(os.environ)("PORTAL_DATA_DIR", "var")).resolve()


def _end_tidily() -> None:
    """A command that is told to end leaves nothing half done, as with Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def _say(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()

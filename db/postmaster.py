"""One PostgreSQL server process of the bundled build: made, started, found again, stopped.

Nothing here decides whose server it is; ``db.embedded`` holds the lock while it calls these functions.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from db.places import EmbeddedError, User, bundled_programs, make_folder, write_private

PORT = "5432"  # only names the socket: no TCP port is opened
READY_WITHIN = 300.0  # seconds; replaying the log after a crash can take long
STOPPED_WITHIN = 60.0
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C.UTF-8"}
SETTINGS = {
    "listen_addresses": "",
    "port": PORT,
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "random_page_cost": "1.1",
    "jit": "off",
    # A queue grows to a hundred thousand in seconds; planned as if it were empty, each look at it takes 40 ms.
    "autovacuum_naptime": "10s",
    "deadlock_timeout": "250ms",  # verbs run again for two seconds, and the default of 1 s leaves one try
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "on",
    "log_directory": "log",
    "log_filename": "postgresql-%a.log",  # one file a weekday: a week is kept
    "log_truncate_on_rotation": "on",
    "log_rotation_size": "0",
    "log_error_verbosity": "terse",  # the detail of a unique violation would log people's addresses
}
LET_GO_WITHIN = 30.0  # seconds that the children of a killed server may take to notice


@dataclass
class Postmaster:
    """The server whose files are in ``cluster``, run by ``user`` (None: by whoever we are).

    Its start is waited for by ``sleep``, which may raise to give up; its stop is always waited for.
    """

    cluster: Path
    programs: Path
    user: User
    sleep: Callable[[float], object] = field(default=time.sleep, repr=False)
    child: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def run(self, program: str, *arguments: str, statements: str = "") -> None:
        """Run one of PostgreSQL's programs to its end. Raises EmbeddedError with what it said."""
        done = subprocess.run(  # noqa: S603
            [self.programs / program, *arguments],
            input=statements.encode(),
            capture_output=True,
            **self._identity(),
        )
        if done.returncode:
            raise EmbeddedError(f"{program} failed: {done.stderr.decode(errors='replace').strip()}")

    def create(self, passwords: Mapping[str, str]) -> None:
        """The cluster's files exist with their roles and the database ``portal``, wholly or not at all."""
        # A new name each time: the initdb of a killed owner may still be writing to the former one.
        stage = self.cluster.with_name(f"pg.new-{secrets.token_hex(4)}")
        make_folder(stage, self.user)
        files, password_file = stage / "data", stage / "password"
        write_private(password_file, passwords["postgres"], self.user)
        self.run(
            "initdb", "-D", str(files), "-U", "postgres", "--locale=C.UTF-8", "--encoding=UTF8",
            "--auth=scram-sha-256", f"--pwfile={password_file}",
        )  # fmt: skip
        staged = Postmaster(files, self.programs, self.user)
        staged._tell(
            *(f'CREATE ROLE "{role}" LOGIN;' for role in passwords if role != "postgres"),
            *_passwords_set(passwords),
            "CREATE DATABASE portal OWNER portal_owner;",
            "REVOKE ALL ON DATABASE portal FROM PUBLIC;",
            "GRANT CONNECT, TEMPORARY ON DATABASE portal TO portal_app;",
        )
        files.rename(self.cluster)
        shutil.rmtree(stage)

    def set_passwords(self, passwords: Mapping[str, str]) -> None:
        """The roles have these passwords. The server must not be running; needs no password itself."""
        self._forget_dead_server()
        self._tell(*_passwords_set(passwords))

    def start(self, socket_folder: Path, settings: Mapping[str, str]) -> None:
        """The server accepts connections through ``socket_folder``. Raises EmbeddedError with its words."""
        for cut_short in self.cluster.parent.glob("pg.new-*"):
            shutil.rmtree(cut_short, ignore_errors=True)
        self._refuse_other_version()
        self._write_settings({**SETTINGS, "unix_socket_directories": str(socket_folder), **settings})
        impatient_at = time.monotonic() + LET_GO_WITHIN
        while True:
            self._forget_dead_server()
            for mark in socket_folder.glob(".s.PGSQL.*"):
                mark.unlink()
            if self._launch():
                return
            said = self._start_log().read_text(errors="replace")
            if "still in use" not in said or time.monotonic() > impatient_at:
                raise EmbeddedError(f"PostgreSQL did not start. It said:\n{said[-1000:]}{self._last_log()}")
            self.sleep(0.2)

    def pid(self) -> int | None:
        """Process id of the live server on these files, whoever started it; None when there is none."""
        if self.child is not None and self.child.poll() is None:
            return self.child.pid
        try:
            pid = abs(int(self._pid_file()[0]))  # negative: a single-user server that sets passwords
        except (OSError, IndexError, ValueError):
            return None
        return pid if _works_in(pid, self.cluster) else None

    def ready(self) -> bool:
        """The server on these files accepts connections."""
        with contextlib.suppress(OSError):
            lines = self._pid_file()
            return len(lines) > 7 and lines[7].strip() == "ready" and self.pid() == int(lines[0])
        return False

    def accepts(self, socket_folder: Path) -> bool:
        """A sign-in would be heard. While it recovers from a crashed child, ``ready`` says yes too early."""
        ask = [str(bundled_programs() / "pg_isready"), "-q", "-h", str(socket_folder), "-p", PORT]
        return self.ready() and subprocess.run(ask, cwd="/", env=ENVIRONMENT).returncode == 0  # noqa: S603

    def settled(self, socket_folder: Path) -> bool:
        """A live server accepts connections (True), or there is none after all (False). Waits for either."""
        _wait_until(lambda: self.pid() is None or self.accepts(socket_folder), READY_WITHIN, self.sleep)
        return self.pid() is not None

    def stop(self) -> None:
        """No server runs on these files. Open transactions are rolled back (fast shutdown)."""
        for kind, seconds in (
            (signal.SIGINT, STOPPED_WITHIN),
            (signal.SIGQUIT, 10.0),
            (signal.SIGKILL, 10.0),
        ):
            pid = self.pid()
            if pid is None:
                return
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, kind)
            if _wait_until(lambda pid=pid: self.pid() != pid, seconds, time.sleep):  # type: ignore[misc]
                self.child = None
                return
        raise EmbeddedError(f"PostgreSQL (process {self.pid()}) on {self.cluster} does not stop.")

    def _tell(self, *statements: str) -> None:
        """A server that nobody else can reach has carried out ``statements``, one after the other."""
        quiet = ("-c", "exit_on_error=on", "-c", "log_min_error_statement=panic")  # they hold passwords
        said = "\n".join(statements)
        self.run("postgres", "--single", "-D", str(self.cluster), *quiet, "postgres", statements=said)

    def _launch(self) -> bool:
        log = os.open(self._start_log(), os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        try:
            child = self.child = subprocess.Popen(  # noqa: S603
                [self.programs / "postgres", "-D", self.cluster],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C reaches us only; the server stops when the others are done
                **self._identity(),
            )
        finally:
            os.close(log)
        try:
            _wait_until(lambda: child.poll() is not None or self.ready(), READY_WITHIN, self.sleep)
        except BaseException:
            self.stop()
            raise
        return self.ready()

    def _forget_dead_server(self) -> None:
        """Remove the mark of a dead server, whose number another process may carry by now.

        PostgreSQL looks only whether a process of that number lives, and would refuse to start.
        """
        if self.pid() is None:
            (self.cluster / "postmaster.pid").unlink(missing_ok=True)

    def _refuse_other_version(self) -> None:
        said = subprocess.run(  # noqa: S603
            [self.programs / "postgres", "--version"], capture_output=True, text=True, **self._identity()
        ).stdout
        ours, theirs = said.split()[-1].split(".")[0], (self.cluster / "PG_VERSION").read_text().strip()
        if ours != theirs:
            raise EmbeddedError(
                f"{self.cluster} was written by PostgreSQL {theirs}, but {ours} is installed. Install the "
                "former package again, back up, and restore the backup into a new data folder."
            )

    def _write_settings(self, settings: Mapping[str, str]) -> None:
        lines = ["# Written at every start. Put your own settings into local.conf beside this file.", ""]
        lines += [f"{name} = '{value.replace(chr(39), chr(39) * 2)}'" for name, value in settings.items()]
        text = "\n".join([*lines, "include_if_exists 'local.conf'", ""])
        write_private(self.cluster / "postgresql.conf", text, self.user)

    def _identity(self) -> dict[str, Any]:
        common: dict[str, Any] = {"cwd": "/", "env": ENVIRONMENT, "umask": 0o077}
        if self.user is None:
            return common
        return {**common, "user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}

    def _pid_file(self) -> list[str]:
        return (self.cluster / "postmaster.pid").read_text().splitlines()

    def _start_log(self) -> Path:
        return self.cluster / "start.log"

    def _last_log(self) -> str:
        newest = sorted(self.cluster.glob("log/*"), key=os.path.getmtime)[-1:]
        return "\n".join(line for log in newest for line in log.read_text(errors="replace").splitlines()[-8:])


def _passwords_set(passwords: Mapping[str, str]) -> list[str]:
    return [f"ALTER ROLE \"{role}\" PASSWORD '{word}';" for role, word in passwords.items()]


def _works_in(pid: int, folder: Path) -> bool:
    """Process ``pid`` is a live PostgreSQL that works in ``folder``, not another with a recycled number."""
    if sys.platform == "linux":
        try:
            name = Path(f"/proc/{pid}/comm").read_text().strip()
            return name == "postgres" and Path(f"/proc/{pid}/cwd").samefile(folder)
        except OSError:
            return False
    shown = subprocess.run(["/bin/ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True)  # noqa: S603
    return "postgres" in shown.stdout and str(folder) in shown.stdout


def _wait_until(happened: Callable[[], bool], seconds: float, sleep: Callable[[float], object]) -> bool:
    deadline = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > deadline:
            return False
        sleep(0.02)
    return True

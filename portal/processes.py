"""The supervisor's side of one process: start, go-ahead, restart, end."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).parent.parent
GRACE_SECONDS = {"web": 27, "worker": 8}
"""How long an asked process may take. A worker in a slow mail is killed: that mail's job runs again."""
LASTING_SECONDS = 30
"""A process that lived this long did not fail at its start."""
LONGEST_DELAY = 30.0


class Child:
    """One supervised process. It imports its code at once and begins its work at ``go``."""

    def __init__(self, kind: str, target: str, listener: socket.socket | None) -> None:
        self.kind, self.target, self.listener = kind, target, listener
        self.failures = 0
        self.kill_at: float | None = None
        self._start()

    def _start(self) -> None:
        lifeline, self._lifeline = os.pipe()
        inherited = [lifeline] + ([self.listener.fileno()] if self.listener else [])
        listener = str(self.listener.fileno()) if self.listener else "-"
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        self.process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "portal.child", self.kind, str(lifeline), listener, self.target],
            pass_fds=inherited,
            stdin=subprocess.DEVNULL,
            env={**_without_owner(os.environ), "PYTHONPATH": path},
            process_group=0,  # Ctrl-C reaches the supervisor alone, which then stops the others in order
        )
        os.close(lifeline)
        self._started_at = time.monotonic()
        self._resume_at: float | None = None

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def go(self) -> None:
        """The process begins its work on the database that PORTAL_DATABASE_URL names by now."""
        with suppress(BrokenPipeError):
            os.write(self._lifeline, os.environ["PORTAL_DATABASE_URL"].encode() + b"\n")

    def tend(self) -> str:
        """A process that ended is started again: at once when it was killed, else later each time it fails soon.

        Returns a line that tells of the end, or an empty one.
        """
        now = time.monotonic()
        if self._resume_at is None and not self.alive:
            os.close(self._lifeline)
            delay = self._delay(lasted=now - self._started_at)
            self._resume_at = now + delay
            return f"{self.kind} process ended ({self.process.returncode}); starting it again in {delay:g} s"
        if self._resume_at is not None and now >= self._resume_at:
            self._start()
            self.go()
        return ""

    def _delay(self, *, lasted: float) -> float:
        """Seconds to wait: none after a kill from outside, longer each time it failed soon by itself."""
        if (self.process.returncode or 0) < 0:
            return 0.0
        self.failures = 0 if lasted > LASTING_SECONDS else self.failures + 1
        return min(LONGEST_DELAY, 0.25 * float(2**self.failures))

    def ask_to_stop(self) -> None:
        """The process was told to finish what it does and end, within its grace."""
        self.kill_at = time.monotonic() + GRACE_SECONDS[self.kind]
        self.process.terminate()

    @property
    def late(self) -> bool:
        """The process was asked to stop, and its grace is over."""
        return self.kill_at is not None and time.monotonic() > self.kill_at


def _without_owner(environ: Mapping[str, str]) -> dict[str, str]:
    """Only the supervisor migrates: whoever takes over a web process must not get the owner's password."""
    return {
        name: value for name, value in environ.items() if not name.startswith("PORTAL_DATABASE_OWNER_URL")
    }

"""How people tell the supervisor to stop: signals are noted, and looked at where it waits.

Raising out of a signal handler could leave anything half done: inside ``Popen.poll`` (Python 3.11 to 3.14) it keeps
that object's lock for ever, and the child never counts as ended.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import signal
import socket
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stop(BaseException):
    """Somebody asked the supervisor to stop."""


class Requests:
    """From now on SIGINT, SIGTERM and SIGHUP only count in ``n_stops``; who waits here wakes with Stop."""

    def __init__(self) -> None:
        self.n_stops = 0
        # Never read: from the first signal on, whoever waits for it wakes at once.
        self._noted, self._note = os.pipe()
        os.set_blocking(self._note, False)
        for number in SIGNALS:
            signal.signal(number, self._take)

    def _take(self, *_: object) -> None:
        self.n_stops += 1
        with contextlib.suppress(BlockingIOError):
            os.write(self._note, b"\0")

    def sleep(self, seconds: float) -> None:
        """So much time has passed. Raises Stop as soon as, and whenever, somebody asked for it."""
        self._wait([self._noted], seconds)

    def wait_for(self, answer: socket.socket, seconds: float) -> bool:
        """Whether ``answer`` can be read, within so many seconds. Raises Stop like ``sleep``."""
        return self._wait([self._noted, answer.fileno()], seconds)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """What ``work`` returned. Raises Stop, once ``work`` was cancelled and has tidied up."""

        async def heed() -> T:
            loop, task = asyncio.get_running_loop(), asyncio.ensure_future(work)

            def cancel() -> None:
                loop.remove_reader(self._noted)
                task.cancel()

            loop.add_reader(self._noted, cancel)
            return await task

        try:
            return asyncio.run(heed())
        except asyncio.CancelledError as error:
            raise Stop from error

    def _wait(self, descriptors: list[int], seconds: float) -> bool:
        ready, _, _ = select.select(descriptors, [], [], seconds)
        if self.n_stops:
            raise Stop
        return bool(ready)

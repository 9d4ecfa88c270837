"""The machine that is measured on, and what processes cost it, from /proc."""

from __future__ import annotations

import os
import platform
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

QUIET = 0.3
"""Load of the last minute, per core, up to which a machine counts as quiet."""
_TICK = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Process(msgspec.Struct, frozen=True):
    """One process as it is now; ``cpu`` in seconds, with that of children which have ended; ``resident`` in bytes."""

    id: int
    parent: int
    command: str
    cpu: float
    resident: int


class Facts(msgspec.Struct, frozen=True):
    """What figures depend on. ``load`` is that of the minute before measuring."""

    model: str
    cores: int
    memory_gb: float
    system: str
    python: str
    postgres: str
    load: float
    at: datetime

    @property
    def is_quiet(self) -> bool:
        return self.load <= QUIET * self.cores


def facts(postgres: str) -> Facts:
    """This machine, now. ``postgres`` is what the server says of its version."""
    cpu = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    model = re.search(r"model name\s*: (.*)", cpu)
    memory = os.sysconf("SC_PHYS_PAGES") * _PAGE / 1e9
    return Facts(
        model=model[1] if model else platform.processor() or platform.machine(),
        cores=os.cpu_count() or 1,
        memory_gb=memory,
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        postgres=postgres,
        load=os.getloadavg()[0],
        at=datetime.now(UTC),
    )


def processes() -> Iterator[Process]:
    """Every process of the machine that can be read."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            pages = int((folder / "statm").read_text().split()[1])
        except OSError:
            continue
        cpu = sum(int(ticks) for ticks in fields[11:15]) / _TICK
        yield Process(int(folder.name), int(fields[1]), command, cpu, pages * _PAGE)


def family(root: int) -> list[Process]:
    """The process ``root`` and all below it."""
    known = list(processes())
    found = [one for one in known if one.id == root]
    for one in found:  # grows while it is read
        found += [child for child in known if child.parent == one.id]
    return found


def children(supervisor: int, kind: str) -> list[Process]:
    """The supervisor's processes of one kind: ``web`` or ``worker``."""
    return [one for one in family(supervisor) if f"portal.child {kind} " in one.command]


def cpu_of(some: list[Process]) -> float:
    return sum(one.cpu for one in some)


def web_megabytes(supervisor: int) -> float:
    """What the supervisor's web processes have resident."""
    return megabytes_of(children(supervisor, "web"))


def megabytes_of(some: list[Process]) -> float:
    return sum(one.resident for one in some) / 1e6


def rest(root: int, *, seconds: float = 120) -> None:
    """Whatever ``root`` runs has used less than a twentieth of a core for two seconds, or the time is up."""
    give_up_at = time.monotonic() + seconds
    while time.monotonic() < give_up_at:
        before = cpu_of(family(root))
        time.sleep(2)
        if cpu_of(family(root)) - before < 0.1:
            return

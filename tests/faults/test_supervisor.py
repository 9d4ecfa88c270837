"""``portal serve`` is stopped, killed and robbed of its processes, and always leaves or makes order."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest

pytestmark = pytest.mark.fault
ROOT = Path(__file__).parent.parent.parent
START = (
    "from portal import serve, settings; "
    "serve.run(settings.load(), app='tests.faults.stub:{app}', worker='tests.faults.stub:work')"
)


class Portal:
    """A supervised stub on a port and a data folder of its own; any number of starts."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
        self.environ = {**kept, "PORTAL_DATA_DIR": str(folder / "var"), "PORTAL_PORT": str(self.port)}
        self.folder = folder
        self.supervisor: subprocess.Popen[str] | None = None
        self.logged: list[str] = []

    def start(self, *, workers: int = 1, module: str = "") -> float:
        """The portal answers; returns the seconds from the start to its first page."""
        started = time.monotonic()
        command = ["-m", module] if module else ["-c", START.format(app="create_app")]
        self.launch([sys.executable, *command], workers=workers)
        assert self.supervisor is not None
        assert self.supervisor.stdout is not None
        assert "answers at" in self.supervisor.stdout.readline()
        self.get("/")
        return time.monotonic() - started

    def launch(self, command: list[str], *, workers: int = 1) -> subprocess.Popen[str]:
        self.supervisor = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**self.environ, "PORTAL_WORKERS": str(workers)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        return self.supervisor

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """``portal <command>`` beside the running one has ended."""
        beside = [sys.executable, "-m", "portal.cli", *command]
        return subprocess.run(beside, cwd=ROOT, env=self.environ, capture_output=True, text=True, timeout=60)

    def get(self, path: str) -> str:
        return httpx.get(f"http://127.0.0.1:{self.port}{path}", timeout=10).text

    def family(self) -> list[psutil.Process]:
        """Everything the supervisor started, and itself."""
        assert self.supervisor is not None
        parent = psutil.Process(self.supervisor.pid)
        return [parent, *parent.children(recursive=True)]

    def listen(self) -> None:
        """From now on what the processes log is in ``logged``; a full pipe would stop whoever writes into it."""
        assert self.supervisor is not None
        threading.Thread(target=self.logged.extend, args=(self.supervisor.stderr,), daemon=True).start()

    def postgres(self) -> int:
        (pid_file,) = self.folder.rglob("postmaster.pid")
        return int(pid_file.read_text().split()[0])

    def send(self, number: signal.Signals) -> int:
        """The supervisor got a signal and has ended; returns its exit status."""
        assert self.supervisor is not None
        self.supervisor.send_signal(number)
        return self.supervisor.wait(40)

    def clean(self) -> None:
        if self.supervisor is not None:
            for pipe in (self.supervisor.stdout, self.supervisor.stderr):
                assert pipe is not None
                pipe.close()


@pytest.fixture
def portal() -> Iterator[Portal]:
    folder = Path(tempfile.mkdtemp(prefix="rahgir-serve-"))
    folder.chmod(0o755)  # a database started by root runs as another user, who must get in
    running = Portal(folder)
    yield running
    if running.supervisor is not None and running.supervisor.poll() is None:
        running.send(signal.SIGTERM)
    running.clean()
    shutil.rmtree(folder)


def left_over(family: list[psutil.Process]) -> list[psutil.Process]:
    return [one for one in family if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]


def eventually(happened: Callable[[], object], *, seconds: float) -> bool:
    give_up_at = time.monotonic() + seconds
    while time.monotonic() < give_up_at:
        try:
            if happened():
                return True
        except httpx.TransportError:
            pass
        time.sleep(0.02)
    return False


def test_pages_come_from_every_web_process_and_reach_the_database_as_the_app(portal):
    portal.start(workers=2)
    assert eventually(lambda: len({portal.get("/") for _ in range(20)}) == 2, seconds=5)
    assert portal.get("/database") == "portal_app"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_stopping_leaves_nothing_behind(portal, number):
    portal.start(workers=2)
    family = portal.family()
    assert len(family) > 4
    assert portal.send(number) == 0
    assert left_over(family) == []
    socket.create_server(("127.0.0.1", portal.port)).close()


def test_a_signal_in_the_middle_of_a_look_at_a_child_stops_all_the_same(portal):
    portal.start(module="tests.faults.signal_in_poll")
    family = portal.family()
    started = time.monotonic()
    assert portal.send(signal.SIGUSR1) == 0
    assert time.monotonic() - started < 5
    assert left_over(family) == []


@pytest.mark.parametrize("after", [0.1, 0.4, 0.7, 1.0, 1.3])
def test_a_signal_while_the_portal_starts_is_obeyed_at_once(portal, after):
    portal.start()
    portal.send(signal.SIGTERM)
    portal.clean()
    portal.launch([sys.executable, "-m", "tests.faults.signal_in_poll"])
    assert eventually(lambda: len(portal.family()) > 1, seconds=5)
    time.sleep(after)
    family = portal.family()
    started = time.monotonic()
    assert portal.send(signal.SIGTERM) == 0
    assert time.monotonic() - started < 3
    assert left_over(family) == []


def test_an_impatient_second_signal_ends_a_slow_request(portal):
    portal.start()
    family = portal.family()
    with socket.create_connection(("127.0.0.1", portal.port)) as slow:
        slow.sendall(b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n")
        time.sleep(0.3)
        started = time.monotonic()
        portal.supervisor.send_signal(signal.SIGINT)
        time.sleep(0.3)
        assert portal.send(signal.SIGINT) == 0
    assert time.monotonic() - started < 1.5
    assert left_over(family) == []


def test_a_killed_supervisor_takes_its_processes_along_within_a_second(portal):
    portal.start(workers=2)
    ours = [one for one in portal.family() if "portal.child" in one.cmdline()]
    assert len(ours) == 3
    portal.send(signal.SIGKILL)
    assert eventually(lambda: left_over(ours) == [], seconds=1)
    portal.clean()
    portal.start()


def test_the_next_start_takes_over_port_and_database_of_a_killed_one(portal):
    portal.start()
    database = portal.postgres()
    portal.send(signal.SIGKILL)
    portal.clean()
    assert portal.start() < 5
    assert portal.postgres() == database
    assert portal.get("/database") == "portal_app"


def test_the_second_start_shows_a_page_within_three_seconds(portal):
    portal.start()
    portal.send(signal.SIGTERM)
    portal.clean()
    assert portal.start() < 3


def test_a_web_process_that_dies_is_replaced(portal):
    portal.start()
    before = portal.get("/")
    with pytest.raises(httpx.TransportError):
        portal.get("/die")
    assert eventually(lambda: portal.get("/") != before, seconds=5)


def test_a_killed_database_is_started_again(portal):
    portal.start()
    os.kill(portal.postgres(), signal.SIGKILL)
    assert eventually(lambda: portal.get("/database") == "portal_app", seconds=10)


def test_a_database_that_can_not_be_started_is_tried_until_it_can(portal):
    portal.start()
    portal.listen()
    (settings,) = portal.folder.rglob("postgresql.conf")
    settings.unlink()
    settings.mkdir()  # what is written at each start finds no place, as on a full disk
    os.kill(portal.postgres(), signal.SIGKILL)
    assert eventually(lambda: "does not start, trying again" in "".join(portal.logged), seconds=20)
    settings.rmdir()
    assert eventually(lambda: portal.get("/database") == "portal_app", seconds=60)


async def test_stopping_answers_what_is_under_way_and_turns_away_who_comes(portal):
    portal.start()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{portal.port}", timeout=10) as visitor:
        under_way = asyncio.create_task(visitor.get("/slow"))
        await asyncio.sleep(0.3)
        portal.supervisor.send_signal(signal.SIGTERM)
        await asyncio.sleep(0.3)
        late = await visitor.get("/")
        assert (await under_way).status_code == 200
    assert (late.status_code, late.headers["retry-after"]) == (503, "5")
    assert portal.supervisor.wait(10) == 0


async def test_stopping_under_load_cuts_nobody_off(portal):
    portal.start(workers=2)
    statuses: list[int] = []

    async def visit(visitor: httpx.AsyncClient) -> None:
        while 503 not in statuses[-20:]:
            statuses.append((await visitor.get("/")).status_code)

    # A proxy's manner: a connection for each request, none kept open.
    url, limits = f"http://127.0.0.1:{portal.port}", httpx.Limits(max_keepalive_connections=0)
    async with httpx.AsyncClient(base_url=url, limits=limits, headers={"Connection": "close"}) as visitor:
        visitors = [asyncio.create_task(visit(visitor)) for _ in range(10)]
        await asyncio.sleep(1)
        portal.supervisor.send_signal(signal.SIGTERM)
        await asyncio.gather(*visitors)
    assert portal.supervisor.wait(30) == 0
    assert set(statuses) == {200, 503}
    assert statuses.count(200) > 20


def test_an_app_that_can_not_start_ends_everything_with_one_reason(portal):
    portal.launch([sys.executable, "-c", START.format(app="create_nothing")])
    _, said = portal.supervisor.communicate(timeout=30)
    assert "this app can't start" in said
    assert "CannotServe: A web process could not start" in said
    assert not list(portal.folder.rglob("postmaster.pid"))


def test_a_taken_port_is_one_clear_line(portal):
    with socket.create_server(("127.0.0.1", portal.port)):
        command = portal.launch([sys.executable, "-m", "portal.cli", "serve"])
        _, said = command.communicate(timeout=30)
    assert command.returncode == 2
    assert said.startswith(f"portal: 127.0.0.1:{portal.port} can't be used (Address already in use)")
    assert len(said.splitlines()) == 1

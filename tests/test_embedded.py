"""The embedded server: who owns it, what it survives, what it leaves behind."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import asyncpg
import pytest

from db import embedded, places
from db.embedded import EmbeddedError

pytestmark = pytest.mark.fault  # servers are started, killed and damaged
ROOT = Path(__file__).parents[1]
HASTY = {"fsync": "off"}
OWNER = """
import sys, time
from pathlib import Path
from db import embedded
cluster = embedded.start(Path(sys.argv[1]), {"fsync": "off"})
print("owned" if cluster.owned else "joined", flush=True)
sys.stdin.read()
cluster.stop()
"""
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another user")


@pytest.fixture
def data_dir():
    """A data folder whose path has spaces and which the server's user can reach."""
    folder = Path(tempfile.mkdtemp(prefix="rahgir test "))
    folder.chmod(0o755)
    yield folder / "the data"
    for program in processes_of(folder):
        os.kill(program, signal.SIGKILL)
    shutil.rmtree(folder)


def processes_of(folder: Path) -> list[int]:
    """Processes whose working folder is below ``folder``."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cwd").readlink().is_relative_to(folder):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def ask(url: str, statement: str):
    async def run():
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(run())


class OtherProcess:
    """Another process that starts or joins the server of ``data_dir``."""

    def __init__(self, data_dir: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", OWNER, data_dir], stdin=-1, stdout=-1, cwd=ROOT, text=True
        )

    def says(self) -> str:
        return self.process.stdout.readline().strip()

    def end(self) -> None:
        self.process.communicate("", timeout=30)

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=30)


def test_each_role_signs_in_with_its_own_rights(data_dir):
    with embedded.start(data_dir, HASTY) as cluster:
        assert ask(cluster.app_url, "SELECT current_user || '@' || current_database()") == "portal_app@portal"
        assert ask(cluster.owner_url, "SELECT current_user") == "portal_owner"
        assert ask(cluster.database_url("postgres", role="postgres"), "SELECT current_user") == "postgres"
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            ask(cluster.app_url, "CREATE TABLE mine (id int)")


def test_no_port_is_open_and_nobody_else_may_look(data_dir):
    with embedded.start(data_dir, HASTY) as cluster:
        assert ask(cluster.app_url, "SHOW listen_addresses") == ""
        assert cluster.access.socket_folder.stat().st_mode & 0o777 == 0o700
        assert cluster.place.stat().st_mode & 0o777 == 0o700
        assert (data_dir / "pg.json").stat().st_mode & 0o777 == 0o600


def test_a_wrong_password_is_refused(data_dir):
    with embedded.start(data_dir, HASTY) as cluster, pytest.raises(asyncpg.InvalidPasswordError):
        ask(cluster.app_url.replace(cluster.access.passwords["portal_app"], "guess"), "SELECT 1")


@pytest.mark.parametrize("locale", ["C", "fa_IR.UTF-8"])
def test_persian_words_are_kept_whole_whatever_the_locale(data_dir, monkeypatch, locale):
    monkeypatch.setenv("LC_ALL", locale)
    with embedded.start(data_dir, HASTY) as cluster:
        assert (
            ask(cluster.app_url, "SELECT to_tsvector('simple', 'قطع آب شهر')::text")
            == "'آب':2 'شهر':3 'قطع':1"
        )


def test_nothing_is_left_running_after_the_end(data_dir):
    with embedded.start(data_dir, HASTY) as cluster:
        pass
    assert not cluster.access.socket_folder.exists()
    assert not (cluster.place / "postmaster.pid").exists()
    assert soon(lambda: not processes_of(data_dir))
    assert {path.name for path in data_dir.iterdir()} == {"pg", "pg.json", "pg.lock"}


def test_the_data_is_there_at_the_next_start(data_dir):
    with embedded.start(data_dir, HASTY) as cluster:
        ask(cluster.owner_url, "CREATE TABLE kept AS SELECT 7 AS n")
    with embedded.start(data_dir, HASTY) as cluster:
        assert ask(cluster.owner_url, "SELECT n FROM kept") == 7


def test_a_second_process_joins_and_leaves_the_server_running(data_dir):
    with embedded.start(data_dir, HASTY) as cluster:
        other = OtherProcess(data_dir)
        assert other.says() == "joined"
        other.end()
        assert ask(cluster.app_url, "SELECT 1") == 1


def test_of_several_first_starts_at_once_one_owns_and_all_work(data_dir):
    others = [OtherProcess(data_dir) for _ in range(3)]
    assert sorted(other.says() for other in others) == ["joined", "joined", "owned"]
    for other in others:
        other.end()


@pytest.mark.fault
def test_after_a_killed_owner_the_next_takes_over_the_same_server_and_stops_it(data_dir):
    other = OtherProcess(data_dir)
    assert other.says() == "owned"
    before = (data_dir / "pg" / "postmaster.pid").read_text().split()[0]
    other.kill()
    with embedded.start(data_dir) as cluster:
        assert cluster.owned
        assert cluster.postmaster.pid() == int(before)
        assert ask(cluster.app_url, "SELECT 1") == 1
    assert soon(lambda: not processes_of(data_dir))
    assert not cluster.access.socket_folder.exists()


@pytest.mark.fault
def test_a_server_that_recovers_from_a_killed_child_is_taken_over_once_it_answers(data_dir):
    other = OtherProcess(data_dir)
    other.says()
    other.kill()
    os.kill(max(processes_of(data_dir)), signal.SIGKILL)
    with embedded.start(data_dir) as cluster:
        assert ask(cluster.app_url, "SELECT 1") == 1


@pytest.mark.fault
def test_a_waiting_process_takes_over_when_the_owner_is_killed_while_starting(data_dir):
    first = OtherProcess(data_dir)
    assert soon(lambda: (data_dir / "pg.lock").exists())
    threading.Timer(0.2, first.kill).start()
    with embedded.start(data_dir, HASTY) as cluster:
        assert cluster.owned or first.process.poll() is not None
        assert ask(cluster.app_url, "SELECT 1") == 1


@pytest.mark.fault
@pytest.mark.parametrize("number", [os.getpid(), 4_194_301], ids=["of another process", "of nobody"])
def test_the_mark_of_a_dead_server_does_not_stop_the_next(data_dir, number):
    other = OtherProcess(data_dir)
    other.says()
    kill_server(data_dir)
    other.kill()
    mark = data_dir / "pg" / "postmaster.pid"
    mark.write_text("\n".join([str(number), *mark.read_text().splitlines()[1:], ""]))
    with embedded.start(data_dir, HASTY) as cluster:
        assert cluster.owned
        assert ask(cluster.app_url, "SELECT 1") == 1
    assert not cluster.access.socket_folder.exists()


@pytest.mark.fault
def test_a_killed_server_is_revived_at_the_same_address_with_its_data(data_dir):
    with embedded.start(data_dir) as cluster:
        url = cluster.owner_url
        ask(url, "CREATE TABLE kept AS SELECT 7 AS n")
        assert not cluster.ensure()
        kill_server(data_dir)
        assert cluster.ensure()
        assert ask(url, "SELECT n FROM kept") == 7


def test_a_lost_password_file_costs_no_data(data_dir):
    with embedded.start(data_dir, HASTY) as cluster:
        ask(cluster.owner_url, "CREATE TABLE kept AS SELECT 7 AS n")
    (data_dir / "pg.json").unlink()
    with embedded.start(data_dir, HASTY) as cluster:
        assert ask(cluster.owner_url, "SELECT n FROM kept") == 7


def test_a_data_folder_may_be_moved(data_dir):
    with embedded.start(data_dir, HASTY) as cluster:
        ask(cluster.owner_url, "CREATE TABLE kept AS SELECT 7 AS n")
    moved = data_dir.rename(data_dir.with_name("elsewhere"))
    with embedded.start(moved, HASTY) as cluster:
        assert ask(cluster.owner_url, "SELECT n FROM kept") == 7


def test_files_of_another_major_version_are_refused_with_advice(data_dir):
    embedded.start(data_dir, HASTY).stop()
    (data_dir / "pg" / "PG_VERSION").write_text("17\n")
    with pytest.raises(EmbeddedError, match="written by PostgreSQL 17.*back up"):
        embedded.start(data_dir, HASTY)


def test_a_server_that_refuses_to_start_says_why_and_frees_the_lock(data_dir):
    embedded.start(data_dir, HASTY).stop()
    (data_dir / "pg" / "local.conf").write_text("shared_buffers = 'plenty'\n")
    with pytest.raises(EmbeddedError, match="shared_buffers"):
        embedded.start(data_dir, HASTY)
    (data_dir / "pg" / "local.conf").unlink()
    embedded.start(data_dir, HASTY).stop()


@as_root
def test_in_a_private_folder_of_root_the_files_go_elsewhere_and_no_mode_changes(data_dir, tmp_path):
    data_dir.mkdir(mode=0o700)
    with embedded.start(data_dir, HASTY) as cluster:
        home = cluster.access.home
        try:
            assert not home.is_relative_to(data_dir)
            assert data_dir.stat().st_mode & 0o777 == 0o700
            ask(cluster.owner_url, "CREATE TABLE kept AS SELECT 7 AS n")
            cluster.stop()
            with embedded.start(data_dir, HASTY) as again:
                assert again.access.home == home
                assert ask(again.owner_url, "SELECT n FROM kept") == 7
        finally:
            cluster.stop()
            shutil.rmtree(home)
    with pytest.raises(EmbeddedError, match="is gone"):
        embedded.start(data_dir, HASTY)


@as_root
def test_programs_in_a_private_folder_of_root_are_copied(data_dir, monkeypatch):
    private = data_dir / "private"
    data_dir.mkdir()
    private.mkdir(mode=0o700)
    package = places.bundled_programs().parents[1]
    for folder in (package, package.with_name(f"{package.name}.libs")):
        shutil.copytree(folder, private / folder.name, symlinks=True)
    monkeypatch.syspath_prepend(private)
    with embedded.start(data_dir, HASTY) as cluster:
        assert ask(cluster.app_url, "SELECT 1") == 1
        assert (cluster.postmaster.programs).is_relative_to(
            data_dir / f"pg-programs-{places.package_version()}"
        )


def kill_server(data_dir: Path) -> None:
    number = int((data_dir / "pg" / "postmaster.pid").read_text().split()[0])
    os.kill(number, signal.SIGKILL)
    assert soon(lambda: is_dead(number))


def is_dead(number: int) -> bool:
    try:
        state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state in "ZX"  # its parent has not asked yet


def soon(happened) -> bool:
    deadline = time.monotonic() + 10
    while not happened():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True

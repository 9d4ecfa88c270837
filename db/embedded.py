"""The PostgreSQL that comes with the package: the default when no server is configured.

In the data folder: ``pg`` (the server's files; elsewhere when a root-run server's user can't reach this
folder), ``pg.json`` (mode 600: passwords, the places of the files and of the socket) and ``pg.lock``. Who
holds the lock owns the server and stops it; everybody else only joins.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

from db.places import (
    EmbeddedError,
    choose_home,
    is_private_to,
    make_folder,
    name_socket_folder,
    programs,
    server_user,
    write_private,
)
from db.postmaster import PORT, READY_WITHIN, Postmaster

__all__ = ["Cluster", "EmbeddedError", "start"]

ROLES = ("postgres", "portal_owner", "portal_app")


@dataclass(frozen=True)
class Access:
    """What ``pg.json`` says: where the files and the socket are, and each role's password."""

    home: Path
    socket_folder: Path
    passwords: Mapping[str, str] = field(repr=False)


@dataclass
class Cluster:
    """A running embedded server, ours to stop (``owned``) or joined. Made by ``start``; a context manager."""

    data_dir: Path
    access: Access
    postmaster: Postmaster
    settings: Mapping[str, str]
    lock: int | None = field(repr=False)
    started_in: int = field(default_factory=os.getpid, repr=False)

    @property
    def owned(self) -> bool:
        """This process (not a fork of it) started or took over the server and will stop it."""
        return self.lock is not None and self.started_in == os.getpid()

    @property
    def place(self) -> Path:
        """The folder of the server's files."""
        return self.postmaster.cluster

    @property
    def app_url(self) -> str:
        """DSN for web and worker processes."""
        return self.database_url("portal")

    @property
    def owner_url(self) -> str:
        """DSN for migrations."""
        return self.database_url("portal", role="portal_owner")

    def database_url(self, name: str, *, role: str = "portal_app") -> str:
        """DSN of database ``name`` as ``role``: portal_app, portal_owner or postgres (superuser)."""
        socket = quote(str(self.access.socket_folder), safe="")
        return f"postgresql://{role}:{self.access.passwords[role]}@/{name}?host={socket}&port={PORT}"

    def ensure(self) -> bool:
        """The server runs; True when it had died and was started again. Only its owner revives it.

        Its address stays the same, so the pools of other processes find it again.
        """
        if not self.owned or self.postmaster.pid() is not None:
            return False
        if not is_private_to(self.access.socket_folder, self.postmaster.user):
            make_folder(self.access.socket_folder, self.postmaster.user)
        self.postmaster.start(self.access.socket_folder, self.settings)
        return True

    def stop(self) -> None:
        """The server is stopped and the lock free, if it was ours; a joined one goes on."""
        if self.lock is None or not self.owned:
            return
        self.postmaster.stop()
        shutil.rmtree(self.access.socket_folder, ignore_errors=True)
        os.close(self.lock)
        self.lock = None

    def __enter__(self) -> Cluster:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def start(
    data_dir: Path,
    settings: Mapping[str, str] | None = None,
    *,
    sleep: Callable[[float], object] = time.sleep,
) -> Cluster:
    """The server of ``data_dir`` runs: started, taken over from a dead owner, or joined.

    ``settings`` add to PostgreSQL's own (the owner's count). Blocks for half a second, at the first start for
    two, longer when a crash has to be replayed. Waits by ``sleep``, which may raise to give up: then nothing
    that was started here runs. Raises EmbeddedError. Start child processes by ``subprocess``, not by a
    plain fork: a fork keeps the lock while it lives.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    data_dir = data_dir.resolve()
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline:
        lock = _try_lock(data_dir / "pg.lock")
        if lock is not None:
            return _own(data_dir, lock, settings or {}, sleep)
        joined = _join(data_dir)
        if joined is not None:
            return joined
        sleep(0.05)
    raise EmbeddedError(
        f"Another process holds {data_dir / 'pg.lock'}, but its server does not become ready."
    )


def remove(data_dir: Path) -> None:
    """Nothing is left of the stopped server of ``data_dir``, wherever its files lie."""
    access = _read_access(data_dir)
    if access is not None:
        shutil.rmtree(access.socket_folder, ignore_errors=True)
        shutil.rmtree(access.home if access.home != data_dir else data_dir / "pg", ignore_errors=True)


def _try_lock(path: Path) -> int | None:
    """An open file whose lock we hold, or None when another process has it."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except PermissionError as error:
        raise EmbeddedError(f"{path} belongs to another user; run as that user.") from error
    try:
        if os.fstat(descriptor).st_uid != os.geteuid():
            raise EmbeddedError(f"{path} belongs to another user; run as that user.")
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _join(data_dir: Path) -> Cluster | None:
    """The server another process owns, or None while it is not ready."""
    access = _read_access(data_dir)
    if access is None:
        return None
    postmaster = Postmaster(access.home / "pg", Path(), server_user())
    if not postmaster.accepts(access.socket_folder):
        return None
    return Cluster(data_dir, access, postmaster, {}, lock=None)


def _own(data_dir: Path, lock: int, settings: Mapping[str, str], sleep: Callable[[float], object]) -> Cluster:
    """Start the server or adopt the one a dead owner left. The lock is held, and let go when this fails."""
    try:
        user = server_user()
        known = _read_access(data_dir)
        home = known.home if known else choose_home(data_dir, user)
        postmaster = Postmaster(home / "pg", programs(home, user), user, sleep)
        access = _settle_access(data_dir, home, known, postmaster)
        _bring_up(postmaster, access, settings)
    except BaseException:
        os.close(lock)
        raise
    return Cluster(data_dir, access, postmaster, settings, lock)


def _settle_access(data_dir: Path, home: Path, known: Access | None, postmaster: Postmaster) -> Access:
    """``pg.json`` holds a private socket folder and passwords that the cluster, if there is one, accepts."""
    if known and home != data_dir and not home.exists():
        raise EmbeddedError(f"{home} is gone. Restore it, or delete {data_dir / 'pg.json'} to begin anew.")
    if known and is_private_to(known.socket_folder, postmaster.user):
        return known
    postmaster.stop()  # an orphan that nobody can reach any more
    passwords = known.passwords if known else {role: secrets.token_urlsafe(24) for role in ROLES}
    if known is None and postmaster.cluster.exists():
        postmaster.set_passwords(passwords)
    access = Access(home, name_socket_folder(postmaster.user), passwords)
    _write_access(data_dir, access)  # before the folder exists, so that a kill in between leaves none
    make_folder(access.socket_folder, postmaster.user)
    return access


def _bring_up(postmaster: Postmaster, access: Access, settings: Mapping[str, str]) -> None:
    if postmaster.settled(access.socket_folder):
        return
    try:
        if not postmaster.cluster.exists():
            postmaster.create(access.passwords)
        postmaster.start(access.socket_folder, settings)
    except BaseException:
        shutil.rmtree(access.socket_folder, ignore_errors=True)
        raise


def _read_access(data_dir: Path) -> Access | None:
    try:
        kept = json.loads((data_dir / "pg.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return Access(data_dir / kept["home"], Path(kept["socket_folder"]), kept["passwords"])


def _write_access(data_dir: Path, access: Access) -> None:
    kept = {
        "home": "" if access.home == data_dir else str(access.home),  # the data folder may be moved
        "socket_folder": str(access.socket_folder),
        "passwords": dict(access.passwords),
    }
    write_private(data_dir / "pg.json", json.dumps(kept, indent=2))

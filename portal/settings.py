"""Settings from the environment. A bad value refuses to start and names itself."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import msgspec

LOOPBACK = {"localhost", "127.0.0.1", "::1"}
LANGUAGES = ("fa", "en")
GRACE = "PORTAL_SECOND_FACTOR_GRACE_DAYS"


class SettingError(Exception):
    """A setting can't be used; the text names it and says what would be right."""


class SmsGateway(msgspec.Struct, frozen=True, kw_only=True):
    """Where text messages go: ``body`` is what is POSTed, with ``{to}`` or ``{local}``, and ``{text}``.

    ``success`` is a regular expression that the answer has to hold, empty for any with a status of 2xx;
    ``authorization`` the header of that name, or empty; ``per_day`` the most messages of one day (UTC).
    """

    url: str
    body: str
    content_type: str
    success: str = ""
    authorization: str = ""
    per_day: int = 1000


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the program is told from outside; see ``docs/operators.md`` for each name.

    ``secret_key`` signs and seals everything that needs a key; at least 32 bytes. ``secret_key_old`` is the one before,
    None when there is none: what was made with it still counts, and nothing new is made with it.
    ``second_factor_grace`` is how long people of the desk may do without a second factor; None: for ever (the demo).
    ``sms`` None: no text messages. ``clamd`` is where the virus scanner listens, empty for none.
    """

    data_dir: Path
    host: str
    port: int
    base_url: str
    workers: int
    secret_key: bytes
    secret_key_old: bytes | None = None
    smtp_url: str
    mail_from: str
    zone: ZoneInfo
    languages: tuple[str, ...]
    trusted_proxies: str
    demo_password: str
    audit_anchor: str
    second_factor_grace: timedelta | None
    sms: SmsGateway | None = None
    clamd: str = ""

    @property
    def secure(self) -> bool:
        """Cookies are ``__Host-`` and Secure: the portal is reached by https."""
        return self.base_url.startswith("https://")

    @property
    def keys(self) -> tuple[bytes, ...]:
        """The keys that count, today's first: what is made takes the first, what is checked may fit any."""
        return (self.secret_key, self.secret_key_old) if self.secret_key_old else (self.secret_key,)

    @property
    def uploads_dir(self) -> Path:
        return self.data_dir / "uploads"

    @property
    def mail_dir(self) -> Path:
        """Where mails lie that no mail server takes, their links working."""
        return self.data_dir / "mail"


def load(environ: Mapping[str, str] = os.environ) -> Settings:
    """Settings as the environment gives them. Raises SettingError for a value that can't be used.

    ``NAME_FILE`` holds the path of a file whose first line is the value of ``NAME``; a file that everybody on the
    machine may read is refused.
    """
    get = Reader(environ)
    data_dir = Path(get("PORTAL_DATA_DIR", "var")).resolve()
    port = _whole(get, "PORTAL_PORT", "8000", low=1, high=65535)
    return Settings(
        data_dir=data_dir,
        host=get("PORTAL_HOST", "127.0.0.1"),
        port=port,
        base_url=_base_url(get("PORTAL_BASE_URL", f"http://localhost:{port}")),
        workers=_whole(get, "PORTAL_WORKERS", "1", low=1, high=64),
        secret_key=_secret_key(get("PORTAL_SECRET_KEY", ""), data_dir),
        secret_key_old=_old_key(get("PORTAL_SECRET_KEY_OLD", "")),
        smtp_url=_smtp_url(get("PORTAL_SMTP_URL", "")),
        mail_from=get("PORTAL_MAIL_FROM", "desk@localhost.localdomain"),
        zone=_zone(get("PORTAL_TIME_ZONE", "Asia/Tehran")),
        languages=_languages(get("PORTAL_LANGUAGES", "fa,en")),
        trusted_proxies=get("PORTAL_TRUSTED_PROXIES", ""),
        demo_password=get("PORTAL_DEMO_PASSWORD", ""),
        audit_anchor=_audit_anchor(get("PORTAL_AUDIT_ANCHOR", "")),
        second_factor_grace=_grace(get),
        sms=_sms(get),
        clamd=_clamd(get("PORTAL_CLAMD", "")),
    )


class Reader:
    """Looks a name up in the environment, or in the file that ``NAME_FILE`` names."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ

    def __call__(self, name: str, default: str) -> str:
        path = self.environ.get(f"{name}_FILE")
        if path:
            try:
                if Path(path).stat().st_mode & 0o027:
                    raise SettingError(f"{name}_FILE: others may read or write {path}. Run: chmod 600 {path}")
                return Path(path).read_text().splitlines()[0].strip()
            except (OSError, IndexError) as error:
                raise SettingError(f"{name}_FILE: can't read a first line from {path}: {error}") from error
        return self.environ.get(name) or default


def _whole(get: Reader, name: str, default: str, *, low: int, high: int) -> int:
    value = get(name, default)
    if not value.isdecimal() or not low <= int(value) <= high:
        raise SettingError(f"{name}={value!r}: give a whole number from {low} to {high}.")
    return int(value)


def _grace(get: Reader) -> timedelta | None:
    return None if get(GRACE, "") == "never" else timedelta(days=_whole(get, GRACE, "7", low=0, high=90))


def _base_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise SettingError(f"PORTAL_BASE_URL={value!r}: give scheme and host, like https://desk.example.org")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise SettingError(
            f"PORTAL_BASE_URL={value!r}: plain http is for this machine only; "
            "put a proxy with a certificate in front and give its https address."
        )
    return f"{parts.scheme}://{parts.netloc}"


def _smtp_url(value: str) -> str:
    if value and urlsplit(value).scheme not in ("smtp", "smtps", "smtp+starttls"):
        raise SettingError("PORTAL_SMTP_URL: begin with smtp://, smtps:// or smtp+starttls://")
    return value


def _sms(get: Reader) -> SmsGateway | None:
    url = get("PORTAL_SMS_URL", "")
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise SettingError("PORTAL_SMS_URL: begin with https:// (http:// only for this machine)")
    body = get("PORTAL_SMS_BODY", '{"to": "{to}", "text": "{text}"}')
    if "{text}" not in body or not ("{to}" in body or "{local}" in body):
        raise SettingError("PORTAL_SMS_BODY: it must hold {text}, and {to} or {local}")
    content_type = get("PORTAL_SMS_TYPE", "application/json")
    if content_type not in ("application/json", "application/x-www-form-urlencoded"):
        raise SettingError("PORTAL_SMS_TYPE: application/json or application/x-www-form-urlencoded")
    success = get("PORTAL_SMS_SUCCESS", "")
    try:
        re.compile(success)
    except re.error as error:
        raise SettingError(f"PORTAL_SMS_SUCCESS: not a regular expression: {error}") from error
    return SmsGateway(
        url=url,
        body=body,
        content_type=content_type,
        success=success,
        authorization=get("PORTAL_SMS_AUTHORIZATION", ""),
        per_day=_whole(get, "PORTAL_SMS_PER_DAY", "1000", low=1, high=10_000_000),
    )


def _audit_anchor(value: str) -> str:
    name, _, host = value.partition("@")
    if value and not (name and host and "@" not in host and value.isprintable() and " " not in value):
        raise SettingError(f"PORTAL_AUDIT_ANCHOR={value!r}: give one e-mail address, like audit@example.org")
    return value


def _clamd(value: str) -> str:
    host, _, port = value.rpartition(":")
    if value and not value.startswith("/") and not (host and port.isdecimal() and 0 < int(port) < 65536):
        raise SettingError(f"PORTAL_CLAMD={value!r}: give the path of its socket, or host:port")
    return value


def _zone(value: str) -> ZoneInfo:
    try:
        return ZoneInfo(value)
    except (OSError, ValueError, KeyError) as error:
        raise SettingError(f"PORTAL_TIME_ZONE={value!r}: no such time zone, try Asia/Tehran") from error


def _languages(value: str) -> tuple[str, ...]:
    chosen = tuple(part.strip() for part in value.split(",") if part.strip())
    if not chosen or set(chosen) - set(LANGUAGES):
        raise SettingError(f"PORTAL_LANGUAGES={value!r}: choose from {', '.join(LANGUAGES)}")
    return chosen


def _secret_key(value: str, data_dir: Path) -> bytes:
    if value:
        return _strong("PORTAL_SECRET_KEY", value.encode())
    path = data_dir / "secret_key"
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        write_once(path, secrets.token_urlsafe(48))
    if path.stat().st_mode & 0o077:
        raise SettingError(f"{path}: others may read the secret key. Run: chmod 600 {path}")
    return _strong(str(path), path.read_bytes().strip())


def _old_key(value: str) -> bytes | None:
    return _strong("PORTAL_SECRET_KEY_OLD", value.encode()) if value else None


def _strong(name: str, key: bytes) -> bytes:
    """``key`` when nobody can guess it: long, and not one sign or word over and over as in an example."""
    if len(key) < 32 or len(set(key)) < 10 or b"change" in key.lower():
        raise SettingError(
            f"{name}: at least 32 characters from a random source, like: openssl rand -base64 48"
        )
    return key


def write_once(path: Path, text: str) -> None:
    """``path`` holds ``text``, or what another process wrote first; never half of it. Mode 600."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()

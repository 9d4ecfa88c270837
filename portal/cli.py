"""The command line: ``portal serve``, ``demo``, ``worker``, ``migrate``, ``create-admin``, ``recover``, …"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg

from db.embedded import EmbeddedError
from portal import maintenance, serve, settings, signing
from portal.backup import commands as backup
from portal.errors import PortalError
from portal.settings import SettingError, Settings

FAILED = 2


class Refused(Exception):
    """The command can't be carried out; the text is one line that says why."""


EXPECTED = (SettingError, EmbeddedError, serve.CannotServe, PortalError, Refused)
DATABASE = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status: 0, or 2 after one line that says what is wrong."""
    given = _parser().parse_args(arguments)
    try:
        if given.run is _demo:
            # In the environment, since the web processes read their settings from there.
            os.environ.setdefault(settings.GRACE, "never")
        if given.run in WITHOUT_SETTINGS:
            given.run(given)
        else:
            given.run(settings.load(), given)
    except EXPECTED as error:
        return _say_why(str(error))
    except DATABASE as error:
        return _say_why(f"The database can't be used: {error}. Look at PORTAL_DATABASE_URL.")
    except KeyboardInterrupt:
        return _say_why("stopped")
    return 0


def _say_why(reason: str) -> int:
    print(f"portal: {reason}", file=sys.stderr)
    return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="portal",
        description="An electronic service desk. Settings come from the environment: see docs/operators.md.",
    )
    commands = parser.add_subparsers(required=True, metavar="command")

    def command(name: str, run: Callable[..., None], says: str) -> None:
        added = commands.add_parser(name, help=says, description=says)
        added.set_defaults(run=run)
        _take(name, added)

    command("serve", _serve, "Serve the portal: database, web processes and a worker. Ctrl-C stops it.")
    command("demo", _demo, "Load sample services, cases and accounts, then serve.")
    command("worker", _worker, "Run one more worker: it sends mail and tidies up.")
    command("migrate", _migrate, "Bring the database up to date. serve and demo do it by themselves.")
    command(
        "create-admin",
        _create_admin,
        "Make an administrator's account and print a link, good once within 24 hours, to set its password.",
    )
    command(
        "recover",
        _recover,
        "Print a link, good once within 24 hours, to set the password of an account when no admin can help.",
    )
    command("verify-audit", _verify_audit, "Check every seal of the audit log; names the first wrong row.")
    command("maintenance", _maintenance, "Close the whole portal with a page that says so, or open it again.")
    for name, run in (("backup", _backup), ("restore", backup.restore), ("backup-key", backup.new_key)):
        command(name, run, backup.SAYS[name])
    command("recompute", _recompute, "Count published facts again and print the figures; needs no database.")
    command("bench", _bench, "Measure how fast this machine serves, in a place of its own; takes minutes.")
    command(
        "rotate-receipt-key",
        _rotate_receipt_key,
        "Publish a new key that signs receipts from now on; receipts signed before stay valid.",
    )
    return parser


_PLAIN: dict[str, dict[str, Any]] = {
    "bench": {"cases": {"nargs": "*", "type": int, "help": "how many are stored, one or more sizes"}},
    "recompute": {"file": {"help": "facts.json, as /promises hands it out"}},
    "verify-audit": {"--anchor": {"metavar": "SEQ:MAC", "help": "a seal as it was mailed outside"}},
}


def _take(name: str, added: argparse.ArgumentParser) -> None:
    """What the command wants to know."""
    if name in ("create-admin", "recover"):
        added.add_argument("username", help="what the person signs in with")
    if name == "create-admin":
        added.add_argument("display_name", help="the name that colleagues see")
    if name == "recover":
        added.add_argument(
            "--remove-second-step", action="store_true", help="for somebody who lost that as well"
        )
    if name in backup.SAYS:
        backup.take(name, added)
    for argument, options in _PLAIN.get(name, {}).items():
        added.add_argument(argument, **options)
    if name == "maintenance":
        added.add_argument("state", choices=("on", "off"))
        added.add_argument(
            "--until", metavar="MOMENT", help='when it will be over, like "1405/09/14 22:00", if known'
        )


def _serve(chosen: Settings, _: argparse.Namespace) -> None:
    serve.run(chosen)


def _demo(chosen: Settings, _: argparse.Namespace) -> None:
    async def load() -> str:
        from portal import demo

        print("Loading samples …", flush=True)
        return demo.welcome(chosen, await demo.load(chosen))

    serve.run(chosen, first=load)


def _worker(chosen: Settings, _: argparse.Namespace) -> None:
    with serve.database(chosen):
        from portal import worker  # after PORTAL_DATABASE_URL is known

        asyncio.run(worker.run(chosen))


def _migrate(chosen: Settings, _: argparse.Namespace) -> None:
    with serve.database(chosen) as known:
        asyncio.run(serve.migrate(known))


def _create_admin(chosen: Settings, given: argparse.Namespace) -> None:
    async def make() -> str:
        from portal.resets import links  # after PORTAL_DATABASE_URL is known

        return await links.make_admin(
            given.username, display_name=given.display_name, settings=chosen, now=datetime.now(UTC)
        )

    _print_link(chosen, make)


def _recover(chosen: Settings, given: argparse.Namespace) -> None:
    async def make() -> str:
        from portal.resets import links  # after PORTAL_DATABASE_URL is known

        now = datetime.now(UTC)
        if given.remove_second_step:
            await links.remove_second_step(given.username, now=now)
            print("The second step is removed: until a new one is set up, the password alone signs in.")
        return await links.recover(given.username, settings=chosen, now=now)

    _print_link(chosen, make)


def _print_link(chosen: Settings, make: Callable[[], Awaitable[str]]) -> None:
    async def in_english() -> str:
        from portal import i18n

        with i18n.using("en"):  # like the rest of the command line; many terminals can't join Persian letters
            return await make()

    with serve.database(chosen) as known:
        asyncio.run(serve.migrate(known))
        link = asyncio.run(in_english())
    print("Open this link and choose a password. It is good once, for 24 hours; making another one ends it.")
    print(link)


def _verify_audit(chosen: Settings, given: argparse.Namespace) -> None:
    from portal.audit_log import verify

    anchor = verify.read_anchor(given.anchor) if given.anchor else None
    if given.anchor and anchor is None:
        raise Refused("--anchor: give a number and a MAC of 64 digits, as the mail does: 1234:0a1b…")

    async def check() -> verify.Verdict:
        return await verify.check_chain(chosen.keys, anchor=anchor)

    with serve.database(chosen):
        verdict = asyncio.run(check())
    if verdict.broken:
        raise Refused(f"The audit log was changed. First wrong: {verdict.broken}.")
    print(
        f"All {verdict.head.seq:,} sealed rows are as they were sealed: {verdict.head.seq}:{verdict.head.mac}"
    )
    if verdict.old:
        print(f"With the key before, PORTAL_SECRET_KEY_OLD: up to {verdict.old.seq}:{verdict.old.mac}")
    if verdict.n_unsealed:
        print(
            f"Not sealed yet: {verdict.n_unsealed:,}, the oldest of {verdict.oldest_unsealed:%Y-%m-%d %H:%M} UTC"
        )


def _rotate_receipt_key(chosen: Settings, _: argparse.Namespace) -> None:
    async def change() -> str:
        from portal.receipts import actions  # after PORTAL_DATABASE_URL is known

        return await actions.change_key(now=datetime.now(UTC))

    signing.keep_in(chosen.data_dir)
    with serve.database(chosen) as known:
        asyncio.run(serve.migrate(known))
        name = asyncio.run(change())
    print(f"Receipts are signed with the key {name} from now on. It is published at /verify/keys.")


def _maintenance(chosen: Settings, given: argparse.Namespace) -> None:
    if given.state == "off":
        maintenance.end(chosen)
        print("The portal is open again within a second.")
        return
    until = maintenance.read_until(given.until, chosen) if given.until else None
    if given.until and (until is None or until <= datetime.now(UTC)):
        raise Refused('--until: give a moment that lies ahead, like "1405/09/14 22:00" or "2026-12-05 22:00"')
    maintenance.begin(chosen, until)
    print(
        "Within a second every page says that the portal is being worked on. Open it: portal maintenance off"
    )


def _recompute(given: argparse.Namespace) -> None:
    import gzip

    import msgspec

    from portal.promises import figures

    try:
        held = Path(given.file).read_bytes()
        facts = msgspec.json.decode(
            gzip.decompress(held) if held.startswith(b"\x1f\x8b") else held, type=figures.Facts
        )
    except (OSError, EOFError, msgspec.DecodeError) as error:
        raise Refused(f"{given.file} holds no published facts: {error}") from error
    sys.stdout.buffer.write(figures.as_csv([figures.figures(facts)]).encode())


def _bench(given: argparse.Namespace) -> None:
    root = Path(__file__).parent.parent
    if not (root / "bench").is_dir():
        raise Refused("Measuring is part of the source, not of what is installed.")
    sizes = [str(n) for n in given.cases]
    if subprocess.run([sys.executable, "-m", "bench", *sizes], cwd=root).returncode:  # noqa: S603 - numbers
        raise Refused("Nothing was measured; the reason stands above.")


def _backup(given: argparse.Namespace) -> None:
    chosen = backup.settings_of_a_place()
    with serve.database(chosen) as known:
        backup.make(chosen, known.owner_url, given)


# Anybody may count facts again without a portal, and an empty place must stay empty: reading settings makes a key.
WITHOUT_SETTINGS = (_recompute, _bench, _backup, backup.restore, backup.new_key)


if __name__ == "__main__":
    sys.exit(main())

"""What is looked at in a restored place, beyond the rows, which the load itself has compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import asyncpg
import msgspec
from piccolo.engine import engine_finder

from db.engine import Engine
from portal import codes
from portal.audit_log import verify
from portal.backup import snapshot
from portal.backup.manifest import Manifest
from portal.cases.queries import case_by_number

SAMPLE = 100
_NUMBERS = 'SELECT number FROM "case" ORDER BY random() LIMIT $1'


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What was found in a restored place. ``wrong_files`` are stored names whose file is not what its row says."""

    verdict: verify.Verdict
    n_files: int
    wrong_files: tuple[str, ...]
    n_codes: int
    wrong_codes: tuple[str, ...]


async def check(app_url: str, manifest: Manifest, keys: Sequence[bytes]) -> Checked:
    """The place as the portal's own role sees it: audit chain, files of the rows, a hundred codes by chance."""
    connection = await asyncpg.connect(app_url)
    try:
        # Queries of this task go through the transaction, to this database whatever the environment names.
        async with cast(Engine, engine_finder()).transaction(connection=connection):
            named = await snapshot.named_files(connection)
            numbers = [row[0] for row in await connection.fetch(_NUMBERS, SAMPLE)]
            wrong = [codes.show_text(number) for number in numbers if not await _leads_to_case(number)]
            verdict = await verify.check_chain(keys)
    finally:
        await connection.close()
    return Checked(
        verdict=verdict,
        n_files=len(named) - len(manifest.lost),
        wrong_files=_wrong_files(named, manifest),
        n_codes=len(numbers),
        wrong_codes=tuple(wrong),
    )


def _wrong_files(named: dict[str, str], manifest: Manifest) -> tuple[str, ...]:
    kept = {part.name.rpartition("/")[2]: part.sha256 for part in manifest.files}
    return tuple(
        name for name, sha256 in named.items() if kept.get(name) != sha256 and name not in manifest.lost
    )


async def _leads_to_case(number: Any) -> bool:
    """The code as people are given it, typed in again, finds its case."""
    typed = codes.parse(codes.show_text(number))
    return typed == number and await case_by_number(number) is not None

"""Files that wait for the virus scanner: each is shown to it, then handed out or kept back for good.

Nothing else waits for it: what came with a file is filed, and worked on, before. An infected file stays where it lies,
since its digest stands in the history and scanners err, but there is no way out of the house for it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from db.cases import Attachment
from db.engine import atomic
from portal import clamd, uploads
from portal.accounts import letter_scans
from portal.cases import record
from portal.cases.record import Actor
from portal.quarantine import CLEAN, INFECTED, QUARANTINED

AT_ONCE = 100
# In no order: a file that the scanner never gets through holds up no other.
_WAITING = """
    SELECT * FROM (
        SELECT id, "case", stored_as FROM attachment
        WHERE scan_state = 'quarantined' AND stored_as NOT LIKE 'gone:%'
        UNION ALL SELECT id, NULL, stored_as FROM introduction
        WHERE scan_state = 'quarantined' AND stored_as NOT LIKE 'gone:%'
    ) waiting ORDER BY random() LIMIT {}
"""
logger = logging.getLogger(__name__)


async def scan(address: str, folder: Path, *, now: datetime) -> int:
    """Up to a hundred files that waited were shown to the scanner; returns for how many it had a verdict.

    Where it is away they go on waiting, and a warning is logged.
    """
    judged = 0
    for row in await Attachment.raw(_WAITING, AT_ONCE):
        try:
            virus = await clamd.virus_in(uploads.path_of(folder, row["stored_as"]), address)
        except clamd.Away as reason:
            logger.warning("the virus scanner at %s does not answer: %s", address, reason)
            break
        except (clamd.Unjudged, OSError) as reason:
            logger.warning("file %s could not be checked for viruses: %s", row["id"], reason)
            continue
        if virus:
            logger.warning("%r found in file %s", virus, row["id"])
        await _judge(row, INFECTED if virus else CLEAN, now=now)
        judged += 1
    return judged


async def _judge(row: Mapping[str, Any], state: str, *, now: datetime) -> None:
    if row["case"] is None:
        await letter_scans.judge(row["id"], state, now=now)
    elif state == CLEAN:
        await _release(row)
    else:
        await _keep_back(row, now=now)


@atomic
async def _release(row: Mapping[str, Any]) -> None:
    """The file can be handed out."""
    await Attachment.update({Attachment.scan_state: CLEAN}).where(*_still_waiting(row))


@atomic
async def _keep_back(row: Mapping[str, Any], *, now: datetime) -> None:
    """The file is handed out to nobody, and the case says so to both sides; its applicant is told by mail."""
    case = await record.locked(row["case"])
    infected = Attachment.update({Attachment.scan_state: INFECTED})
    if await infected.where(*_still_waiting(row)).returning(Attachment.id):
        await record.append(case, "infected", Actor("system"), data={"file": str(row["id"])}, now=now)


def _still_waiting(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """Not judged by another worker meanwhile, and not erased."""
    return (
        Attachment.id == row["id"],
        Attachment.scan_state == QUARANTINED,
        Attachment.stored_as == row["stored_as"],
    )

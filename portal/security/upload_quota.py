"""How many bytes of files one account, or one neighbourhood of guests, may leave with us in a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from portal import text, uploads
from portal.i18n import N_, _, current_language
from portal.security import throttle
from portal.security.address import Connection, client_address, network_of
from portal.security.sessions import SignedIn
from portal.uploads import Received, Upload

MOST_A_DAY = 2 * 2**30  # bytes: a ministry behind one address sends hundreds of letters, a flood far more
DAY = timedelta(days=1)
USED_UP = N_(
    "As many files as we can take in a day (%(most)s MB) have come from here. "
    "Please send the form without files, or try again tomorrow."
)


async def receive_all(
    chosen: Sequence[tuple[str, str, Upload]], folder: Path, *, sender: Connection, now: datetime
) -> Received:
    """As ``uploads.receive_all``, and counted; beyond the day's quota nothing is stored, and the error says so."""
    n_kib = -(-await uploads.total_size(chosen) // 1024)
    if not n_kib:
        return await uploads.receive_all(chosen, folder)
    key = f"uploads:{_whose(sender)}"
    # Counted before and given back after: of many at once none slips through. In KiB, as the column ends at 2 GiB.
    if await throttle.count(key, DAY, now, times=n_kib) * 1024 > MOST_A_DAY:
        most = text.show_number(MOST_A_DAY // 2**20, current_language())
        received = Received((), {chosen[0][0]: _(USED_UP) % {"most": most}})
    else:
        received = await uploads.receive_all(chosen, folder)
    if received.errors:
        await throttle.count(key, DAY, now, times=-n_kib)
    return received


def _whose(sender: Connection) -> str:
    account = sender.scope.get("user")
    return str(account.account_id) if isinstance(account, SignedIn) else network_of(client_address(sender))

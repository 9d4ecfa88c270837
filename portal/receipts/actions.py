"""What is done with receipts: one more is given out, and another key begins to sign."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from db.engine import atomic
from db.receipts import Receipt, ReceiptKey
from portal import audit, signing
from portal.cases import attest, record


@atomic
async def issue(case_id: UUID, *, now: datetime) -> int:
    """A receipt of how the case stands now exists; returns its number. Raises NotFound."""
    await record.locked(case_id)
    receipt = await attest.of_present(case_id, now=now)
    await _publish(receipt.key, receipt.public, now=now)
    await Receipt.insert(
        Receipt(
            number=receipt.number,
            case=case_id,
            at=now,
            document=receipt.document,
            signature=receipt.signature,
        )
    )
    await audit.append("receipt_issued", object=f"case:{case_id}", now=now)
    return receipt.number


async def change_key(*, now: datetime) -> str:
    """A new key signs receipts from now on, after it was published; returns its name. Old receipts stay valid."""
    signer = signing.new_signer()
    await _announce(signer, now=now)
    signing.change_to(signer)
    return signer.id


@atomic
async def _announce(signer: signing.Signer, *, now: datetime) -> None:
    await _publish(signer.id, signer.public, now=now)
    await audit.append("receipt_key_changed", object=f"receipt_key:{signer.id}", now=now)


async def _publish(key: str, public: str, *, now: datetime) -> None:
    row = ReceiptKey(id=key, public_key=public, made_at=now)
    await ReceiptKey.insert(row).on_conflict(action="DO NOTHING")

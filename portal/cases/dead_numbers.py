"""Tracking numbers that led to a case before it got another one: for the desk, and to give nothing away."""

from __future__ import annotations

from uuid import UUID

from db.cases import DeadNumber


async def replacement_of(number: int) -> int | None:
    """The number of the case that had ``number`` before; None for one that was never replaced."""
    row = await DeadNumber.select(DeadNumber.case.number).where(DeadNumber.number == number).first()
    return row["case.number"] if row else None


async def was_renumbered(case_id: UUID) -> bool:
    """Whether the case had another number before."""
    return await DeadNumber.exists().where(DeadNumber.case == case_id)

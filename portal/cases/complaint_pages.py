"""What the desk's page of a case shows of complaints: what this one is about, and which there are about this case."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from portal.cases import complaints, independence, rules
from portal.cases.appeals import way_on
from portal.cases.desk_case_queries import DeskCase
from portal.i18n import _
from portal.security.sessions import SignedIn
from portal.services import unit_people


async def choices(case: DeskCase) -> dict[str, list[tuple[str, str]]]:
    """Whom a case may be given to, where it may be sent, and of a complaint whom it may be about."""
    clerks = await unit_people.clerks(case.unit_id)
    barred, people = frozenset[UUID](), []
    if case.kind == "complaint":
        barred = await independence.barred_of([UUID(clerk.value) for clerk in clerks], case.id)
        people = await complaints.people_of_agency(case.id)
    units = await complaints.units_for(case.id)
    return {
        "clerks": [(clerk.value, clerk.label) for clerk in clerks if UUID(clerk.value) not in barred],
        "units": [(str(unit.id), str(unit.name)) for unit in units],
        "people": [(one.value, one.label) for one in people],
    }


async def facts(case: DeskCase, reader: SignedIn) -> dict[str, Any]:
    """``complaints`` about the case, for all who read it; of a complaint what it is ``about`` and its ``way`` on."""
    shown: dict[str, Any] = {
        "complaints": await independence.complaints_about(case.id, reader),
        "about": None,
        "way": None,
    }
    if case.kind == "complaint":
        about = await complaints.about(case.id)
        shown["about"] = about
        shown["topic"] = _(rules.TOPIC_LABELS[case.topic]) if case.topic else ""
        shown["way"] = await way_on(case.id)
        shown["reads_about"] = about.case_id is not None and await independence.reads(about.case_id, reader)
    return shown

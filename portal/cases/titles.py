"""What a case is called: a request by its service, all other cases by what they say about it."""

from __future__ import annotations

from typing import Any

import msgspec

from portal.i18n import N_, in_both
from portal.services.queries import ServiceView
from portal.services.statement import Words

_ABOUT = {
    "complaint": N_("Complaint about “%(service)s”"),
    "suggestion": N_("Suggestion for “%(service)s”"),
    "comment": N_("Comment on “%(service)s”"),
    "thanks": N_("Thanks for “%(service)s”"),
}


def title_of(kind: str, service: Words) -> Words:
    """The title of a case of ``kind``, of which ``service`` is the title of its service."""
    if kind == "request":
        return service
    about = in_both(_ABOUT[kind])
    return Words(fa=about.fa % {"service": service.fa}, en=about.en % {"service": service.en})


def in_mail(kind: str, service: ServiceView | None) -> dict[str, Any]:
    """What every mail about a case of ``kind`` holds; the title is None where its service's name says too much."""
    title = title_of(kind, service.title) if service and not service.sensitive else None
    return {"case_kind": kind, "service": msgspec.to_builtins(title)}

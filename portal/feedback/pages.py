"""The pages of feedback: which sort it is, and the form of one sort."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from litestar.datastructures import Cookie
from litestar.response import Template

from portal import uploads
from portal.cases.filing_pages import Repetition
from portal.feedback import queries
from portal.feedback.forms import IDENTITIES, FeedbackForm, labels
from portal.feedback.rules import SORTS, TIP
from portal.forms import named
from portal.i18n import _
from portal.security.headers import PRIVATE, retry
from portal.services.labels import AUDIENCES

NEW = "/feedback/new"


def chooser(*, service: str = "", about: str = "", status: int = 200) -> Template:
    """The sorts of feedback, each a link to its form that keeps ``service`` and ``about``."""
    context = {
        "sorts": [(_address(word, service, about), sort) for word, sort in SORTS.items()],
        "about": about,
        "current": "feedback",
    }
    return Template("feedback/choose.html", context=context, status_code=status)


def _address(kind: str, service: str, about: str) -> str:
    """Where the form of ``kind`` is. A code does not go with a tip: it says who writes."""
    given = {"kind": kind, "service": service, "about": "" if kind == TIP else about}
    return f"{NEW}?{urlencode({name: value for name, value in given.items() if value})}"


def _from_top(errors: Mapping[str, str], titles: Mapping[str, str]) -> dict[str, str]:
    """The mistakes as their fields stand on the page; one about the whole form is the first."""
    places = list(titles)
    return dict(sorted(errors.items(), key=lambda one: places.index(one[0]) if one[0] in titles else -1))


async def feedback_page(
    kind: str,
    form: FeedbackForm,
    *,
    status: int = 200,
    cookies: Sequence[Cookie] = (),
    earlier: int | None = None,
    before: Repetition | None = None,
    retry_after: int | None = None,
) -> Template:
    """The form for one sort.

    ``earlier``: the case that the same page has made before, with other words. ``before``: what the same words have
    made from another page.
    """
    sort = SORTS[kind]
    titles, services = labels(kind), await queries.services_offered()
    context = {
        "kind": kind,
        "sort": sort,
        "is_tip": kind == TIP,
        "form": form,
        "typed": form.typed,
        "errors": form.errors,
        "summary": named(_from_top(form.errors, titles), titles),
        "labels": titles,
        "services": [(one.slug, str(one.title)) for one in services],
        "whole": any(one.whole for one in services),
        "units": await _units() if sort.topic == "unit" else [],
        "audiences": [(key, _(label)) for key, label in AUDIENCES.items()],
        "identities": [(key, _(label)) for key, label in IDENTITIES.items()],
        "accept": uploads.ACCEPT,
        "earlier": earlier,
        "before": before,
        "current": "feedback",
    }
    headers = {**PRIVATE, **retry(retry_after)}
    return Template(
        "feedback/new.html", context=context, status_code=status, cookies=cookies, headers=headers
    )


async def _units() -> list[tuple[str, str]]:
    return [(one.slug, f"{one.name} — {one.agency}") for one in await queries.units_offered()]

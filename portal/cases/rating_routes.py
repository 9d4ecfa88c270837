"""Saying how a case was handled: by the link in a mail, on the page of the case, and what the desk reads of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from portal import text
from portal.cases import desk_ratings, ratings, visits
from portal.cases.ratings import Question
from portal.cases.staff_pages import Visit
from portal.cases.visits import Visitor
from portal.errors import Conflict
from portal.forms import FormReader
from portal.i18n import _, localized
from portal.security.csrf import Posted
from portal.security.headers import PRIVATE
from portal.settings import Settings

LONGEST_COMMENT = 2000


@get("/rate/{token:str}", name="cases.rating")
async def show_rating(
    token: FromPath[str], settings: NamedDependency[Settings], now: NamedDependency[datetime]
) -> Template:
    """The question of a mail's link; looking at it changes nothing, since mail servers look at links, too."""
    question = await ratings.by_token(token, keys=settings.keys)
    return _page(token, question, now)


@post("/rate/{token:str}", name="cases.rating_post")
async def post_rating(
    token: FromPath[str],
    posted: NamedDependency[Posted],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    question = await ratings.by_token(token, keys=settings.keys)
    if question is None or not question.takes_answer(now):
        return _page(token, question, now)
    errors, typed = await _answer(question, posted, now)
    if errors:
        return _page(token, question, now, errors=errors, typed=typed)
    return Redirect(localized(f"/rate/{token}"), status_code=303)


@post("/cases/{code:str}/rate", name="cases.rate")
async def post_rate(
    request: Visitor,
    code: FromPath[str],
    posted: NamedDependency[Posted],
    settings: NamedDependency[Settings],
    now: NamedDependency[datetime],
) -> Template | Redirect:
    """The newest question about the case is answered, by somebody who may also write to the unit."""
    found = await visits.at_code(request, code, settings, now)
    if found.tier < 1:
        return visits.proof_page(found.number)
    asked = [one for one in await ratings.of_case(found.case_id, now=now) if one.takes_answer(now)]
    if not asked:
        errors = {"form": _("This question can't be answered any more.")}
        return await visits.case_page(found, status=409, errors=errors)
    errors, typed = await _answer(asked[0], posted, now)
    if errors:
        return await visits.case_page(found, status=422, errors=errors, typed=typed)
    return visits.and_say(found, "rated", tokens=found.tokens)


@get("/ratings", name="desk.ratings")
async def show_ratings(
    request: Visit, now: NamedDependency[datetime], service: FromQuery[str] = ""
) -> Template:
    """What applicants said lately, for those who may read their cases."""
    chosen = text.store(service[:80])
    found = await desk_ratings.lately(reader=request.user, service=chosen)
    context = {
        "found": found,
        "chosen": chosen,
        "services": [(slug, str(title)) for slug, title in await desk_ratings.services()],
        "score_words": ratings.score_words,
        "current": "desk",
    }
    return Template("cases/ratings.html", context=context, headers=PRIVATE)


async def _answer(question: Question, posted: Posted, now: datetime) -> tuple[dict[str, str], dict[str, str]]:
    """The answer was recorded; else the mistakes, and what was typed."""
    reader = FormReader(posted.form)
    score = reader.choice("score", [key for key, _label in question.answers])
    comment = reader.long_text("comment", max_length=LONGEST_COMMENT, required=False)
    typed = {name: reader.typed(name) for name in ("score", "comment")}
    if posted.stale:
        return {"form": str(posted.stale)}, typed
    if not reader.errors:
        try:
            await ratings.rate(question, score=int(score), comment=comment, now=now)
        except Conflict as refusal:
            return {"form": str(refusal)}, typed
    return reader.errors, typed


def _page(
    token: str,
    question: Question | None,
    now: datetime,
    *,
    errors: dict[str, str] | None = None,
    typed: dict[str, str] | None = None,
) -> Template:
    context: dict[str, Any] = {
        "token": token,
        "question": question,
        "asks": question is not None and question.takes_answer(now),
        "path": f"/rate/{token}",
        "errors": errors or {},
        "typed": typed or {},
        "current": "track",
    }
    if question is not None:
        context["may_reopen"] = question.may_reopen(now)
    status = 422 if errors else 200 if question and (question.at or context["asks"]) else 404
    return Template("cases/rate.html", context=context, status_code=status, headers=PRIVATE)


rating_handlers = [show_rating, post_rating, post_rate]

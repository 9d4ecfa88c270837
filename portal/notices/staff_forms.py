"""What the forms of those who post notices ask: a new notice, and each change of one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec
from litestar.datastructures import FormMultiDict

from portal.forms import FormReader
from portal.i18n import N_, Words, _
from portal.notices import repeats, rules, usual, wording
from portal.notices.drafts import Draft, Saying
from portal.notices.rules import Impact
from portal.notices.staff_queries import Offered

LONGEST_TITLE, LONGEST_TEXT = 200, 4_000
MOST_TIMES = 366
IMPACT = "impact_"
LABELS = {
    "kind": N_("Kind of notice"),
    "services": N_("Services"),
    "starts_at": N_("Beginning"),
    "ends_at": N_("End"),
    "publish_at": N_("Publication time"),
    "title_fa": N_("Title in Persian"),
    "title_en": N_("Title in English"),
    "body_fa": N_("Text in Persian"),
    "body_en": N_("Text in English"),
    "advice_fa": N_("What people should do meanwhile, in Persian"),
    "advice_en": N_("What people should do meanwhile, in English"),
    "late_reason_fa": N_("Why it is announced later than promised, in Persian"),
    "late_reason_en": N_("Why it is announced later than promised, in English"),
    "cause": N_("Cause"),
    "repeat": N_("Comes again"),
    "rule": N_("Own rule"),
    "times": N_("How many times in all"),
    "last_day": N_("Last day"),
    "state": N_("How it stands"),
    "started_at": N_("It really began"),
    "finished_at": N_("It really ended"),
    "also_ahead": N_("Windows already announced"),
}
TEXTS = {
    "update": N_("What is new"),
    "reschedule": N_("Why it is moved"),
    "cancel": N_("Why it is cancelled"),
    "extend": N_("Why it takes longer"),
    "end": N_("What people should know now that it is over"),
    "report": N_("What happened and what was learnt"),
    "end-series": N_("Why the windows are cancelled"),
}
"""What the text of each change is."""
REPEATS = {
    "": N_("It happens once"),
    "daily": N_("Every day"),
    "weekly": N_("Every week"),
    "four_weeks": N_("Every four weeks"),
    "monthly": N_("Every month of the Gregorian calendar, on the same weekday"),
    "own": N_("By a rule of its own"),
}


class SentNotice(msgspec.Struct, frozen=True, kw_only=True):
    """The form of a new notice. ``draft`` is None where it has mistakes; ``rule`` is empty for what happens once.

    ``do`` is the button that was pressed: preview, post, or fill (the empty texts with the usual words).
    """

    do: Literal["preview", "post", "fill"]
    draft: Draft | None
    rule: str
    typed: dict[str, str]
    errors: dict[str, str]


def labels_of(move: str) -> dict[str, str]:
    """The labels of the form of one change; empty: of a new notice."""
    labels = {name: _(label) for name, label in LABELS.items()}
    if move in TEXTS:
        labels["text_fa"] = _("%(text)s, in Persian") % {"text": _(TEXTS[move])}
        labels["text_en"] = _("%(text)s, in English") % {"text": _(TEXTS[move])}
    return labels


def read_notice(form: FormMultiDict, offered: Sequence[Offered], zone: ZoneInfo, now: datetime) -> SentNotice:
    """``offered`` are the services for which the sender may post; an incident begins now unless it says otherwise."""
    reader = FormReader(form)
    incident = reader.choice("kind", wording.KINDS) == "incident"
    services = _impacts(reader, offered)
    starts_at = reader.moment("starts_at", zone, required=not incident)
    ends_at = None if incident else reader.moment("ends_at", zone, required=False)
    publish_at = None if incident else reader.moment("publish_at", zone, required=False)
    title = both(reader, "title", LONGEST_TITLE, required=True)
    body = both(reader, "body", LONGEST_TEXT, required=True)
    advice = both(reader, "advice", LONGEST_TEXT, required=False)
    late_reason = both(reader, "late_reason", LONGEST_TEXT, required=False)
    cause = reader.choice("cause", rules.CAUSES, required=False) if incident else ""
    rule = "" if incident else _rule(reader, starts_at, zone)
    draft = None
    if not reader.errors:
        draft = Draft(
            kind="incident" if incident else "planned",
            saying=Saying(title=title, body=body, advice=advice, services=services),
            starts_at=starts_at or now,
            ends_at=ends_at,
            publish_at=publish_at,
            late_reason=late_reason,
            cause=cause,
        )
    do = reader.typed("do")
    return SentNotice(
        do="post" if do == "post" else "fill" if do == "fill" else "preview",
        draft=draft,
        rule=rule,
        typed={name: reader.typed(name) for name in form},
        errors=reader.errors,
    )


def filled(typed: dict[str, str]) -> dict[str, str]:
    """``typed`` with the usual words in its empty texts."""
    kind = typed.get("kind", "")
    kind = kind if kind in wording.KINDS else "planned"
    impacts = [value for name, value in typed.items() if name.startswith(IMPACT)]
    texts = {
        f"{name}_{code}": getattr(words, code)
        for name, words in usual.usual_words(kind, impacts).items()
        for code in ("fa", "en")
    }
    return {**typed, **{name: text for name, text in texts.items() if not typed.get(name, "").strip()}}


def _impacts(reader: FormReader, offered: Sequence[Offered]) -> dict[str, Impact]:
    known = {one.slug for one in offered}
    impacts: dict[str, Impact] = {}
    for name in reader.form:
        slug, value = name.removeprefix(IMPACT), reader.typed(name)
        if not name.startswith(IMPACT) or not value:
            continue
        impact = next((one for one in rules.IMPACTS if one == value), None)
        if slug not in known or impact is None:
            reader.fail("services", _("There is no such service, or it is not yours to announce."))
        else:
            impacts[slug] = impact
    if not impacts:
        reader.fail("services", _("Choose at least one service that is affected."))
    return impacts


def _rule(reader: FormReader, starts_at: datetime | None, zone: ZoneInfo) -> str:
    choice = reader.choice("repeat", [key for key in REPEATS if key], required=False)
    if not choice:
        return ""
    own = reader.text("rule", max_length=repeats.LONGEST_RULE - 30, required=choice == "own")
    times = reader.number("times", minimum=2, maximum=MOST_TIMES, required=False)
    last_day = reader.date("last_day", required=False)
    if times is not None and last_day is not None:
        reader.fail("last_day", _("Write the number or the last day, not both."))
    if starts_at is None:
        return ""
    first = starts_at.astimezone(zone).date()
    if last_day is not None and last_day < first:
        reader.fail("last_day", _("The last day lies before the first window."))
    rule = repeats.rule_of(choice, first, own=own)
    if rule is None:
        reader.fail("rule", _("Write a rule like FREQ=WEEKLY;BYDAY=SA,WE or FREQ=MONTHLY;BYMONTHDAY=1."))
        return ""
    return repeats.limited(rule, times=times, until=last_day)


def both(reader: FormReader, name: str, longest: int, *, required: bool) -> Words:
    """Both languages; one alone is a mistake, since everybody reads only theirs."""
    read = reader.text if longest == LONGEST_TITLE else reader.long_text
    fa, en = (read(f"{name}_{code}", max_length=longest, required=required) for code in ("fa", "en"))
    for code, mine, other in (("fa", fa, en), ("en", en, fa)):
        if other and not mine:
            reader.fail(f"{name}_{code}", _("Please write this in both languages."))
    return Words(fa, en)

"""What a notice will be before it is posted: as visitors read it, who is told, how early."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from litestar.plugins.jinja import JinjaTemplateEngine

from portal.i18n import using
from portal.notices import mails, repeats, staff_queries
from portal.notices.drafts import Draft
from portal.notices.rules import Affected, Notice
from portal.notices.series import AHEAD
from portal.notices.staff_forms import SentNotice
from portal.notices.staff_queries import Offered
from portal.settings import Settings
from portal.templating import MailTemplates, MailText

STRIP, MAIL = "notices/_strip.html", "notices/mail/published"


class Spoken(msgspec.Struct, frozen=True, kw_only=True):
    """The notice in one language: the strip of every page at publication and while it is on (markup), and the mail."""

    code: str
    direction: str
    announced: Any
    begun: Any
    mail: MailText


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """A notice that is not posted yet; ``told`` counts addresses by channel, ``windows`` are those of a series."""

    notice: Notice
    spoken: tuple[Spoken, ...]
    told: dict[str, int]
    windows: tuple[datetime, ...]


async def preview(
    sent: SentNotice,
    offered: Sequence[Offered],
    engine: JinjaTemplateEngine,
    common: Mapping[str, Any],
    mail_templates: MailTemplates,
    settings: Settings,
    now: datetime,
) -> Preview:
    """What posting ``sent`` would do; it has a draft. ``common`` is what every page shows."""
    assert sent.draft is not None
    notice = as_posted(sent.draft, offered, now)
    windows: list[datetime] = []
    if sent.rule:
        until = max(now + AHEAD, notice.starts_at)
        windows = repeats.windows(sent.rule, notice.starts_at, settings.zone, after=now, until=until)
    return Preview(
        notice=notice,
        spoken=tuple(
            _spoken(
                notice,
                code,
                engine,
                common,
                mail_templates.render(MAIL, code, mails.preview(notice, "published", code, settings)),
            )
            for code in settings.languages
        ),
        told={
            channel: n
            for channel, n in (
                await staff_queries.listeners(notice.kind, [of.slug for of in notice.services])
            ).items()
            if channel == "mail" or settings.sms
        },
        windows=tuple(windows),
    )


def as_posted(draft: Draft, offered: Sequence[Offered], now: datetime) -> Notice:
    """The notice that ``draft`` becomes when it is posted at ``now``; it has no number yet."""
    saying, planned = draft.saying, draft.kind == "planned"
    published = max(now, draft.publish_at or now)
    return Notice(
        no=0,
        kind=draft.kind,
        title=saying.title,
        body=saying.body,
        advice=saying.advice,
        services=tuple(
            Affected(one.slug, one.title, saying.services[one.slug], one.lead if planned else None)
            for one in offered
            if one.slug in saying.services
        ),
        starts_at=draft.starts_at,
        ends_at=draft.ends_at,
        published_at=published,
        announced_at=published,
        state="" if planned else "investigating",
        cause="" if planned else draft.cause or "unknown",
        late_reason=draft.late_reason,
        changed_at=now,
    )


def _spoken(
    notice: Notice, code: str, engine: JinjaTemplateEngine, common: Mapping[str, Any], mail: MailText
) -> Spoken:
    with using(code):
        # Each language has templates of its own, and only a macro gives back what it drew as markup.
        strip: Any = engine.get_template(STRIP).make_module(dict(common))
        return Spoken(
            code=code,
            direction="rtl" if code == "fa" else "ltr",
            announced=strip.strip_line(notice, notice.published_at),
            begun=strip.strip_line(notice, max(notice.starts_at, notice.published_at)),
            mail=mail,
        )

"""Pages on which a promise of time is explained, contested, put off and amended, and its end judged."""

from __future__ import annotations

from tests.browser.going import ADMIN, APPLICANT, STAFF, Stop, at, sending_nothing
from tests.browser.rating_stops import RATING_STOPS
from tests.browser.service_stops import TEHRAN

CLOCK_STOPS = [
    Stop("own-why", "cases.why", APPLICANT, at(lambda world: f"{world.waiting.path}/why")),
    Stop(
        "contest-errors",
        "cases.contest",
        APPLICANT,
        sending_nothing(lambda world: world.waiting.path, "/contest", within="details:has(#contest)"),
        422,
    ),
    Stop(
        "reopen-errors",
        "cases.reopen",
        APPLICANT,
        sending_nothing(lambda world: world.closed.path, "/reopen", within="details:has(#reopen)"),
        422,
    ),
    *RATING_STOPS,
    *(
        Stop(
            f"desk-{name}-errors",
            "cases.move",
            STAFF,
            sending_nothing(lambda world: f"/desk{world.filed.path}", f"/{name}", within=f"#{name}"),
            422,
        )
        for name in ("ask", "extend")
    ),
    Stop("publish-preview", "services.preview", ADMIN, at(f"{TEHRAN}/publish")),
]

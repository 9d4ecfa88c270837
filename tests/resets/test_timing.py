"""S19: how long the answer takes does not tell whether a name is somebody's.

``RESET_PAIRS=300`` makes the long measurement; as usual it is short.
"""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime

from db.throttle import Throttle
from portal.resets import routes
from tests.resets.people import person
from tests.resets.visitors import FORGOT
from tests.support.browser import held_by_form

PAIRS = int(os.environ.get("RESET_PAIRS", "12"))
WIDTH = 0.05 if PAIRS >= 300 else 0.35
"""How far from one half the result may be: a dozen pairs scatter."""


async def seconds(browser, form, name):
    await Throttle.delete(force=True)
    began = time.perf_counter()
    answer = await browser.post(FORGOT, {**form, "username": name})
    took = time.perf_counter() - began
    assert answer.status_code == 303
    return took


def auc(some: list[float], others: list[float]) -> float:
    """How often one of ``some`` is longer than one of ``others``: one half when nothing can be told."""
    wins = sum((one > other) + (one == other) / 2 for one in some for other in others)
    return wins / (len(some) * len(others))


async def test_s19_the_time_of_the_answer_tells_nothing(browser):
    await person("maryam", "citizen", mails=("a@sample.example", "b@sample.example"), now=datetime.now(UTC))
    form = held_by_form((await browser.get(FORGOT)).text, FORGOT)
    known, unknown = [], []
    for n in range(PAIRS):
        names = [("maryam", known), (f"nobody{n}", unknown)]
        for name, times in names if n % 2 else reversed(names):
            times.append(await seconds(browser, form, name))
    measured = auc(known, unknown)
    print(f"AUC {measured:.3f} over {PAIRS} pairs, median {sorted(known)[PAIRS // 2]:.3f} s")
    assert min(known + unknown) >= routes.EVEN_SECONDS
    assert abs(measured - 0.5) <= WIDTH

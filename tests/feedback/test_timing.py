"""S19: how long the answer takes does not tell whether a request has a contact.

``RESET_PAIRS=300`` makes the long measurement; as usual it is short.
"""

import time
from datetime import UTC, datetime

from db.throttle import Throttle
from tests.cases.factories import a_case
from tests.resets.test_timing import PAIRS, WIDTH, auc
from tests.support.browser import held_by_form

PAGE = "/feedback/lost-code"


async def seconds(browser, form, email):
    await Throttle.delete(force=True)
    began = time.perf_counter()
    answer = await browser.post(PAGE, {**form, "email": email})
    took = time.perf_counter() - began
    assert answer.status_code == 303
    return took


async def test_s19_the_time_of_the_answer_tells_nothing(db, browser, settings):
    await a_case(key=settings.secret_key, now=datetime.now(UTC), contact_email="known@example.org")
    form = held_by_form((await browser.get(PAGE)).text, PAGE)
    known, unknown = [], []
    for n in range(PAIRS):
        asked = [("known@example.org", known), (f"n{n:04}@example.org", unknown)]
        for email, times in asked if n % 2 else reversed(asked):
            times.append(await seconds(browser, form, email))
    measured = auc(known, unknown)
    print(f"AUC {measured:.3f} over {PAIRS} pairs, median {sorted(known)[PAIRS // 2] * 1000:.1f} ms")
    assert abs(measured - 0.5) <= WIDTH

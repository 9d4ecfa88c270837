"""Who may neither read nor work on a complaint, as one SQL condition that lists, pages and verbs share.

Nothing of it is stored: it follows from the events at each read, so who acts on a case later is barred from then on.
"""

from __future__ import annotations

# The thread is the complaint, the case it is about, and so on where that is a complaint itself. Being given a case
# counts as acting on it: a complaint about slowness is about whoever had it. On the complaint itself only what came
# before its last appeal counts. Of ``c`` only id and kind are read, which stand in the index of the queue.
_BARRED = """(c.kind = 'complaint' AND EXISTS (
    WITH RECURSIVE thread AS (
        SELECT b.id, b.about_case, b.about_unit, b.about_person, b.applicant FROM "case" b WHERE b.id = c.id
        UNION
        SELECT b.id, b.about_case, b.about_unit, b.about_person, b.applicant
        FROM "case" b JOIN thread ON b.id = thread.about_case
    )
    SELECT FROM thread t, (SELECT {who}::uuid AS id) who
    WHERE who.id IN (t.about_person, t.applicant)
        OR EXISTS (SELECT FROM account w WHERE w.id = who.id AND w.unit = t.about_unit)
        OR EXISTS (SELECT FROM membership m WHERE m.account = who.id AND m.unit = t.about_unit)
        OR EXISTS (SELECT FROM case_event e WHERE e."case" = t.id
            AND (e.actor_role = 'staff' AND e.actor = who.id OR e.data->>'assignee' = who.id::text)
            AND (t.id <> c.id OR e.n < (
                SELECT max(p.n) FROM case_event p WHERE p."case" = c.id AND p.kind = 'appealed')))
))"""


def barred(who: str = "{}") -> str:
    """SQL: the account ``who`` (a column, or the one value to be given) is barred from the case ``c``."""
    return _BARRED.replace("{who}", who)

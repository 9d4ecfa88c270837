"""Tables of a case: what was filed, what happened since, what was said and sent."""

from __future__ import annotations

from piccolo.columns import (
    JSONB,
    UUID,
    BigInt,
    Date,
    ForeignKey,
    Integer,
    SmallInt,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from db.accounts import Account
from db.keys import uuid7
from db.services import KEEP, FormVersion, Service, SlaVersion, Unit


class Case(Table, tablename="case"):
    """One request with one tracking number. What stands here is derived from its events, except what was filed.

    ``number`` is the tracking number (``portal.codes``), ``submission_id`` the id of the rendered form,
    ``submission_sha256`` the digest of what was sent with it; ``salt`` hides
    the first event's digest of the answers. ``state``: registered, in_review, waiting, referred,
    answered, closed, rejected, withdrawn. ``channel``: portal, or how a registered case came. ``version`` counts
    events; it is the optimistic lock. ``next_due_at`` is the nearest promise still to keep, NULL when none is;
    ``owed_since`` is when its time began to run, NULL when nothing is owed.
    ``paused_until`` is the last instant the applicant was given, NULL while the desk has to act. From ``risk_at`` on a
    promise is at risk, at ``next_check_at`` the worker looks again; both NULL where nothing is owed.
    ``expected_on`` is the day the desk now expects to answer, told to the applicant beside the promise.
    ``result_at``/``first_answer_at`` are when the promises were met. ``search_key`` is normalised text.
    ``kind``: request, complaint, suggestion, comment or thanks (``portal.cases.rules``). A complaint's ``topic`` is
    case, service, person, unit or accessibility, with ``about_case``, ``about_unit`` or ``about_person``, which is set
    once it is known who was meant. ``level`` is 2 after an appeal.
    ``erased_at`` is when names, contacts, answers and words were taken out, NULL while they stand. Times are UTC.
    """

    id = UUID(primary_key=True, default=uuid7)
    number = BigInt(unique=True)
    service = ForeignKey(Service, on_delete=KEEP, null=False)
    sla_version = ForeignKey(SlaVersion, on_delete=KEEP, null=True)
    form_version = ForeignKey(FormVersion, on_delete=KEEP, null=True)
    applicant = ForeignKey(Account, on_delete=KEEP, null=True, index=True)
    audience = Varchar(length=10)
    agency_name = Varchar(length=200, default="")
    contact_name = Varchar(length=120)
    contact_email = Varchar(length=254, null=True, default=None)
    contact_phone = Varchar(length=20, null=True, default=None)
    locale = Varchar(length=2, default="fa")
    answers = JSONB()
    body = Text(default="")
    kind = Varchar(length=12, default="request")
    topic = Varchar(length=14, default="")
    about_case: ForeignKey = ForeignKey("self", on_delete=KEEP, null=True)
    about_unit = ForeignKey(Unit, on_delete=KEEP, null=True)
    about_person = ForeignKey(Account, on_delete=KEEP, null=True)
    level = SmallInt(default=1)
    salt = Varchar(length=32)
    search_key = Text(default="")
    state = Varchar(length=12, default="registered")
    unit = ForeignKey(Unit, on_delete=KEEP, null=False)
    assignee = ForeignKey(Account, on_delete=KEEP, null=True)
    channel = Varchar(length=20, default="portal")
    letter_no = Varchar(length=60, null=True, default=None)
    letter_date = Date(null=True, default=None)
    submission_id = UUID(unique=True)
    submission_sha256 = Varchar(length=64)
    version = Integer(default=1)
    filed_at = Timestamptz(default=None)
    first_answer_due_at = Timestamptz(null=True, default=None)
    result_due_at = Timestamptz(null=True, default=None)
    first_answer_at = Timestamptz(null=True, default=None)
    result_at = Timestamptz(null=True, default=None)
    next_due_at = Timestamptz(null=True, default=None)
    paused_until = Timestamptz(null=True, default=None)
    risk_at = Timestamptz(null=True, default=None)
    next_check_at = Timestamptz(null=True, default=None)
    owed_since = Timestamptz(null=True, default=None)
    changed_at = Timestamptz(default=None)
    expected_on = Date(null=True, default=None)
    outcome = Varchar(length=20, null=True, default=None)
    erased_at = Timestamptz(null=True, default=None)
    number_in_range = Check("number BETWEEN 1000000000000000000 AND 9223372036854775807")
    known_state = Check(
        "state IN ('registered', 'in_review', 'waiting', 'referred', 'answered', 'closed', 'rejected', 'withdrawn')"
    )
    known_kind = Check("kind IN ('request', 'complaint', 'suggestion', 'comment', 'thanks')")
    known_topic = Check("topic IN ('', 'case', 'service', 'person', 'unit', 'accessibility')")


class DeadNumber(Table, tablename="dead_number"):
    """A tracking number that led to ``case`` until ``replaced_at``. It is nobody's now and never given again."""

    id = UUID(primary_key=True, default=uuid7)
    number = BigInt(unique=True)
    case = ForeignKey(Case, on_delete=KEEP, null=False, index=True)
    replaced_at = Timestamptz(default=None)


class SentWords(Table, tablename="sent_words"):
    """The words of ``case`` were sent at ``at``, from one browser or one network: ``digest`` is keyed and holds both.

    Kept for an hour, to ask before the same words are sent again.
    """

    id = UUID(primary_key=True, default=uuid7)
    digest = Varchar(length=64, index=True)
    case = ForeignKey(Case, on_delete=KEEP, null=False)
    at = Timestamptz(default=None, index=True)


class CaseUnit(Table, tablename="case_unit"):
    """A unit that works on a case or was referred to it: only its people read the personal fields."""

    id = UUID(primary_key=True, default=uuid7)
    case = ForeignKey(Case, on_delete=KEEP, null=False)
    unit = ForeignKey(Unit, on_delete=KEEP, null=False, index=True)
    case_unit_once = Unique([case, unit])


class CaseEvent(Table, tablename="case_event"):
    """One thing that happened to a case: the truth, never updated or deleted.

    ``n`` counts from 1 within the case (unique together). ``data`` holds ids and words of our own vocabulary, never
    personal text; ``text_hash`` is SHA-256 of salt and text of the message that came with it. ``hash`` is SHA-256
    over all of this and ``prev_hash``.
    """

    id = UUID(primary_key=True, default=uuid7)
    case = ForeignKey(Case, on_delete=KEEP, null=False)
    n = Integer()
    kind = Varchar(length=20)
    actor_role = Varchar(length=12)
    actor = ForeignKey(Account, on_delete=KEEP, null=True)
    data = JSONB()
    text_hash = Varchar(length=64, null=True, default=None)
    at = Timestamptz(default=None)
    prev_hash = Varchar(length=64, default="")
    hash = Varchar(length=64)
    case_event_chain = Unique([case, n])


class Message(Table, tablename="message"):
    """Words of one event. ``visible_to`` is applicant (both sides read it) or staff (internal note).

    ``salt`` hides the text behind the event's hash; both can be erased without breaking the chain.
    """

    id = UUID(primary_key=True, default=uuid7)
    case = ForeignKey(Case, on_delete=KEEP, null=False, index=True)
    event = ForeignKey(CaseEvent, on_delete=KEEP, null=False)
    direction = Varchar(length=4)
    visible_to = Varchar(length=10)
    body = Text()
    salt = Varchar(length=32)
    at = Timestamptz(default=None)


class Attachment(Table, tablename="attachment"):
    """One file of a case. ``name`` is what the sender called it; on disk it is ``stored_as``, a random name.

    ``sha256`` is of the bytes as received; ``size`` is in bytes. ``side`` is applicant or staff.
    ``scan_state``: see ``portal.quarantine``; empty for what came while no virus scanner was set up.
    """

    id = UUID(primary_key=True, default=uuid7)
    case = ForeignKey(Case, on_delete=KEEP, null=False, index=True)
    event = ForeignKey(CaseEvent, on_delete=KEEP, null=False)
    field = Varchar(length=60, default="")
    name = Varchar(length=200)
    media_type = Varchar(length=100)
    size = Integer()
    sha256 = Varchar(length=64)
    stored_as = Varchar(length=64, unique=True)
    scan_state = Varchar(length=12, default="")
    side = Varchar(length=10, default="applicant")
    at = Timestamptz(default=None)
    known_scan = Check("scan_state IN ('', 'quarantined', 'clean', 'infected')")


class AccessGrant(Table, tablename="access_grant"):
    """What lets somebody without an account see more of a case than its code shows.

    ``kind``: passcode (typed), link (in a mail) or browser (a cookie). ``tier`` is 1 or 2. Only a keyed digest of
    the secret is kept. ``expires_at`` is NULL for a passcode, which lives as long as the case.
    """

    id = UUID(primary_key=True, default=uuid7)
    case = ForeignKey(Case, on_delete=KEEP, null=False, index=True)
    kind = Varchar(length=10)
    tier = SmallInt(default=2)
    secret_hash = Varchar(length=64)
    created_at = Timestamptz(default=None)
    expires_at = Timestamptz(null=True, default=None)

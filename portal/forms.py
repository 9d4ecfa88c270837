"""Read HTML forms field by field, keeping every error for the summary.

What people type is normalised here and nowhere else: letters, digits of three scripts, dates of two calendars.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import UTC, date, datetime, tzinfo
from typing import Any
from uuid import UUID

import msgspec
from litestar.datastructures import FormMultiDict, UploadFile

from portal import identifiers, jalali, text
from portal.i18n import _, current_language

_LONGEST = 20_000
"""Characters beyond which a field is not even normalised: some Unicode steps are quadratic."""
LARGEST_NUMBER = 10**15
"""Beyond it, in both directions, a browser's script would round."""


def version_of(values: Any) -> str:
    """What stands for the values a form was filled with.

    The form sends it back, so that the verb sees whether somebody else has changed them meanwhile.
    """
    return hashlib.sha256(msgspec.json.encode(values, order="deterministic")).hexdigest()[:32]


def named(errors: dict[str, str], labels: dict[str, str]) -> dict[str, str]:
    """The mistakes for the top of the page, each with the name of its field: "Choose one." tells little."""
    return {
        name: f"{labels[name]} — {message}" if name in labels else message for name, message in errors.items()
    }


class FormReader:
    """Pulls typed values out of a submitted form and collects errors.

    ``errors`` maps field name to message, in the reader's language; empty means the form is valid. A field that
    fails gives its empty value, so that reading goes on and every mistake is found at once.
    """

    def __init__(self, form: FormMultiDict) -> None:
        self.form = form
        self.errors: dict[str, str] = {}

    def fail(self, name: str, message: str) -> None:
        """Keep ``message`` for ``name`` unless it already has one."""
        self.errors.setdefault(name, message)

    def typed(self, name: str) -> str:
        """The first value as typed, to fill the page again; empty for a file or nothing."""
        value = self.form.get(name)
        return value if isinstance(value, str) else ""

    def text(self, name: str, *, max_length: int, required: bool = True) -> str:
        return self._words(name, max_length=max_length, required=required, lines=False)

    def long_text(self, name: str, *, max_length: int, required: bool = True) -> str:
        return self._words(name, max_length=max_length, required=required, lines=True)

    def number(
        self, name: str, *, minimum: int | None = None, maximum: int | None = None, required: bool = True
    ) -> int | None:
        typed = self.text(name, max_length=40, required=required)
        if not typed:
            return None
        value = text.parse_number(typed)
        if value is None or value != value.to_integral_value():
            self.fail(name, _("Write a whole number, for example %(example)s.") % {"example": self._num(12)})
            return None
        return self._within(name, int(value), minimum, maximum)

    def date(self, name: str, *, span: tuple[date, date] | None = None, required: bool = True) -> date | None:
        """A day of either calendar; ``span`` is the first and the last one that fit, None where any does."""
        typed = self.text(name, max_length=40, required=required)
        if not typed:
            return None
        try:
            value = jalali.parse_date(typed)
        except jalali.WrongDay as wrong:
            self.fail(name, f"{wrong.sentence(current_language())}.")
            return None
        if value is None:
            self.fail(name, _("Write the date as year/month/day, for example 1405/09/14."))
            return None
        if span and not span[0] <= value <= span[1]:
            self.fail(name, _outside(span))
            return None
        return value

    def moment(self, name: str, zone: tzinfo, *, required: bool = True) -> datetime | None:
        """A day of either calendar with a time on ``zone``'s clock, in UTC."""
        typed = self.text(name, max_length=60, required=required)
        if not typed:
            return None
        try:
            value = jalali.parse_moment(typed, zone)
        except jalali.WrongDay as wrong:
            self.fail(name, f"{wrong.sentence(current_language())}.")
            return None
        if value is None and name not in self.errors:
            self.fail(name, _("Write day and time like 1405/09/14 22:00."))
        return value

    def choice(self, name: str, allowed: Collection[str], *, required: bool = True) -> str:
        value = self.typed(name)
        if not value:
            if required:
                self.fail(name, _("Choose one."))
            return ""
        if value not in allowed:
            self.fail(name, _("Choose one of the offered answers."))
            return ""
        return value

    def choices(self, name: str, allowed: Collection[str], *, required: bool = True) -> list[str]:
        values = [value for value in self.form.getall(name, []) if isinstance(value, str) and value]
        if required and not values:
            self.fail(name, _("Choose at least one."))
        if set(values) - set(allowed):
            self.fail(name, _("Choose one of the offered answers."))
        return [value for value in dict.fromkeys(values) if value in allowed]

    def checked(self, name: str) -> bool:
        return bool(self.typed(name))

    def email(self, name: str, *, required: bool = True) -> str | None:
        message = _("Write one e-mail address, like name@example.org.")
        return self._parsed(name, identifiers.email, message, required=required, max_length=254)

    def mobile(self, name: str, *, required: bool = True) -> str | None:
        message = _("Write a mobile number of eleven digits that begins with 09.")
        return self._parsed(name, identifiers.mobile, message, required=required)

    def telephone(self, name: str, *, required: bool = True) -> str | None:
        """The number of an office: a landline, a mobile or a short number."""
        message = _(
            "Write the number with its area code, like 02512345678, or a short number of 3 to 5 digits."
        )
        return self._parsed(name, identifiers.telephone, message, required=required)

    def national_id(self, name: str, *, required: bool = True) -> str | None:
        message = _("This is not a national ID: it has ten digits, and the last one checks the others.")
        return self._parsed(name, identifiers.national_id, message, required=required)

    def legal_id(self, name: str, *, required: bool = True) -> str | None:
        message = _("This is not a legal ID: it has eleven digits, and the last one checks the others.")
        return self._parsed(name, identifiers.legal_id, message, required=required)

    def uuid(self, name: str) -> UUID | None:
        """The id of the rendered form; None when it is missing or nobody's."""
        try:
            return UUID(self.typed(name)[:40])
        except ValueError:
            return None

    def files(self, name: str) -> list[UploadFile]:
        """The files chosen; a browser sends one without a name where none was."""
        chosen = [value for value in self.form.getall(name, []) if isinstance(value, UploadFile)]
        return [file for file in chosen if file.filename]

    def _words(self, name: str, *, max_length: int, required: bool, lines: bool) -> str:
        typed = self.typed(name)
        value = text.store(typed[:_LONGEST], lines=lines)
        if len(typed) > _LONGEST or len(value) > max_length:
            self.fail(
                name,
                _("This is %(length)s characters long; at most %(most)s fit.")
                % {"length": self._num(max(len(value), len(typed))), "most": self._num(max_length)},
            )
        elif required and not value:
            self.fail(name, _("Please fill this in."))
        return value

    def _parsed(
        self, name: str, parse: Any, message: str, *, required: bool, max_length: int = 60
    ) -> str | None:
        typed = self.text(name, max_length=max_length, required=required)
        if not typed or name in self.errors:
            return None
        value: str | None = parse(typed)
        if value is None:
            self.fail(name, message)
        return value

    def _within(self, name: str, value: int, minimum: int | None, maximum: int | None) -> int | None:
        least = -LARGEST_NUMBER if minimum is None else minimum
        most = LARGEST_NUMBER if maximum is None else maximum
        if least <= value <= most:
            return value
        if minimum is not None and maximum is not None:
            message = _("Write a number from %(least)s to %(most)s.")
        elif value < least:
            message = _("The smallest number that fits is %(least)s.")
        else:
            message = _("The largest number that fits is %(most)s.")
        self.fail(name, message % {"least": self._limit(least), "most": self._limit(most)})
        return None

    def _limit(self, value: int) -> str:
        """Without groups up to four digits: most such limits are years."""
        if abs(value) >= 10_000:
            return self._num(value)
        language = current_language()
        return text.show_number(value, language).replace("٬" if language == "fa" else ",", "")

    def _num(self, value: int) -> str:
        return text.show_number(value, current_language())


def _outside(span: tuple[date, date]) -> str:
    first, last = (jalali.show_date(day, current_language(), UTC) for day in span)
    return _("Write a day from %(first)s to %(last)s.") % {"first": first, "last": last}

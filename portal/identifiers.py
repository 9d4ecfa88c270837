"""Numbers and addresses that name people and companies: read as typed, checked, masked. Pure."""

from __future__ import annotations

import re

from email_validator import EmailNotValidError, validate_email

from portal.text import latin_digits, without_bidi

_BETWEEN_DIGITS = re.compile(r"[\s\u200b-\u200d().\-\u2010-\u2015\u2212]")
_MOBILE = re.compile(r"(?:(?:\+|00)?980?|0)?(9[0-9]{9})")
_LANDLINE = re.compile(r"(?:(?:\+|00)980?|0)([1-8][0-9]{9})")
_SHORT_NUMBER = re.compile(r"[1-9][0-9]{2,4}")
_LEGAL_WEIGHTS = (29, 27, 23, 19, 17, 29, 27, 23, 19, 17)
_HIDDEN = "•••"


def national_id(typed: str) -> str | None:
    """A person's ten digits, or None when the check digit does not fit.

    About 2 in 100 single slips pass: two remainders share a check digit.
    """
    digits = _digits(typed)
    if not re.fullmatch("[0-9]{10}", digits) or len(set(digits)) == 1:
        return None
    rest = sum(int(digit) * (10 - place) for place, digit in enumerate(digits[:9])) % 11
    check = rest if rest < 2 else 11 - rest
    return digits if check == int(digits[9]) else None


def legal_id(typed: str) -> str | None:
    """A company's or agency's eleven digits, or None when the check digit does not fit."""
    digits = _digits(typed)
    if not re.fullmatch("[0-9]{11}", digits) or digits[3:9] == "000000":
        return None
    added = int(digits[9]) + 2
    total = sum((int(digit) + added) * weight for digit, weight in zip(digits, _LEGAL_WEIGHTS, strict=False))
    return digits if total % 11 % 10 == int(digits[10]) else None


def mobile(typed: str) -> str | None:
    """An Iranian mobile number as ``+989…`` (E.164), or None. Takes 0912…, +98…, 0098…, 98… and 912…"""
    found = _MOBILE.fullmatch(_digits(typed))
    return f"+98{found[1]}" if found else None


def telephone(typed: str) -> str | None:
    """The number of an office as people dial it within Iran, or None.

    A landline with its area code or a mobile: eleven digits from 0 on; or a short number of three to five.
    """
    digits = _digits(typed)
    if _SHORT_NUMBER.fullmatch(digits):
        return digits
    found = _LANDLINE.fullmatch(digits) or _MOBILE.fullmatch(digits)
    return f"0{found[1]}" if found else None


def email(typed: str) -> str | None:
    """One plain ASCII address with its domain in lower case, or None.

    Display names, comments, quoted local parts, bare hosts, lists and anything with a line end are refused;
    nothing is looked up.
    """
    if "\r" in typed or "\n" in typed:
        return None
    address = without_bidi(latin_digits(typed)).strip()
    if not address.isascii():
        return None
    try:
        return validate_email(
            address, check_deliverability=False, allow_smtputf8=False, strict=True
        ).ascii_email
    except EmailNotValidError:
        return None


def local_phone(phone: str) -> str:
    """As people here write it: ``0912…`` for ``+98912…``; any other number as it stands."""
    return f"0{phone.removeprefix('+98')}" if phone.startswith("+98") else phone


def mask_phone(phone: str) -> str:
    """``+989121234567`` as ``0912•••``.

    The last four digits never show: whoever knows them and the code may read the case.
    """
    return local_phone(phone)[:-4][:4] + _HIDDEN


def mask_email(address: str) -> str:
    """``reza@example.org`` as ``r•••@example.org``; the number of dots says nothing about the length."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}{_HIDDEN}@{domain}"


def mask_name(name: str) -> str:
    """First letter of each word, the rest hidden: «ع••• ر•••»."""
    return " ".join(word[0] + _HIDDEN for word in name.split())


def _digits(typed: str) -> str:
    return _BETWEEN_DIGITS.sub("", without_bidi(latin_digits(typed)))

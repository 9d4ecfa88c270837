"""Which numbers and addresses are taken, and how they are masked."""

from __future__ import annotations

import pytest

from portal import identifiers


@pytest.mark.parametrize(
    "typed", ["0499370899", "۰۴۹۹۳۷۰۸۹۹", "٠٤٩٩٣٧٠٨٩٩", " 049-937089-9 ", "\u200e0499370899"]
)
def test_a_national_id_is_read_however_it_is_typed(typed):
    assert identifiers.national_id(typed) == "0499370899"


@pytest.mark.parametrize(
    "typed", ["0499370898", "0499730899", "1111111111", "0000000000", "499370899", "", "049937089a"]
)
def test_a_wrong_national_id_is_refused(typed):
    assert identifiers.national_id(typed) is None


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("02537700000", "02537700000"),
        ("۰۲۵-۳۷۷۰ ۰۰۰۰", "02537700000"),
        ("+98 25 3770 0000", "02537700000"),
        ("0098 (0)25 37700000", "02537700000"),
        ("02500000001", "02500000001"),
        ("+989121234567", "09121234567"),
        ("111", "111"),
        ("۱۵۰۰", "1500"),
    ],
)
def test_the_telephone_of_an_office_is_kept_as_people_dial_it(typed, kept):
    assert identifiers.telephone(typed) == kept


@pytest.mark.parametrize(
    "typed",
    ["", "37700000", "2537700000", "025377000001", "0253770000", "+442012345678", "12", "02x37700000"],
)
def test_what_nobody_can_dial_is_no_telephone(typed):
    assert identifiers.telephone(typed) is None


@pytest.mark.parametrize("typed", ["10380284790", "14007650912", "۱۰۳۸۰۲۸۴۷۹۰", "1038 0284 790"])
def test_a_legal_id_is_read_however_it_is_typed(typed):
    assert identifiers.legal_id(typed) in {"10380284790", "14007650912"}


@pytest.mark.parametrize("typed", ["10380284792", "1038028479", "103802847900", "10300000000", ""])
def test_a_wrong_legal_id_is_refused(typed):
    assert identifiers.legal_id(typed) is None


@pytest.mark.parametrize(
    "typed",
    [
        "09121234567",
        "0912 123 4567",
        "0912-123-4567",
        "+989121234567",
        "+98 (0)912 123 4567",
        "00989121234567",
        "989121234567",
        "9121234567",
        "۰۹۱۲۱۲۳۴۵۶۷",
        "٠٩١٢١٢٣٤٥٦٧",
        "\u202a+98 912 123 4567\u202c",
    ],
)
def test_a_mobile_is_read_however_it_is_typed(typed):
    assert identifiers.mobile(typed) == "+989121234567"


@pytest.mark.parametrize(
    "typed", ["", "0912123456", "091212345678", "02512345678", "+449121234567", "0912x1234567", "111"]
)
def test_what_is_no_iranian_mobile_is_refused(typed):
    assert identifiers.mobile(typed) is None


def test_an_address_keeps_its_local_part_and_lowers_its_domain():
    assert identifiers.email(" Reza.A+desk۱@Example.ORG ") == "Reza.A+desk1@example.org"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "reza",
        "reza@localhost",
        "a@example.org\r\nBcc: b@example.org",
        "a@example.org\n",
        "a@example.org, b@example.org",
        "Reza <a@example.org>",
        "a(c)@example.org",
        '"a b"@example.org',
        "a@[127.0.0.1]",
        "علی@example.org",
        "a@مثال.ایران",
        f"{'a' * 65}@example.org",
    ],
)
def test_anything_but_one_plain_address_is_refused(typed):
    assert identifiers.email(typed) is None


def test_a_masked_phone_hides_the_digits_that_open_a_case():
    assert identifiers.mask_phone("+989121234567") == "0912•••"
    assert identifiers.mask_phone("111") == "•••"


def test_a_masked_address_hides_its_length():
    assert (
        identifiers.mask_email("r@example.org")
        == identifiers.mask_email("reza@example.org")
        == "r•••@example.org"
    )


def test_a_masked_name_keeps_first_letters():
    assert identifiers.mask_name("علی  رضایی") == "ع••• ر•••"
    assert identifiers.mask_name("") == ""

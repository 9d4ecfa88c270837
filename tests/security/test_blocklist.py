"""What is tried first is refused, with the reason; words that were drawn are not."""

import itertools
import time

import pytest

from portal.security import blocklist, passphrases
from portal.security.passwords import REASONS, TOO_SHORT, weakness

EASY = dict(REASONS)


def reason(password, **known):
    return weakness(password, **{"username": "nobody-here", **known})


@pytest.mark.parametrize(
    ("password", "kind"),
    [
        ("passwordpassword", blocklist.LISTED),
        ("P@ssw0rd1234567!", blocklist.LISTED),
        ("correct horse battery staple", blocklist.LISTED),
        ("I-Love-You 1370 1370", blocklist.LISTED),
        ("دوستت دارم ایران ۱۴۰۴", blocklist.LISTED),
        ("ایران ایران ایران ایران", blocklist.LISTED),
        ("یا علی مدد ۱۳۷۰۱۳۷۰", blocklist.LISTED),
        ("tehran1404tehran1404", blocklist.LISTED),
        ("bani adam azaye yekdigarand", blocklist.LISTED),
        ("qwertyuiop123456", blocklist.KEYS),
        ("1qaz2wsx3edc4rfv", blocklist.KEYS),
        ("ضصثقفغعهخحج۱۲۳۴۵", blocklist.KEYS),
        ("الفبپتثجچحخدذر", blocklist.KEYS),
        ("zxcvbnm,./zxcvbnm", blocklist.KEYS),
        ("aaaaaaaaaaaaaaaaaaaa", ""),
        ("               ", ""),
        ("x7!x7!x7!x7!x7!x7!", ""),
    ],
)
def test_s46_what_is_tried_first_is_refused_and_the_reason_said(password, kind, monkeypatch):
    monkeypatch.setattr("portal.security.passwords._", lambda message: message)
    assert reason(password) == EASY[kind] or len(password) < 15


def test_s46_thousands_of_whole_passwords_of_our_lengths_are_refused():
    """Words of the list as people stretch them to fifteen characters: with years, digits, signs, twice."""
    words = sorted(word for word in blocklist.listed() if 4 <= len(word) <= 14)[::3]
    stretched = (
        "{0}{0}{0}{0}",
        "{0} {0} {0} {0}",
        "{0}1234567890123",
        "{0}!1370!1404!1370",
        "1399{0}1234567890",
    )
    whole = {shape.format(word) for word, shape in itertools.product(words, stretched)}
    long_enough = [one for one in whole if 15 <= len(one) <= 60]
    long_enough += [one for one in blocklist.listed() if len(one) >= 15]
    assert len(blocklist.listed()) > 1300
    sample = long_enough[::4]
    assert len(long_enough) >= 1500
    assert [one for one in sample if not reason(one)] == []


def test_s46_with_a_second_factor_the_short_ones_of_the_list_are_refused_too():
    listed = sorted(word for word in blocklist.listed() if 4 <= len(word) <= 12)
    short = [f"{word}{tail}" for word in listed for tail in ("1404", "123", "!")][::9]
    refused = [one for one in short if len(one) >= 8 and reason(one, second_factor=True)]
    assert len(refused) == len([one for one in short if len(one) >= 8])
    assert reason("k7#mq2xz", second_factor=True) == ""
    assert reason("k7#mq2x", second_factor=True)
    assert reason("k7#mq2xz")


def test_words_of_the_person_and_of_the_agency_are_refused(monkeypatch):
    monkeypatch.setattr("portal.security.passwords._", lambda message: message)
    own, agency = EASY[blocklist.OWN], EASY[blocklist.AGENCY]
    assert reason("kiarashsepehri99", username="kiarash", others=["Kiarash Sepehri"]) == own
    assert reason("somebody.mehregan", others=["somebody@mehregan.example"]) == own
    assert reason("سازمان نمونه قم ۱۴۰۴", agency=["سازمان نمونهٔ استان قم", "سازمان نمونه"]) == agency
    assert reason("desk.example.org1404", agency=["desk.example.org"]) == agency
    assert reason("short") == TOO_SHORT[15]


@pytest.mark.parametrize("language", passphrases.LANGUAGES)
def test_every_phrase_that_is_offered_is_taken(language):
    words = passphrases.words(language)
    assert len(words) == len(set(words)) >= 1296
    assert all(3 <= len(word) <= 8 for word in words)
    offered = {passphrases.suggest(language) for _ in range(60)}
    assert len(offered) == 60
    assert [phrase for phrase in offered if reason(phrase)] == []


def test_the_longest_password_is_judged_at_once():
    for password in ("a" * 128, "ab cd " * 21, "۱۲۳ " * 32):
        began = time.perf_counter()
        reason(password)
        assert time.perf_counter() - began < 0.2

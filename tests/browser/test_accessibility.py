"""Every page for people with a screen reader, a keyboard, large letters, a small screen or dark colours."""

from __future__ import annotations

import re

import pytest

from portal import app as portal_app
from tests.browser.no_pages import NO_PAGES
from tests.browser.stops import STOPS

SAID_FIRST = re.compile(r'id="([a-z]+)" [^>]*autofocus>')
"""Mistakes, what was just done, suggested words: they take the focus, so that they are read aloud."""

every_page = pytest.mark.parametrize(
    ("language", "stop"),
    [(language, stop) for language in ("fa", "en") for stop in STOPS],
    ids=lambda one: getattr(one, "name", one),
)


def test_the_tour_leaves_no_page_out(settings):
    inner = portal_app.create_app(settings)
    while not hasattr(inner, "routes"):
        inner = inner.app
    named = {
        handler.name
        for route in inner.routes
        for handler in getattr(route, "route_handlers", ())
        if handler.name and "GET" in handler.http_methods
    }
    assert named - {stop.shows for stop in STOPS} - NO_PAGES == set()


@every_page
def test_the_page_is_there(toured, stop, language):
    seen = toured[language][stop.name]
    assert seen.lost == ""
    assert seen.status == stop.status


@every_page
def test_no_rule_of_accessibility_is_broken(toured, stop, language):
    assert toured[language][stop.name].violations == []


@every_page
def test_nothing_scrolls_sideways_on_the_smallest_screen(toured, stop, language):
    assert toured[language][stop.name].too_wide == []


@every_page
def test_the_keyboard_starts_at_the_skip_link_or_at_what_the_page_says_first(toured, stop, language):
    seen = toured[language][stop.name]
    said_first = SAID_FIRST.search(seen.html)
    assert seen.first == (said_first[1] if said_first else "skip")


@every_page
def test_whatever_has_the_focus_shows_it(toured, stop, language):
    assert toured[language][stop.name].without_ring == []


@every_page
def test_the_console_stays_silent(toured, stop, language):
    assert toured[language][stop.name].complaints == []

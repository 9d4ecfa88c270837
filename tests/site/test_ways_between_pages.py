"""From each page of one's own account there is a way to all the others."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import html5lib
import pytest

from tests.support.browser import BASE, XHTML, client_of, signed_in

PAGES = (
    "/mine",
    "/mine/notices",
    "/mine/opened",
    "/mine/data",
    "/accounts/contacts",
    "/accounts/password",
    "/accounts/security",
)
languages = pytest.mark.parametrize("prefix", ["", "/en"])


@pytest.fixture(params=["citizen", "auditor", "admin"])
async def person(db, application, request):
    async with client_of(application) as client:
        yield await signed_in(client, "maryam", request.param)


def ways(html: str) -> dict[str, str]:
    """What the navigation of the account leads to, by path, with what marks it as the present page."""
    tree = html5lib.parse(html)
    bars = [one for one in tree.iter(f"{XHTML}nav") if one.get("class") == "subnav"]
    assert len(bars) == 1
    return {link.get("href"): link.get("aria-current", "") for link in bars[0].iter(f"{XHTML}a")}


@languages
@pytest.mark.parametrize("page", PAGES)
async def test_each_page_of_the_account_leads_to_the_others_and_marks_itself(person, prefix, page):
    seen = ways((await person.get(f"{prefix}{page}")).text)
    assert list(seen) == [f"{prefix}{path}" for path in PAGES]
    assert [path for path, mark in seen.items() if mark == "page"] == [f"{prefix}{page}"]


@languages
async def test_each_way_leads_to_a_page_called_like_it(person, prefix):
    tree = html5lib.parse((await person.get(f"{prefix}/mine")).text)
    bar = next(one for one in tree.iter(f"{XHTML}nav") if one.get("class") == "subnav")
    called = {link.get("href"): "".join(link.itertext()) for link in bar.iter(f"{XHTML}a")}
    for path, name in called.items():
        answer = await person.get(path)
        assert (answer.status_code, urlsplit(str(answer.url)).netloc) == (200, urlsplit(BASE).netloc)
        heading = next(html5lib.parse(answer.text).iter(f"{XHTML}h1"))
        assert name in "".join(heading.itertext()) or path.endswith("/password")


@languages
async def test_the_masthead_of_every_page_leads_to_my_desk(person, prefix):
    for page in ("", "/services", *PAGES):
        assert f'href="{prefix}/mine"' in (await person.get(f"{prefix}{page}" or "/")).text


@languages
async def test_each_way_of_the_masthead_opens_and_does_what_it_says(person, prefix):
    masthead = (await person.get(f"{prefix}/mine")).text.split("</header>")[0].split("<header")[1]
    for way in re.findall(r'<li><a href="([^"]+)"', masthead):
        answer = await person.get(way)
        if answer.status_code == 303:  # to the first page of a whole menu
            answer = await person.get(answer.headers["location"])
        assert answer.status_code == 200
    may_post = (await person.get("/desk/notices/new")).status_code == 200
    assert ("Post notices" in masthead or "ثبت اطلاعیه" in masthead) == may_post


@languages
async def test_the_masthead_leads_to_the_same_page_in_the_other_language(person, prefix):
    other = "" if prefix else "/en"
    masthead = (await person.get(f"{prefix}/mine/data")).text.split("</header>")[0]
    assert f'<a href="{other}/mine/data" lang=' in masthead


@languages
async def test_the_masthead_of_an_unknown_address_leads_to_my_desk(person, stranger, prefix):
    for path in ("/admin/nothing", "/nothing/here"):
        known, unknown = [await one.get(f"{prefix}{path}") for one in (person, stranger)]
        assert known.status_code == unknown.status_code == 404
        assert f'href="{prefix}/mine"' in known.text
        assert f'href="{prefix}/accounts/sign-in"' not in known.text
        assert f'href="{prefix}/accounts/sign-in"' in unknown.text

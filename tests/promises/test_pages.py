"""What people read and fetch about kept promises."""

import csv
import gzip
import io

import pytest

from db.clocks import ClockFact
from portal.cli import main
from portal.promises import actions
from portal.services import queries as services
from tests.cases.factories import a_service
from tests.promises.worlds import DAY, LATER, SLUG, TEHRAN, a_fact, cases, drawn


@pytest.fixture
async def counted(db):
    await drawn(300)
    await actions.publish(zone=TEHRAN, now=LATER)


async def test_before_anything_is_counted_the_page_says_so(browser):
    assert "Nothing was counted yet" in (await browser.get("/en/promises")).text


async def test_a_service_that_was_not_counted_yet_says_so(browser):
    await a_service(SLUG)
    assert "Nothing was counted for this service yet." in (await browser.get(f"/en/promises/{SLUG}")).text


async def test_there_is_nothing_at_a_made_up_address(browser):
    for path in ("/promises/nobody", "/promises/nobody/figures.csv", "/promises/nobody/facts.json"):
        assert (await browser.get(path)).status_code == 404


async def test_every_service_stands_in_the_overview_with_its_share(browser, counted):
    page = (await browser.get("/en/promises")).text
    assert f'href="/en/promises/{SLUG}"' in page
    assert "%)" in page


async def test_a_chart_has_a_name_a_description_and_its_table(browser, counted):
    page = (await browser.get(f"/en/promises/{SLUG}")).text
    assert 'role="img" aria-labelledby="result-title result-text"' in page
    assert '<title id="result-title">' in page
    assert page.count('<th scope="row">') >= 4 + 13
    assert "Week by week: Result" in page


async def test_what_rests_on_fewer_than_five_is_not_shown(browser, db):
    service = await a_service(SLUG)
    facts = [a_fact(service, case, days=1, ago=DAY) for case in await cases(4)]
    await ClockFact.insert(*facts)
    await actions.publish(zone=TEHRAN, now=LATER)
    page = (await browser.get(f"/en/promises/{SLUG}")).text
    assert "Fewer than five: not shown" in page
    assert "result-title" not in page


async def test_the_table_has_a_line_for_each_promise_and_stretch(browser, counted):
    answer = await browser.get(f"/promises/{SLUG}/figures.csv")
    lines = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert {line["window"] for line in lines} == {"30", "90", "365", "edition"}
    (year,) = [line for line in lines if (line["promise"], line["window"]) == ("result", "365")]
    assert int(year["kept"]) > int(year["missed"]) > 0
    assert (await browser.get("/promises.csv")).text == answer.text


async def test_the_command_prints_the_published_table_from_the_file_alone(
    browser, counted, tmp_path, capfdbinary, monkeypatch
):
    monkeypatch.setenv("PORTAL_DATABASE_URL", "postgresql://nobody@nowhere.invalid/none")
    table = (await browser.get(f"/promises/{SLUG}/figures.csv")).content
    facts = (await browser.get(f"/promises/{SLUG}/facts.json")).content
    plain, packed = tmp_path / "facts.json", tmp_path / "facts.json.gz"
    plain.write_bytes(facts)
    packed.write_bytes(gzip.compress(facts))
    for file in (plain, packed):
        assert main(["recompute", str(file)]) == 0
        assert capfdbinary.readouterr().out == table


def test_a_file_that_is_none_is_refused_in_one_line(tmp_path, capsys):
    (tmp_path / "other.json").write_text('{"service": 1}')
    for name in ("other.json", "missing.json"):
        assert main(["recompute", str(tmp_path / name)]) == 2
        assert "holds no published facts" in capsys.readouterr().err


async def test_the_file_comes_plain_to_those_who_cannot_unpack(browser, counted):
    address = f"/promises/{SLUG}/facts.json"
    packed = await browser.get(address, headers={"Accept-Encoding": "gzip"})
    plain = await browser.get(address, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert plain.content == packed.content


async def test_the_file_of_a_sensitive_service_is_not_there(browser, db):
    await drawn(40)
    await ClockFact.raw("UPDATE service SET sensitive = true")
    services.forget()
    await actions.publish(zone=TEHRAN, now=LATER)
    assert (await browser.get(f"/promises/{SLUG}/facts.json")).status_code == 404
    assert "not published one by one" in (await browser.get(f"/en/promises/{SLUG}")).text


async def test_the_file_of_a_service_is_gone_as_soon_as_it_is_called_sensitive(browser, counted):
    await ClockFact.raw("UPDATE service SET sensitive = true")
    assert (await browser.get(f"/promises/{SLUG}/facts.json")).status_code == 404
    assert "not published one by one" in (await browser.get(f"/en/promises/{SLUG}")).text


async def test_the_page_offers_no_file_before_there_is_one(browser, db):
    await drawn(40)
    await ClockFact.raw("UPDATE service SET sensitive = true")
    services.forget()
    await actions.publish(zone=TEHRAN, now=LATER)
    await ClockFact.raw("UPDATE service SET sensitive = false")
    assert "facts.json" not in (await browser.get(f"/en/promises/{SLUG}")).text

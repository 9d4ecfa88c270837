"""Asking the virus scanner: what it says, and what happens when it says nothing."""

import asyncio
import time

import pytest

from portal import clamd
from portal.settings import SettingError, load
from tests.clamd_server import EICAR, scanner


@pytest.fixture
def a_file(tmp_path):
    def write(data: bytes):
        path = tmp_path / "file"
        path.write_bytes(data)
        return path

    return write


@pytest.mark.parametrize("data", [b"", b"a", b"a" * 65_536, b"ab" * 1_000_000])
async def test_a_clean_file_arrives_whole_and_is_clean(a_file, data):
    async with scanner() as one:
        assert await clamd.virus_in(a_file(data), one.address) == ""
    assert one.seen == [data]


async def test_the_test_virus_is_found_and_named(a_file):
    async with scanner() as one:
        assert await clamd.virus_in(a_file(b"a" * 100_000 + EICAR), one.address) == "Eicar-Signature"


async def test_a_scanner_at_a_socket_of_this_machine_is_asked_too(a_file, tmp_path):
    async with scanner(str(tmp_path / "clamd.ctl")) as one:
        assert await clamd.virus_in(a_file(EICAR), one.address) == "Eicar-Signature"


@pytest.mark.parametrize(
    "answer", ["INSTREAM size limit exceeded. ERROR", "stream: OK FOUND?", "OK", "stream: OKAY", "x" * 9000]
)
async def test_only_its_own_word_makes_a_file_clean(a_file, answer):
    async with scanner() as one:
        one.answer = answer
        with pytest.raises(clamd.Unjudged):
            await clamd.virus_in(a_file(b"a"), one.address)


async def test_a_scanner_that_dies_while_it_reads_is_away(a_file):
    async with scanner() as one:
        one.answer = "die"
        with pytest.raises(clamd.Away):
            await clamd.virus_in(a_file(b"a"), one.address)


@pytest.mark.parametrize("address", ["127.0.0.1:9", "/nowhere/clamd.ctl", "no-such-host.invalid:3310"])
async def test_a_scanner_that_is_not_there_is_away(a_file, address):
    with pytest.raises(clamd.Away):
        await clamd.virus_in(a_file(b"a"), address)


async def test_a_scanner_that_hangs_is_away_in_time_and_holds_up_nothing_else(a_file, monkeypatch):
    monkeypatch.setattr(clamd, "VERDICT_WITHIN", 0.4)
    async with scanner() as one:
        one.answer = "hang"
        began, waiting = time.monotonic(), asyncio.create_task(clamd.virus_in(a_file(b"a"), one.address))
        longest, last = 0.0, time.monotonic()
        while not waiting.done():
            await asyncio.sleep(0.01)
            longest, last = max(longest, time.monotonic() - last), time.monotonic()
        with pytest.raises(clamd.Away):
            waiting.result()
        assert time.monotonic() - began < 3
    assert longest < 0.3  # seconds that anything else waited


@pytest.mark.parametrize("value", ["/run/clamav/clamd.ctl", "127.0.0.1:3310", "[::1]:3310", ""])
def test_the_scanner_is_named_by_socket_or_by_host_and_port(tmp_path, value):
    assert load({"PORTAL_DATA_DIR": str(tmp_path), "PORTAL_CLAMD": value}).clamd == value


@pytest.mark.parametrize("value", ["clamd", "host:", ":3310", "host:99999", "host:port"])
def test_an_address_that_can_be_none_stops_the_start(tmp_path, value):
    with pytest.raises(SettingError, match="PORTAL_CLAMD"):
        load({"PORTAL_DATA_DIR": str(tmp_path), "PORTAL_CLAMD": value})

"""The load that measures: what it counts, and from when."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from bench import load
from bench.load import CUT_OFF, sending

HEAD = b"HTTP/1.1 %d X\r\nContent-Length: 2\r\n\r\nok"


@contextlib.asynccontextmanager
async def a_server(*, rests: float = 0.0, cuts: bool = False):
    """Answers 200 on a line at a time, one after another, each after a rest; or hangs up."""
    one_at_a_time = asyncio.Lock()

    async def serve(reader, writer):
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while await reader.readuntil(b"\r\n\r\n"):
                if cuts:
                    break
                async with one_at_a_time:
                    await asyncio.sleep(rests)
                writer.write(HEAD % 200)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


ACT = sending(lambda: load.request("GET", "/", "localhost"))


async def test_closed_load_counts_every_answer():
    async with a_server() as port:
        result = await load.closed("127.0.0.1", port, ACT, connections=2, seconds=0.2)
    assert set(result.statuses) == {200}
    assert result.rate > 50


async def test_open_load_times_from_when_a_request_was_to_be_sent():
    async with a_server(rests=0.02) as port:  # fifty a second, and a hundred come
        result = await load.opened("127.0.0.1", port, ACT, rate=100, seconds=0.5)
    assert result.statuses == {200: 50}
    assert result.percentile(0.95) > 300  # the last ones stand behind half a second of others


async def test_open_load_counts_who_was_cut_off():
    async with a_server(cuts=True) as port:
        result = await load.opened("127.0.0.1", port, ACT, rate=100, seconds=0.1)
    assert result.statuses == {CUT_OFF: 10}


def test_percentiles_are_of_answers_that_came():
    result = load.Result(seconds=1)
    for n in range(1, 101):
        result.note(200, n / 1000)
    result.note(503, 9.0)
    assert result.percentile(0.5, 200) == pytest.approx(50)
    assert result.percentile(0.99, 200) == pytest.approx(99)
    assert result.percentile(0.5, 404) == 0

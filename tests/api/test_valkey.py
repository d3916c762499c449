"""The lean client against a real server, and against servers that behave badly."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import TypeVar
from uuid import uuid4

import pytest

from api.resp import Answers, Said, command
from api.valkey import Valkey, ValkeyDown
from tests.services import Services

T = TypeVar("T")


def run(url: str, scenario: Callable[[Valkey], Awaitable[T]], *, seconds: float = 5.0) -> T:
    async def whole() -> T:
        valkey = Valkey(url, seconds=seconds)
        try:
            return await scenario(valkey)
        finally:
            await valkey.aclose()

    return asyncio.run(whole())


@asynccontextmanager
async def server(says: Callable[[bytes], bytes]) -> AsyncIterator[str]:
    """One that answers whatever comes in with what `says` makes of it; nothing when that is empty."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.CancelledError):
            while data := await reader.read(65_536):
                writer.write(says(data))
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    try:
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        listening.close()


def test_what_is_put_there_is_found_byte_for_byte_whatever_its_size(services: Services) -> None:
    bodies = {f"test:{uuid4()}": body for body in (b"", b"\r\n$-1\r\n", bytes(range(256)) * 4_000)}

    async def scenario(valkey: Valkey) -> tuple[list[bytes | None], bytes | None]:
        for key, body in bodies.items():
            await valkey.set(key, body, ex=60)
        return list(await asyncio.gather(*(valkey.get(key) for key in bodies))), await valkey.get(f"test:{uuid4()}")

    assert run(services.redis_url, scenario) == (list(bodies.values()), None)


def test_many_at_once_each_get_their_own(services: Services) -> None:
    keys = [f"test:{uuid4()}" for _ in range(200)]

    async def scenario(valkey: Valkey) -> list[bytes | None]:
        await asyncio.gather(*(valkey.set(key, key.encode(), ex=60) for key in keys))
        given_up = [asyncio.ensure_future(valkey.get(key)) for key in keys[::2]]
        await asyncio.sleep(0)
        for each in given_up:
            each.cancel()
        return list(await asyncio.gather(*(valkey.get(key) for key in keys)))

    assert run(services.redis_url, scenario) == [key.encode() for key in keys], "nobody gets the answer of one who gave up"


def test_a_script_runs_whether_or_not_the_server_knows_it(services: Services) -> None:
    script = f"return {{ARGV[1], #KEYS, 7, false}} -- {uuid4()}"

    async def scenario(valkey: Valkey) -> list[object]:
        return [await valkey.run(script, ["{a}1", "{a}2"], ["x", 2, 0.5]) for _ in range(2)]

    assert run(services.redis_url, scenario) == [[b"x", 2, 7, None]] * 2


def test_what_the_server_refuses_is_said_and_the_next_command_goes(services: Services) -> None:
    key = f"test:{uuid4()}"

    async def scenario(valkey: Valkey) -> bytes | None:
        with pytest.raises(Said, match="boom"):
            await valkey.run("return redis.error_reply('ERR boom')", [], [])
        await valkey.set(key, b"1", ex=60)
        return await valkey.get(key)

    assert run(services.redis_url, scenario) == b"1"


def test_a_wrong_password_is_down_and_says_no_password(services: Services) -> None:
    wrong = f"redis://:hunter2@{services.redis_url.rpartition('@')[2]}"

    async def scenario(valkey: Valkey) -> str:
        with pytest.raises(ValkeyDown) as refused:
            await valkey.get("a")
        return str(refused.value)

    assert "hunter2" not in run(wrong, scenario)


def test_nobody_waits_for_a_server_that_is_not_there() -> None:
    async def scenario(valkey: Valkey) -> None:
        for _ in range(1_000):
            with pytest.raises(ValkeyDown):
                await valkey.get("a")

    run("redis://127.0.0.1:9/0", scenario)


def test_a_server_that_hangs_is_given_up_by_all_who_wait_and_asked_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    silent = [True]

    async def scenario() -> bytes | None:
        async with server(lambda _: b"" if silent[0] else b"$1\r\n1\r\n") as url:
            valkey = Valkey(url, seconds=0.05)
            found = await asyncio.gather(*(valkey.get("a") for _ in range(3)), return_exceptions=True)
            assert [type(each) for each in found] == [ValkeyDown] * 3
            silent[0] = False
            with pytest.raises(ValkeyDown):
                await valkey.get("a")
            monkeypatch.setattr(valkey, "_down_until", 0.0)
            try:
                return await valkey.get("a")
            finally:
                await valkey.aclose()

    assert asyncio.run(scenario()) == b"1"


def test_another_language_is_no_answer() -> None:
    async def scenario(words: bytes) -> None:
        async with server(lambda _: words) as url:
            valkey = Valkey(url)
            with pytest.raises(ValkeyDown):
                await valkey.get("a")
            await valkey.aclose()

    asyncio.run(scenario(b"HTTP/1.1 400 Bad Request\r\n\r\n"))


def test_what_nobody_asked_for_is_nobodys_answer() -> None:
    lines: list[int] = []

    def says(data: bytes) -> bytes:
        lines.append(data.count(b"GET"))
        return b"$1\r\n1\r\n:7\r\n" if len(lines) == 1 else b"$1\r\n2\r\n"

    async def scenario() -> list[bytes | None]:
        async with server(says) as url:
            valkey = Valkey(url)
            found = [await valkey.get("a"), await valkey.get("a")]
            await valkey.aclose()
            return found

    assert asyncio.run(scenario()) == [b"1", b"2"], "on another connection"


def test_answers_are_the_same_however_the_bytes_are_cut() -> None:
    told = b"+OK\r\n$3\r\na\r\n\r\n:-7\r\n*2\r\n$-1\r\n*1\r\n$0\r\n\r\n-ERR no\r\n*-1\r\n"
    for size in (1, 2, 5, len(told)):
        answers, found = Answers(), list[object]()
        for at in range(0, len(told), size):
            found += answers.of(told[at : at + size])
        assert [str(each) if isinstance(each, Said) else each for each in found] == [b"OK", b"a\r\n", -7, [None, [b""]], "ERR no", None]


def test_a_command_holds_whatever_bytes_it_is_given() -> None:
    assert command(b"SET", b"a\r\n", b"") == b"*3\r\n$3\r\nSET\r\n$3\r\na\r\n\r\n$0\r\n\r\n"

"""Who is let in, who waits, who is told to come back; and when a dependency is left alone."""

import asyncio

import pytest

from api.room import Full, LocalBreaker, Resting, Room


class Down(Exception):
    """The dependency does not answer."""


def test_whoever_finds_no_place_waits_in_line_and_whoever_finds_no_line_is_told_so() -> None:
    async def scenario() -> list[str]:
        room, told, leave = Room("test", places=1, queue=2, patience=60), list[str](), asyncio.Event()

        async def visit(name: str) -> None:
            try:
                async with room.place():
                    told.append(f"{name} is in")
                    await leave.wait()
            except Full:
                told.append(f"{name} is told to come back")

        visits = []
        for name in ("first", "second", "third", "fourth"):
            visits.append(asyncio.create_task(visit(name)))
            await asyncio.sleep(0)
        leave.set()
        await asyncio.gather(*visits)
        async with room.place():  # every place was given back
            told.append("again")
        return told

    assert asyncio.run(scenario()) == ["first is in", "fourth is told to come back", "second is in", "third is in", "again"]


def test_nobody_waits_longer_than_their_patience_and_their_place_is_not_lost() -> None:
    async def scenario() -> None:
        room = Room("test", places=1, queue=10, patience=0.01)
        async with room.place():
            with pytest.raises(Full):
                async with room.place():
                    raise AssertionError("there was no room")
        for _ in range(3):
            async with room.place():
                pass

    asyncio.run(scenario())


def test_whoever_goes_away_while_waiting_takes_no_place_along() -> None:
    async def scenario() -> None:
        room = Room("test", places=1, queue=10, patience=60)

        async def visit() -> None:
            async with room.place():
                await asyncio.sleep(0)

        async with room.place():
            gone = asyncio.create_task(visit())
            await asyncio.sleep(0)
            gone.cancel()
            await asyncio.gather(gone, return_exceptions=True)
        await asyncio.gather(*(visit() for _ in range(5)))

    asyncio.run(scenario())


def _fails(breaker: LocalBreaker) -> None:
    with pytest.raises(Down), breaker.guard():
        raise Down


def test_what_is_down_is_left_alone_then_tried_by_one() -> None:
    breaker = LocalBreaker("test", Down, failures=3, rest=60)
    states = []
    for _ in range(3):
        states.append(breaker.is_open)
        _fails(breaker)
    assert [*states, breaker.is_open] == [False, False, False, True]
    with pytest.raises(Resting), breaker.guard():
        raise AssertionError("nobody asks now")
    breaker._open_until = 0.0  # the rest is over
    with breaker.guard(), pytest.raises(Resting), breaker.guard():
        raise AssertionError("one tries, and that is enough")
    assert breaker.is_open is False, "it answered"
    with breaker.guard():
        pass


def test_a_mistake_of_ours_says_nothing_about_the_dependency() -> None:
    breaker = LocalBreaker("test", Down, failures=2, rest=0.0)
    for _ in range(5):
        with pytest.raises(ValueError, match="ours"), breaker.guard():
            raise ValueError("ours")
    _fails(breaker)
    with breaker.guard():
        pass
    _fails(breaker)
    assert not breaker.is_open, "in a row, or not at all"


def test_what_is_urgent_is_never_held_back_and_what_it_learns_counts() -> None:
    breaker = LocalBreaker("test", Down, failures=1, rest=60)
    _fails(breaker)
    with breaker.guard(urgent=True):
        pass
    assert not breaker.is_open

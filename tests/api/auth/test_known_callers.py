"""A caller is looked up once, and believed until what they may do changes."""

import asyncio
import threading
from uuid import UUID, uuid4

import pytest

from api.auth import known_callers
from api.auth.known_callers import KnownCallers
from zamc.identity.service import Caller

ANA = Caller(UUID(int=1), "ana@example.org")


def _ask(known: KnownCallers, answer: Caller | None = ANA, shown: bytes = b"key") -> Caller | None:
    return asyncio.run(known.get_or_ask(shown, lambda: answer))


def test_many_who_show_the_same_are_one_question() -> None:
    asked, known = [], KnownCallers(lambda: True)

    def look() -> Caller:
        asked.append(1)
        return ANA

    async def many() -> list[Caller | None]:
        return await asyncio.gather(*(known.get_or_ask(b"key", look) for _ in range(20)))

    assert asyncio.run(many()) == [ANA] * 20
    assert len(asked) == 1


def test_a_question_that_fails_fails_for_all_who_wait_and_is_asked_again() -> None:
    known = KnownCallers(lambda: True)

    def down() -> Caller:
        raise OSError("gone")

    async def both() -> list[object]:
        return await asyncio.gather(*(known.get_or_ask(b"key", down) for _ in range(2)), return_exceptions=True)

    assert [type(each) for each in asyncio.run(both())] == [OSError, OSError]
    assert _ask(known) == ANA


def test_whoever_changes_is_forgotten_at_once_and_nobody_else() -> None:
    known, bea = KnownCallers(lambda: True), Caller(uuid4(), "bea@example.org")
    _ask(known)
    _ask(known, shown=b"another key of hers")
    _ask(known, bea, b"his")
    known.forget(ANA.user_id)
    assert [known.get(shown) for shown in (b"key", b"another key of hers", b"his")] == [None, None, bea]
    assert known.last(b"key", within=300) is None
    known.clear()
    assert known.get(b"his") is None


def test_what_was_looked_up_before_a_change_is_not_believed_after_it() -> None:
    """The look-up reads, the change commits and is heard of, and only then the look-up's answer comes."""
    known, read, heard = KnownCallers(lambda: True), threading.Event(), threading.Event()

    def slow() -> Caller:
        read.set()
        heard.wait(60)
        return ANA

    async def scenario() -> Caller | None:
        asking = asyncio.create_task(known.get_or_ask(b"key", slow))
        await asyncio.to_thread(read.wait, 30)
        known.forget(ANA.user_id)
        heard.set()
        return await asking

    assert asyncio.run(scenario()) == ANA
    assert known.get(b"key") is None


def test_while_nobody_is_heard_it_is_believed_for_a_moment_only(monkeypatch: pytest.MonkeyPatch) -> None:
    hearing = True
    known = KnownCallers(lambda: hearing)
    _ask(known)
    monkeypatch.setattr(known_callers, "UNHEARD_SECONDS", -1.0)
    assert known.get(b"key") == ANA
    hearing = False
    assert known.get(b"key") is None
    assert known.last(b"key", within=300) == ANA, "for answers that are kept"


def test_what_is_known_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_callers, "_MOST_KNOWN", 3)
    known = KnownCallers(lambda: True)
    for number in range(5):
        _ask(known, shown=bytes([number]))
    assert [known.get(bytes([number])) is not None for number in range(5)] == [False, False, True, True, True]

"""Reads that are asked for at the same moment share a transaction; what goes wrong in one of them is no other's."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from api.graphql.together import Together
from api.threads import PER_REQUEST
from zamc.errors import NotFound


class Transactions:
    """Counts those that begin; each is a number. broken: what beginning one raises."""

    def __init__(self) -> None:
        self.begun = 0
        self.open = 0
        self.most_open = 0
        self.broken: Exception | None = None

    @contextmanager
    def __call__(self) -> Iterator[Any]:
        if self.broken is not None:
            raise self.broken
        self.begun += 1
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            yield self.begun
        finally:
            self.open -= 1


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as pool:
        yield pool


def _read(transactions: Transactions, threads: ThreadPoolExecutor, *works: Any) -> list[Any]:
    async def all_at_once() -> list[Any]:
        together = Together(transactions, threads)
        return await asyncio.gather(*(together.read(work) for work in works), return_exceptions=True)

    return asyncio.run(all_at_once())


def _missing(_: Any) -> Any:
    raise NotFound("there is no such thing")


def _mistake(_: Any) -> Any:
    raise ZeroDivisionError


def test_what_is_asked_for_at_once_is_read_in_one_transaction(threads: ThreadPoolExecutor) -> None:
    transactions = Transactions()
    assert _read(transactions, threads, *[lambda session: session] * 5) == [1] * 5
    assert (transactions.begun, transactions.open) == (1, 0)


def test_what_is_not_there_for_one_is_there_for_the_others(threads: ThreadPoolExecutor) -> None:
    transactions = Transactions()
    found = _read(transactions, threads, lambda session: session, _missing, lambda session: session)
    assert (found[0], type(found[1]), found[2], transactions.begun) == (1, NotFound, 1, 1)


def test_a_mistake_in_one_leaves_the_others_their_answers(threads: ThreadPoolExecutor) -> None:
    transactions = Transactions()
    found = _read(transactions, threads, lambda session: session, _mistake, lambda session: session)
    assert (found[0], type(found[1]), found[2]) == (2, ZeroDivisionError, 4)
    assert transactions.open == 0


def test_an_outage_is_everybodys_and_is_met_once(threads: ThreadPoolExecutor) -> None:
    transactions = Transactions()
    met: list[int] = []

    def down(_: Any) -> Any:
        met.append(1)
        raise OperationalError("SELECT 1", {}, Exception("gone"))

    found = _read(transactions, threads, down, lambda session: session)
    assert [type(each) for each in found] == [OperationalError] * 2
    assert (len(met), transactions.begun) == (1, 1)
    transactions.broken = OperationalError("BEGIN", {}, Exception("gone"))
    assert [type(each) for each in _read(transactions, threads, lambda session: session)] == [OperationalError]


def test_what_comes_later_has_a_transaction_of_its_own_and_only_so_many_are_open(threads: ThreadPoolExecutor) -> None:
    transactions = Transactions()

    async def one_by_one() -> list[Any]:
        together = Together(transactions, threads)
        asking = []
        for _ in range(20):
            asking.append(asyncio.ensure_future(together.read(lambda session: session)))
            for _ in range(3):
                await asyncio.sleep(0)
        return await asyncio.gather(*asking)

    found = asyncio.run(one_by_one())
    assert len(found) == 20
    assert found[-1] == transactions.begun > 1
    assert transactions.most_open <= PER_REQUEST


def test_who_went_away_is_not_read_for(threads: ThreadPoolExecutor) -> None:
    transactions = Transactions()

    async def gone() -> list[Any]:
        together = Together(transactions, threads)
        asking = [asyncio.ensure_future(together.read(lambda session: session)) for _ in range(2)]
        await asyncio.sleep(0)
        asking[0].cancel()
        return await asyncio.gather(*asking, return_exceptions=True)

    found = asyncio.run(gone())
    assert (type(found[0]), found[1]) == (asyncio.CancelledError, 1)

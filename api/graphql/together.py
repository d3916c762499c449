"""Reads of one request that are asked for at the same moment share a thread and a transaction: both cost more than most reads.

They see the same state of the data, too. What one of them is refused is its own; a mistake in one of them costs the others a second try.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from contextlib import AbstractContextManager
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from api.graphql.outages import OUTAGES
from api.threads import PER_REQUEST
from zamc.errors import ZamcError

T = TypeVar("T")
Transaction = Callable[[], AbstractContextManager[Session]]


@dataclass(eq=False)
class _Read:
    """found: what it read, or what it raised."""

    work: Callable[[Session], Any]
    done: "asyncio.Future[Any]"
    found: Any = None
    error: BaseException | None = field(default=None)

    def tell(self) -> None:
        if self.done.done():
            return
        if self.error is not None:
            self.done.set_exception(self.error)
        else:
            self.done.set_result(self.found)


class Together:
    """Of one request, on an event loop. transaction: begins one on a thread of `threads`."""

    def __init__(self, transaction: Transaction, threads: Executor) -> None:
        self._transaction, self._threads = transaction, threads
        self._waiting: list[_Read] = []
        self._running = 0

    async def read(self, work: Callable[[Session], T]) -> T:
        """Raises what `work` raises."""
        loop = asyncio.get_running_loop()
        mine = _Read(work, loop.create_future())
        self._waiting.append(mine)
        if len(self._waiting) == 1 and self._running < PER_REQUEST:
            loop.call_soon(self._begin, loop)
        found: T = await mine.done
        return found

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        reads = [each for each in self._waiting if not each.done.done()]
        self._waiting.clear()
        if not reads:
            return
        self._running += 1
        # The context is that of the first who asked.
        started = self._threads.submit(copy_context().run, self._all, reads)
        started.add_done_callback(lambda ended: loop.call_soon_threadsafe(self._ended, loop, reads, ended))

    def _ended(self, loop: asyncio.AbstractEventLoop, reads: Sequence[_Read], ended: "Future[None]") -> None:
        self._running -= 1
        error = ended.exception()
        for each in reads:
            each.error = error or each.error
            each.tell()
        if self._waiting:
            self._begin(loop)

    def _all(self, reads: Sequence[_Read]) -> None:
        """On a thread. Raises what stops all of them."""
        try:
            with self._transaction() as session:
                for each in reads:
                    _run(each, session)
        except OUTAGES:
            raise
        except Exception:
            if len(reads) == 1:
                raise
            for each in reads:
                self._alone(each)

    def _alone(self, read: _Read) -> None:
        try:
            with self._transaction() as session:
                _run(read, session)
        except Exception as error:  # noqa: BLE001 - whoever asked for it is told
            read.error = error


def _run(read: _Read, session: Session) -> None:
    read.found = read.error = None
    try:
        read.found = read.work(session)
    except ZamcError as error:
        # Said by our own code, so that the transaction is as it was.
        read.error = error

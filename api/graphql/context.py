"""What a resolver may use, and how it reads the database without holding up the event loop."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar
from uuid import UUID

import strawberry
from sqlalchemy.orm import Session

from api.graphql.loaders import Loaders
from api.graphql.outages import POSTGRES_OUTAGES
from api.graphql.plain import Makers
from api.graphql.together import Together, Transaction
from api.room import LocalBreaker
from api.threads import DATABASE, OUTSIDE, PER_REQUEST, URGENT
from zamc.bootstrap import Services
from zamc.identity.service import Caller
from zamc.requests.rules import Version

T = TypeVar("T")


@dataclass
class Context:
    """One request: the services, who calls, and what the request as a whole is known by.

    idempotency_key: as the caller named it; request_hash: of the whole request; single: it asks for one thing; makers: of its operation.
    postgres: leaves the database alone while it is down; urgent: it stops spending, and waits for nobody else's threads.
    reads_only: it changes nothing.
    changed: projects that this request changed, with the versions that their data have now. may_more: whose rights it changed, if they
    shall see that with their very next request.
    """

    services: Services
    caller: Caller
    idempotency_key: str | None = None
    request_hash: str = ""
    single: bool = True
    makers: Makers | None = None
    postgres: LocalBreaker = field(default_factory=lambda: LocalBreaker("postgres", *POSTGRES_OUTAGES))
    urgent: bool = False
    reads_only: bool = False
    changed: dict[UUID, Version] = field(default_factory=dict)
    may_more: set[UUID] = field(default_factory=set)

    @cached_property
    def loaders(self) -> Loaders:
        return Loaders(self.in_transaction)

    @cached_property
    def _together(self) -> Together:
        return Together(self._own_rows, DATABASE)

    @cached_property
    def _room(self) -> asyncio.Semaphore:
        return asyncio.Semaphore(PER_REQUEST)

    async def in_transaction(self, work: Callable[[Session], T]) -> T:
        """Run `work` in a transaction, on a thread: of its own, or shared with what a query reads at the same moment.

        The database shows it what is the caller's, whatever its queries say.
        """
        if self.reads_only:
            return await self._together.read(work)
        return await self._run(self._own_rows, work)

    async def as_application(self, work: Callable[[Session], T]) -> T:
        """The same where the database would not let any member write: users, roles, keys. `work` checks who may by itself."""
        return await self._run(self._all_rows, work)

    @contextmanager
    def _own_rows(self) -> Iterator[Session]:
        database, caller = self.services.database, self.caller
        with self.postgres.guard(urgent=self.urgent), database.transaction_for(caller.roles, user_id=caller.user_id) as session:
            yield session

    @contextmanager
    def _all_rows(self) -> Iterator[Session]:
        with self.postgres.guard(urgent=self.urgent), self.services.database.transaction() as session:
            yield session

    async def _run(self, transaction: Transaction, work: Callable[[Session], T]) -> T:
        def run() -> T:
            with transaction() as session:
                return work(session)

        async with self._room:
            return await asyncio.get_running_loop().run_in_executor(URGENT if self.urgent else DATABASE, copy_context().run, run)

    async def outside(self, work: Callable[[], T]) -> T:
        """Run what waits for a platform, and has transactions of its own."""
        return await asyncio.get_running_loop().run_in_executor(URGENT if self.urgent else OUTSIDE, copy_context().run, work)


Info = strawberry.Info[Context, None]

"""What a resolver may use, and how it reads the database without holding up the event loop."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import strawberry
from sqlalchemy.orm import Session
from strawberry.fastapi import BaseContext

from zamc.bootstrap import Services
from zamc.identity.service import Caller

T = TypeVar("T")


@dataclass
class Context(BaseContext):
    """One request: the services and who calls."""

    services: Services
    caller: Caller

    def __post_init__(self) -> None:
        super().__init__()

    async def in_transaction(self, work: Callable[[Session], T]) -> T:
        """Run `work` in one transaction on a thread."""

        def run() -> T:
            with self.services.database.transaction() as session:
                return work(session)

        return await asyncio.to_thread(run)


Info = strawberry.Info[Context, None]

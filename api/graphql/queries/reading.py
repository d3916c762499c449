"""How queries read: who may, then one page or one thing."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy.orm import Session

from api.graphql import subjects
from api.graphql.changing import operation_of
from api.graphql.context import Info
from api.graphql.pages import Connection, connection, key_of, size_of
from api.graphql.subjects import Subject
from zamc.database.paging import Order, Page

V = TypeVar("V")
T = TypeVar("T")
Read = Callable[[Session, Sequence[Any] | None, int], Page[V]]


async def page_of(
    info: Info, project_id: UUID, read: "Read[V]", *, order: Order, first: int, after: str | None, node: Callable[[V], T]
) -> Connection[T]:
    """A page of a project's list; of a project that is not the caller's, an empty one. Raises InvalidInput, Forbidden."""
    key, size, operation = key_of(order, after), size_of(first), operation_of(info)

    def work(session: Session) -> Page[V]:
        if not subjects.visible(info.context, session, subjects.project(project_id), operation):
            return Page([], [], more=False)
        return read(session, key, size)

    return connection(await info.context.in_transaction(work), order, after, node)


async def thing(info: Info, subject: Subject, read: Callable[[Session], T | None]) -> T | None:
    """One thing, or None when it is not there or not the caller's. Raises Forbidden."""
    operation = operation_of(info)

    def work(session: Session) -> T | None:
        return read(session) if subjects.visible(info.context, session, subject, operation) else None

    return await info.context.in_transaction(work)


async def list_of(info: Info, project_id: UUID, read: Callable[[Session], Sequence[V]], node: Callable[[V], T]) -> list[T]:
    """A short list of a project; empty when it is not the caller's. Raises Forbidden."""
    found = await thing(info, subjects.project(project_id), read)
    return [node(each) for each in found or ()]

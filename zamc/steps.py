"""Durable steps around outside work: CLAIM (commit), CALL (no session open), WRITE (refused if somebody else has claimed since).

An item is a row with the columns of WorkItem. Whoever dies in the middle leaves a lease behind; when it ends, anybody may claim
the item again with a higher fence, and what the dead or stalled worker still wants to write is refused.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from zamc.clock import Clock
from zamc.database.base import WorkItem
from zamc.database.engine import Database
from zamc.errors import InDoubt, Later, OutsideError, Throttled, ZamcError
from zamc.telemetry.context import handed_on, retried

MOST_PER_CLAIM = 500
_LONGEST_WAIT = timedelta(hours=1)

Row = TypeVar("Row", bound=WorkItem)
Order = TypeVar("Order")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Claimed:
    """A claimed item: its key and the fence that lets this worker, and no other, write its result; retries: tries before this one."""

    key: UUID
    fence: int
    retries: int = 0


@dataclass
class Outcome:
    """What became of the items of one call of `work`. errors holds one sentence per item that did not end well."""

    counts: Counter[str] = field(default_factory=Counter)
    errors: dict[UUID, str] = field(default_factory=dict)

    @property
    def done(self) -> int:
        return self.counts["done"]


def claim(
    session: Session,
    table: type[Row],
    *,
    where: Sequence[ColumnElement[bool]],
    now: datetime,
    lease: timedelta,
    limit: int,
) -> Sequence[Row]:
    """Lock what is due and free, count the attempt, raise the fence and set the lease. The caller commits before it calls out."""
    free = (table.lease_until.is_(None)) | (table.lease_until < now)
    due = select(table).where(*where, table.next_attempt_at <= now, free).order_by(table.next_attempt_at)
    rows = session.scalars(due.limit(min(limit, MOST_PER_CLAIM)).with_for_update(skip_locked=True)).all()
    for row in rows:
        row.fence += 1
        row.attempts += 1
        row.lease_until = now + lease
    return rows


def reclaim(session: Session, table: type[Row], claimed: Claimed) -> Row | None:
    """The row, locked for this transaction, if this worker still owns it; None if the fence has moved."""
    key = table.__mapper__.primary_key[0]  # type: ignore[attr-defined]  # WorkItem is only ever mixed into mapped classes
    row = session.scalars(select(table).where(key == claimed.key).with_for_update()).one_or_none()
    return row if row is not None and row.fence == claimed.fence else None


def release(row: WorkItem) -> None:
    """The item is done with for now: the next claim needs no wait."""
    row.lease_until = None


def wait(row: WorkItem, error: OutsideError, *, now: datetime) -> None:
    """Try again later: after the platform's own delay, or after a time that doubles with every attempt up to an hour."""
    named = error.delay if isinstance(error, Later) else None
    row.next_attempt_at = now + (named or min(_LONGEST_WAIT, timedelta(seconds=5) * 2 ** min(row.attempts, 10)))
    row.lease_until = None
    row.last_error = str(error)


def work(
    database: Database,
    table: type[Row],
    *,
    where: Sequence[ColumnElement[bool]],
    prepare: Callable[[Session, Row], Order],
    call: Callable[[Order], Result],
    write: Callable[[Session, Row, Result], None],
    failed: Callable[[Session, Row, ZamcError], None],
    clock: Clock,
    lease: timedelta,
    most_attempts: int = 8,
    workers: int = 1,
    per_claim: int = MOST_PER_CLAIM,
) -> Outcome:
    """Claim everything that `where` allows and that is due, `per_claim` items at a time, and carry each item through CALL and WRITE.

    prepare reads in the CLAIM transaction what the call needs; call runs with no session open, on up to `workers` threads; write runs
    in a transaction of its own per item and is skipped when the fence has moved. A Later or InDoubt error (the call of a step must be
    safe to repeat) puts the item back; any other error of ours, or the last attempt, goes to `failed` in the item's transaction.
    A bug in call or write puts its item back too, so that the others still end; it is raised when they have.
    """
    outcome = Outcome()
    bugs: list[Exception] = []
    tally = Lock()

    def one(claimed: Claimed, order: Order) -> None:
        try:
            try:
                result: Result | ZamcError = _called(call, order, claimed)
            except ZamcError as error:
                result = error
            settle(claimed, result)
        except Exception as bug:  # noqa: BLE001 - raised below, when the other items have ended
            bugs.append(bug)
            settle(claimed, InDoubt(f"a bug of ours, {type(bug).__name__}; the run's log has it"))

    def settle(claimed: Claimed, result: Result | ZamcError) -> None:
        with database.transaction() as session:
            row = reclaim(session, table, claimed)
            if row is None:
                ended = "overtaken"
            elif isinstance(result, ZamcError):
                again = _may_try_again(row, result, most_attempts)
                if again and isinstance(result, OutsideError):
                    wait(row, result, now=clock.now())
                else:
                    row.last_error = str(result)
                    release(row)
                    failed(session, row, result)
                ended = "waiting" if again else "failed"
            else:
                write(session, row, result)
                row.last_error = None
                release(row)
                ended = "done"
        with tally:
            outcome.counts[ended] += 1
            if ended in ("waiting", "failed"):
                outcome.errors[claimed.key] = str(result)

    while True:
        with database.transaction() as session:
            rows = claim(session, table, where=where, now=clock.now(), lease=lease, limit=per_claim)
            orders = [(Claimed(_key(row), row.fence, row.attempts - 1), prepare(session, row)) for row in rows]
        if not orders:
            break
        if workers == 1:
            for claimed, order in orders:
                one(claimed, order)
        else:
            with ThreadPoolExecutor(workers) as pool:
                list(pool.map(handed_on(one), *zip(*orders, strict=True)))
    if bugs:
        raise bugs[0]
    return outcome


def _called(call: Callable[[Order], Result], order: Order, claimed: Claimed) -> Result:
    with retried(claimed.retries):
        return call(order)


def _may_try_again(row: WorkItem, error: ZamcError, most_attempts: int) -> bool:
    if isinstance(error, Throttled):
        row.attempts -= 1  # there was no room: nothing was tried
    return isinstance(error, (Later, InDoubt)) and row.attempts < most_attempts


def _key(row: WorkItem) -> UUID:
    return row.id  # type: ignore[attr-defined]  # every work item that `work` carries has a UUID id

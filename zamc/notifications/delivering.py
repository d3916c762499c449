"""Deliveries on their way: CLAIM (`sending` is committed), CALL (no session open), WRITE (refused when the fence has moved).

A worker that dies in between leaves a lease behind. When it ends, what may be told apart by its receiver (a webhook) is due again under the
same id; a mail or a message to Slack, which may have arrived, is in doubt: it is not sent again blindly, but laid before a person (ADR 18).
"""

from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy.orm import Session

from zamc import steps
from zamc.accounts.vault import Vault
from zamc.clock import Clock
from zamc.database.engine import Database
from zamc.errors import ConfigurationError, InDoubt, Later, OutsideError, ZamcError
from zamc.events import dead_letters
from zamc.notifications import delivery_repository as repository
from zamc.notifications.channels import Address, Sender
from zamc.notifications.delivery_repository import Whole
from zamc.notifications.delivery_tables import Delivery
from zamc.notifications.preference_rules import RESENDABLE, Channel
from zamc.notifications.words_rules import Letter
from zamc.steps import Claimed

# Longer than any channel's time limits together: a mail server may be slow at each of its ten answers.
LEASE = timedelta(minutes=5)
MOST_ATTEMPTS = 14
SUBJECT = "zamc.notification.delivery"
_LOST = "the process that was sending it is gone; whether it arrived is not known"
log = structlog.get_logger()


@dataclass(frozen=True)
class _Order:
    claimed: Claimed
    channel: Channel
    letter: Letter
    address: Address


class Deliverer:
    """Sends what is due. Any number of them may run; each delivery is one's at a time."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        senders: Mapping[Channel, Sender],
        *,
        vault: Callable[[], Vault],
        link: str = "",
        workers: int = 4,
        lease: timedelta = LEASE,
        most_attempts: int = MOST_ATTEMPTS,
    ) -> None:
        """vault: opens the addresses of endpoints. link: where people look; empty when it is not known."""
        self._database, self._clock, self._senders, self._vault, self._link = database, clock, senders, vault, link
        self._workers, self._lease, self._most = workers, lease, most_attempts

    def round(self) -> Counter[str]:
        """One claim of as many as there are workers, carried through. Returns how many ended in which state; empty: nothing was due."""
        tally = self._take_back()
        orders, ended = self._claim()
        tally += ended
        if len(orders) == 1:
            tally[self._carry(orders[0])] += 1
        elif orders:
            with ThreadPoolExecutor(len(orders), thread_name_prefix="deliver") as pool:
                tally.update(pool.map(self._carry, orders))
        return +tally

    def _take_back(self) -> Counter[str]:
        """What those who are gone were sending."""
        now, tally = self._clock.now(), Counter[str]()
        with self._database.transaction() as session:
            for row in repository.lost(session, now=now, limit=100):
                row.fence += 1  # should it only be slow, it may not write any more
                tally[self._not_sent(session, row, InDoubt(_LOST, code="lost"))] += 1
        return tally

    def _claim(self) -> tuple[list[_Order], Counter[str]]:
        """What may leave now, and how many ended before they did, by state."""
        orders: list[_Order] = []
        ended = Counter[str]()
        with self._database.transaction() as session:
            due = (Delivery.state == "pending",)
            rows = steps.claim(session, Delivery, where=due, now=self._clock.now(), lease=self._lease, limit=self._workers)
            known = repository.whole(session, rows) if rows else {}
            for row in rows:
                row.state = "sending"
                try:
                    order = self._order(row, known[row.id])
                except ConfigurationError as error:
                    ended[self._not_sent(session, row, error)] += 1
                    continue
                if order is None:
                    row.state, row.last_error = "skipped", "the recipient has left since"
                    steps.release(row)
                    ended[row.state] += 1
                else:
                    orders.append(order)
        return orders, ended

    def _order(self, row: Delivery, found: Whole) -> _Order | None:
        news, channel = found.notification, Channel(row.channel)
        if found.email is not None:
            address = Address(found.email)
        elif found.endpoint is not None and found.endpoint.sealed is not None:
            opened = self._vault().open(found.endpoint.id, found.endpoint.sealed)
            address = Address(opened["url"], opened.get("secret", ""))
        else:
            return None
        letter = Letter(
            delivery_id=str(row.id), kind=news.kind, severity=news.severity, project=found.project, title=news.title, body=news.body,
            at=news.created_at.isoformat(), link=self._link, about=news.about,
        )  # fmt: skip
        return _Order(Claimed(row.id, row.fence), channel, letter, address)

    def _carry(self, order: _Order) -> str:
        """CALL and WRITE. Returns the state that it came to."""
        failed: ZamcError | None = None
        try:
            self._senders[order.channel].send(order.letter, order.address)
        except ZamcError as error:
            failed = error
        except Exception as bug:  # noqa: BLE001 - whatever it is, it is told, and this delivery alone is in doubt
            log.error(  # noqa: TRY400 - a traceback could hold the address
                "notifications.bug", delivery=order.letter.delivery_id, channel=order.channel, error=type(bug).__name__
            )
            failed = InDoubt(f"a bug of ours, {type(bug).__name__}; the log of the notifier has it", code="bug")
        with self._database.transaction() as session:
            row = steps.reclaim(session, Delivery, order.claimed)
            if row is None:
                return "overtaken"
            if failed is not None:
                return self._not_sent(session, row, failed)
            now = self._clock.now()
            row.state, row.sent_at, row.last_error = "sent", now, None
            steps.release(row)
            dead_letters.resolve(session, "notification", [str(row.id)], at=now, how="it was sent after all")
            log.info("notifications.sent", delivery=str(row.id), channel=row.channel, attempts=row.attempts)
            return row.state

    def _not_sent(self, session: Session, row: Delivery, error: ZamcError) -> str:
        """Again later, given up, or in doubt for a person to look at."""
        doubtful = isinstance(error, InDoubt)
        if isinstance(error, Later | InDoubt) and row.attempts < self._most and (not doubtful or Channel(row.channel) in RESENDABLE):
            row.state = "pending"
            steps.wait(row, error, now=self._clock.now())
            self._hold_others(session, row, until=row.next_attempt_at)
            log.info("notifications.waits", delivery=str(row.id), channel=row.channel, attempts=row.attempts, error=_code(error))
            return "waiting"
        row.state, row.last_error = ("in_doubt" if doubtful and Channel(row.channel) not in RESENDABLE else "failed"), str(error)
        steps.release(row)
        dead_letters.give_up(
            session, "notification", str(row.id), subject=SUBJECT, reason=_reason(row, error), project_id=row.project_id,
            subject_id=row.id, code=_code(error), details={"channel": row.channel, "attempts": row.attempts},
        )  # fmt: skip
        log.warning("notifications.given_up", delivery=str(row.id), channel=row.channel, state=row.state, error=_code(error))
        return row.state

    def _hold_others(self, session: Session, row: Delivery, *, until: datetime) -> None:
        if row.endpoint_id is not None:
            repository.postpone(session, row.endpoint_id, until=until)


def _reason(row: Delivery, error: ZamcError) -> str:
    if row.state == "in_doubt":
        return f"{error}. It may have arrived: replay sends it once more, drop lets it be"
    return str(error)


def _code(error: ZamcError) -> str:
    return (error.code if isinstance(error, OutsideError) else "") or type(error).__name__


def replayed(session: Session, clock: Clock, delivery_id: UUID) -> str | None:
    """A person wants a delivery sent once more. Returns its channel, or None when it is neither given up nor in doubt."""
    row = repository.send_again(session, delivery_id, at=clock.now())
    return row.channel if row is not None else None

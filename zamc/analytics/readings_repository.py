"""Every query of readings that go on, of the reports they asked for, and of conversion actions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, delete, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from zamc.analytics import repository
from zamc.analytics.look_back_rules import Action
from zamc.analytics.ports import Asked, Piece
from zamc.analytics.tables import ConversionAction, Reading, ReportJob

_LOCK_SPACE = 7_301_928  # advisory locks of readings; the second key is the ticket
# What is older was asked of a platform that has moved on: it is read anew.
_RESUMED_WITHIN = timedelta(hours=6)
_KEPT_FOR = timedelta(days=7)


@dataclass(frozen=True)
class Wanted:
    """What one reading is to read: days of an account, and those before that are still open."""

    account_id: UUID
    first_day: date
    last_day: date
    look_back: bool


def unfinished(session: Session, wanted: Wanted, *, now: datetime) -> list[int]:
    """Tickets of readings of the same that did not come to their end, newest first."""
    same = (
        Reading.ad_account_id == wanted.account_id, Reading.first_day == wanted.first_day, Reading.last_day == wanted.last_day,
        Reading.look_back == wanted.look_back, Reading.finished_at.is_(None), Reading.started_at > now - _RESUMED_WITHIN,
    )  # fmt: skip
    return list(session.scalars(select(Reading.ticket).where(*same).order_by(Reading.ticket.desc())))


def begin(session: Session, wanted: Wanted, *, now: datetime) -> int:
    """The ticket of a new reading."""
    _tidy(session, wanted.account_id, now)
    ticket = repository.next_ticket(session)
    session.add(
        Reading(
            ticket=ticket, ad_account_id=wanted.account_id, first_day=wanted.first_day, last_day=wanted.last_day,
            look_back=wanted.look_back, started_at=now, finished_at=None,
        )
    )  # fmt: skip
    session.flush()
    return ticket


def hold(line: Connection, ticket: int) -> bool:
    """Whether the reading is this connection's own from now on, until it lets go or dies; nobody can hold one that another does."""
    key = {"space": _LOCK_SPACE, "ticket": ticket % 2**31}
    return bool(line.execute(text("SELECT pg_try_advisory_lock(:space, :ticket)"), key).scalar_one())


def let_go(line: Connection) -> None:
    """Of everything that the connection holds: it goes back to the pool."""
    line.execute(text("SELECT pg_advisory_unlock_all()"))


def finish(session: Session, ticket: int, *, now: datetime) -> None:
    """Nothing is left to do, or nothing will be done about it."""
    session.execute(update(Reading).where(Reading.ticket == ticket).values(finished_at=now))


def _tidy(session: Session, account_id: UUID, now: datetime) -> None:
    old = select(Reading.ticket).where(Reading.ad_account_id == account_id, Reading.started_at < now - _KEPT_FOR)
    session.execute(delete(ReportJob).where(ReportJob.ad_account_id == account_id, ReportJob.ticket.in_(old)))
    session.execute(delete(Reading).where(Reading.ad_account_id == account_id, Reading.started_at < now - _KEPT_FOR))


def job(session: Session, ticket: int, piece: Piece) -> Asked | None:
    """None when it was never asked for, or was read to its end already: then it is asked for again."""
    found = session.execute(select(ReportJob.external_id, ReportJob.attempts, ReportJob.state).where(*_is(ticket, piece))).first()
    if found is None or found.state == "done":
        return None
    return Asked(found.external_id if found.state == "asked" else None, found.attempts, split=found.state == "split")


def job_asked(session: Session, account_id: UUID, ticket: int, piece: Piece, external_id: str, *, now: datetime) -> None:
    values = {
        "ad_account_id": account_id, "ticket": ticket, "grain": piece.grain, "piece": ",".join(piece.campaigns),
        "first_day": piece.first_day, "last_day": piece.last_day,
        "external_id": external_id, "state": "asked", "attempts": 1, "asked_at": now,
    }  # fmt: skip
    again = {"external_id": external_id, "state": "asked", "attempts": ReportJob.attempts + 1, "asked_at": now}
    key = ["ticket", "grain", "piece", "first_day", "last_day"]
    session.execute(insert(ReportJob).values(values).on_conflict_do_update(index_elements=key, set_=again))


def job_ended(session: Session, ticket: int, piece: Piece, state: str, reason: str | None = None) -> None:
    session.execute(update(ReportJob).where(*_is(ticket, piece)).values(state=state, last_error=reason))


def _is(ticket: int, piece: Piece) -> tuple[ColumnElement[bool], ...]:
    return (
        ReportJob.ticket == ticket, ReportJob.grain == piece.grain, ReportJob.piece == ",".join(piece.campaigns),
        ReportJob.first_day == piece.first_day, ReportJob.last_day == piece.last_day,
    )  # fmt: skip


def remember_actions(session: Session, account_id: UUID, actions: Sequence[Action], *, now: datetime) -> dict[str, str]:
    """Take down what the platform says of its actions; the name that facts carry by the platform's id. Needs the account's lock.

    The first name that an action was known by stays its name in facts. If another action has it already, the id is added.
    """
    known = select(ConversionAction.external_id, ConversionAction.action).where(ConversionAction.ad_account_id == account_id)
    names = {row.external_id: row.action for row in session.execute(known)}
    taken = set(names.values())
    rows = []
    for action in sorted(actions, key=lambda each: each.external_id):
        if action.external_id not in names:
            names[action.external_id] = action.name if action.name not in taken else f"{action.name} ({action.external_id})"
            taken.add(names[action.external_id])
        rows.append(
            {
                "ad_account_id": account_id, "external_id": action.external_id, "action": names[action.external_id], "name": action.name,
                "click_days": action.click_days, "view_days": action.view_days, "seen_at": now,
            }
        )  # fmt: skip
    if rows:
        statement = insert(ConversionAction)
        fresh = {name: statement.excluded[name] for name in ("name", "click_days", "view_days", "seen_at")}
        session.execute(statement.on_conflict_do_update(index_elements=["ad_account_id", "external_id"], set_=fresh), rows)
    return names

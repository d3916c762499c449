"""How every mutation runs: who may, the key that makes it happen once, the change itself, and the version that tells everybody."""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy.orm import Session

from api.graphql.context import Context, Info
from api.graphql.failures import Refused, failure_of
from api.graphql.subjects import Subject, allowed
from zamc.errors import InvalidInput, ZamcError
from zamc.requests import announcing, repository
from zamc.requests.rules import Known, Version, check_key, known

S = TypeVar("S")
Outcome = Mapping[str, Any]


async def change(
    info: Info,
    *,
    subject: Subject | None,
    work: Callable[[Session], Outcome],
    shown: Callable[[Session, Outcome], S],
    run: Callable[[Callable[[Session], S]], Awaitable[S]] | None = None,
) -> S | Refused:
    """One transaction (`run`, by default the caller's own). subject: what is changed, and so in whose project; None for what is in no
    project yet: then work itself asks who may.

    work returns what it came to, as JSON holds it; shown makes the answer of that, also when the same key comes again: then it shows the
    same thing as it is by then.
    """
    context, operation = info.context, operation_of(info)

    def whole(session: Session) -> S:
        project_id = allowed(context, session, subject, operation) if subject is not None else None
        remembered = _claim(context, session, operation)
        outcome = remembered
        if outcome is None:
            outcome = work(session)
            session.flush()
            _finish(context, session, outcome)
            context.changed.update(announce(session, project_id))
        return shown(session, outcome)

    try:
        return await (run or context.in_transaction)(whole)
    except ZamcError as error:
        return _refusal(error)


async def carry_out(
    info: Info,
    *,
    subject: Subject,
    before: Callable[[Session], Any] = lambda _: None,
    work: Callable[[Any], Outcome],
    shown: Callable[[Session, Outcome], S],
) -> S | Refused:
    """The same for what waits for a platform: `before` in a transaction with the key, `work` on what it returned with none open.

    The key is claimed first. When a process dies in between, the same key may do it again after five minutes: everything that comes
    this way is safe to repeat.
    """
    context, operation = info.context, operation_of(info)
    projects: list[UUID] = []

    def begin(session: Session) -> tuple[Outcome | None, Any]:
        projects.append(allowed(context, session, subject, operation))
        remembered = _claim(context, session, operation)
        if remembered is not None:
            return remembered, None
        prepared = before(session)
        context.changed.update(announce(session, projects[0]))
        return None, prepared

    def end(session: Session, outcome: Outcome) -> S:
        _finish(context, session, outcome)
        context.changed.update(announce(session, projects[0]))
        return shown(session, outcome)

    try:
        outcome, prepared = await context.in_transaction(begin)
        if outcome is not None:
            replayed = outcome
            return await context.in_transaction(lambda session: shown(session, replayed))
        try:
            done = await context.outside(lambda: work(prepared))
        except BaseException:
            await context.in_transaction(lambda session: _forget(context, session))
            raise
        return await context.in_transaction(lambda session: end(session, done))
    except ZamcError as error:
        return _refusal(error)


def announce(session: Session, project_id: UUID | None) -> dict[UUID, Version]:
    """The versions that a project's data (if one is named), and whatever else changed with it, have from this transaction on."""
    # What was done says for itself what it changes (an event, or an entry of the audit log); what says nothing changes everything.
    if project_id is not None and not announcing.is_said(session, project_id):
        announcing.changed(session, project_id)
    return announcing.announce(session)


def operation_of(info: Info) -> str:
    """The field in snake case: what the table of permissions calls it."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", info.field_name).lower()


def _claim(context: Context, session: Session, operation: str) -> Outcome | None:
    """What the key came to before; None when it is ours to do."""
    key = _key(context)
    if key is None:
        return None
    now, request_hash = context.services.clock.now(), context.request_hash
    who = context.caller.user_id
    repository.forget_old(session, user_id=who, before=now - repository.KEPT_FOR)
    row = repository.claim(session, user_id=who, key=key, operation=operation, request_hash=request_hash, at=now)
    if row is None:
        return None
    state = known(stored_hash=row.request_hash, request_hash=request_hash, outcome=row.outcome, claimed_at=row.claimed_at, now=now)
    if state is Known.DONE:
        return row.outcome
    row.claimed_at = now
    return None


def _finish(context: Context, session: Session, outcome: Outcome) -> None:
    key = _key(context)
    if key is not None:
        repository.finish(session, user_id=context.caller.user_id, key=key, outcome=outcome)


def _forget(context: Context, session: Session) -> None:
    key = _key(context)
    if key is not None:
        repository.forget(session, user_id=context.caller.user_id, key=key)


def _key(context: Context) -> str | None:
    """A key stands for one change, so a document with a key has one. Raises InvalidInput."""
    if context.idempotency_key is None:
        return None
    if not context.single:
        raise InvalidInput("Idempotency-Key", "stands for one change: send one mutation per request")
    return check_key(context.idempotency_key)


def _refusal(error: ZamcError) -> Refused:
    failure = failure_of(error)
    if failure is None:
        raise error
    return failure

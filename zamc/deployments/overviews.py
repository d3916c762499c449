"""Read models of what is launched, for the terminal: a list with verdicts, and one deployment with everything about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from zamc.deployments import changes_repository, repository, watch_repository
from zamc.deployments.orphans import STILL_ON
from zamc.deployments.tables import Deployment, Operation, PlatformObject
from zamc.deployments.watch_tables import DeploymentChange, Drift, Verdict
from zamc.errors import NotFound
from zamc.events.alert_codes import AlertCode
from zamc.money import Money
from zamc.notifications import repository as notifications
from zamc.projects import repository as projects

_LAST = 20


@dataclass(frozen=True)
class Line:
    """A deployment as a list shows it. verdicts: the platform's, by aspect."""

    id: UUID
    name: str
    kind: str
    status: str
    currency: str
    daily_budget_micros: int
    ends_on: date | None
    verdicts: Mapping[str, str]


@dataclass(frozen=True)
class Details:
    """Everything about one deployment. changes, operations: newest first."""

    row: Deployment
    verdicts: Sequence[Verdict]
    objects: Sequence[PlatformObject]
    changes: Sequence[DeploymentChange]
    drifts: Sequence[Drift]
    operations: Sequence[Operation]


@dataclass(frozen=True)
class Report:
    """How everything stands, and what must never be. statuses, verdicts, alerts: how many of each.

    over_cap: sentences about periods in which more is reserved than a policy allows; unapproved: deployments on without an approved
    plan; strays_on: campaigns of ours that no record knows and that could not be paused; sample: some deployments that need a person.
    """

    statuses: Mapping[str, int]
    verdicts: Mapping[str, int]
    alerts: Mapping[str, int]
    over_cap: Sequence[str]
    unapproved: Sequence[UUID]
    strays_on: int
    sample: Mapping[str, str]


def report(session: Session) -> Report:
    """Counts are exact; the sample holds at most twenty."""
    open_alerts = notifications.latest_open(session, limit=_LAST)
    return Report(
        statuses=watch_repository.status_counts(session),
        verdicts=watch_repository.verdict_counts(session),
        alerts=notifications.open_counts(session),
        over_cap=[
            f"{project}, {period}: {Money(held, currency)} reserved, {Money(cap, currency)} allowed"
            for project, currency, period, held, cap in watch_repository.over_reserved(session)
        ],
        unapproved=watch_repository.on_without_approval(session),
        strays_on=len([key for key in notifications.open_keys(session, AlertCode.STRAY_ON) if key.endswith(f":{STILL_ON}")]),
        sample={str(each.deployment_id or each.key): f"{each.code}: {each.title}" for each in open_alerts},
    )


def lines(session: Session, *, project: str | None, status: str | None, limit: int) -> list[Line]:
    """Newest first; project: by name. Raises NotFound. Two statements, whatever the number."""
    statement = select(Deployment).order_by(Deployment.id.desc()).limit(limit)
    if project is not None:
        found = projects.project_by_name(session, project)
        if found is None:
            raise NotFound(f"no project is called {project!r}; `zamc accounts list` shows names, and capital letters count")
        statement = statement.where(Deployment.project_id == found.id)
    if status is not None:
        statement = statement.where(Deployment.status == status)
    rows = session.scalars(statement).all()
    judged = watch_repository.verdicts(session, [row.id for row in rows])
    return [
        Line(
            row.id, row.name, row.kind, row.status, row.currency, row.daily_budget_micros, row.ends_on,
            {aspect: each.verdict for aspect, each in judged.get(row.id, {}).items()},
        )
        for row in rows
    ]  # fmt: skip


def details(session: Session, deployment_id: UUID) -> Details:
    """Raises NotFound."""
    rows = repository.deployments(session, [deployment_id])
    if not rows:
        raise NotFound(repository.unknown(deployment_id))
    return Details(
        row=rows[0],
        verdicts=[each for _, each in sorted(watch_repository.verdicts(session, [deployment_id]).get(deployment_id, {}).items())],
        objects=repository.objects(session, [deployment_id]).get(deployment_id, []),
        changes=changes_repository.changes(session, deployment_id, limit=_LAST),
        drifts=list(watch_repository.open_drifts(session, [deployment_id]).values()),
        operations=watch_repository.last_operations(session, deployment_id, limit=_LAST),
    )

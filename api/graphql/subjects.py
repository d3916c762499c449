"""What an operation is about, and in whose project that is. For a stranger it does not exist, and no answer tells the two apart."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from api.graphql.context import Context
from zamc.creatives.set_pages import project_of_set
from zamc.deployments.views import project_of_deployment
from zamc.deployments.watch_views import project_of_drift
from zamc.errors import NotFound
from zamc.identity.permission_rules import check
from zamc.notifications.delivery_views import project_of_endpoint
from zamc.projects.views import project_of_account
from zamc.strategies.views import project_of


@dataclass(frozen=True)
class Subject:
    """noun and id for the sentence that it is not there; find: its project, None when there is no such thing."""

    noun: str
    id: UUID
    find: Callable[[Session, UUID], UUID | None]


def project(project_id: UUID) -> Subject:
    return Subject("project", project_id, lambda _, key: key)


def strategy(strategy_id: UUID) -> Subject:
    return Subject("strategy", strategy_id, project_of)


def creative_set(set_id: UUID) -> Subject:
    return Subject("set of creatives", set_id, project_of_set)


def deployment(deployment_id: UUID) -> Subject:
    return Subject("deployment", deployment_id, project_of_deployment)


def drift(drift_id: UUID) -> Subject:
    return Subject("drift", drift_id, project_of_drift)


def account(account_id: UUID) -> Subject:
    return Subject("ad account", account_id, project_of_account)


def endpoint(endpoint_id: UUID) -> Subject:
    return Subject("notification endpoint", endpoint_id, project_of_endpoint)


def allowed(context: Context, session: Session, subject: Subject, operation: str) -> UUID:
    """The subject's project. Raises NotFound, also when it is somebody else's, and Forbidden when the caller's role may not do it."""
    missing = f"there is no {subject.noun} {subject.id}"
    project_id = subject.find(session, subject.id)
    if project_id is None:
        raise NotFound(missing)
    check(context.caller.roles.get(project_id), operation, missing=missing)
    return project_id


def visible(context: Context, session: Session, subject: Subject, operation: str) -> bool:
    """Whether a query about it has an answer. Raises Forbidden for a member whose role may not see it."""
    try:
        allowed(context, session, subject, operation)
    except NotFound:
        return False
    return True

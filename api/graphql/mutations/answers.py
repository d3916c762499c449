"""What a mutation answers: the thing that it changed, as it is when the answer is made."""

from uuid import UUID

from sqlalchemy.orm import Session

from api.graphql.changing import Outcome
from api.graphql.types.creatives import CreativeSetType
from api.graphql.types.deployments import DeploymentType, DriftType
from api.graphql.types.notifications import DeliveryType, EndpointType
from api.graphql.types.projects import AccountType
from api.graphql.types.strategies import StrategyType
from zamc.creatives import set_pages
from zamc.deployments import views, watch_views
from zamc.errors import NotFound
from zamc.notifications import delivery_repository, delivery_views
from zamc.notifications.endpoints import view_of
from zamc.projects.views import account


def the_strategy(session: Session, outcome: Outcome) -> StrategyType:
    """By outcome["id"], as all of these. Raises NotFound when it is gone since."""
    for view in views.by_ids(session, [UUID(outcome["id"])]):
        return StrategyType.of(view)
    raise NotFound(f"there is no strategy {outcome['id']}")


def the_set(session: Session, outcome: Outcome) -> CreativeSetType:
    for line in set_pages.lines(session, [UUID(outcome["id"])]).values():
        return CreativeSetType.of(line)
    raise NotFound(f"there is no set of creatives {outcome['id']}")


def the_deployment(session: Session, outcome: Outcome) -> DeploymentType:
    for view in views.deployments_by_ids(session, [UUID(outcome["id"])]).values():
        return DeploymentType.of(view)
    raise NotFound(f"there is no deployment {outcome['id']}")


def the_drift(session: Session, outcome: Outcome) -> DriftType:
    view = watch_views.drift_by_id(session, UUID(outcome["id"]))
    if view is None:
        raise NotFound(f"there is no drift {outcome['id']}")
    return DriftType.of(view)


def the_account(session: Session, outcome: Outcome) -> AccountType:
    view = account(session, UUID(outcome["id"]))
    if view is None:
        raise NotFound(f"there is no ad account {outcome['id']}")
    return AccountType.of(view)


def the_endpoint(session: Session, outcome: Outcome) -> EndpointType:
    row = delivery_repository.endpoint(session, UUID(outcome["id"]))
    if row is None:
        raise NotFound(f"there is no notification endpoint {outcome['id']}")
    return EndpointType.of(view_of(row))


def the_delivery(session: Session, outcome: Outcome) -> DeliveryType:
    view = delivery_views.delivery(session, UUID(outcome["id"]))
    if view is None:
        raise NotFound(f"there is no delivery {outcome['id']}")
    return DeliveryType.of(view)

"""What can be read, one module per noun; a project in which the caller has no role does not exist for them."""

from strawberry.tools import merge_types

from api.graphql.queries.approvals import ApprovalQueries
from api.graphql.queries.creatives import CreativeQueries
from api.graphql.queries.deployments import DeploymentQueries
from api.graphql.queries.notifications import NotificationQueries
from api.graphql.queries.people import PeopleQueries
from api.graphql.queries.performance import PerformanceQueries
from api.graphql.queries.plans import PlanQueries
from api.graphql.queries.projects import ProjectQueries
from api.graphql.queries.strategies import StrategyQueries
from api.graphql.queries.watch import WatchQueries

Query = merge_types(
    "Query",
    (
        ProjectQueries,
        StrategyQueries,
        PlanQueries,
        CreativeQueries,
        DeploymentQueries,
        ApprovalQueries,
        WatchQueries,
        PerformanceQueries,
        PeopleQueries,
        NotificationQueries,
    ),
)

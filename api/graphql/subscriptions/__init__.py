"""What can be listened to, one module per noun. Every subscription is about one project, in which the caller has a role."""

from strawberry.tools import merge_types

from api.graphql.subscriptions.alerts import LiveAlerts
from api.graphql.subscriptions.approvals import LiveApprovals
from api.graphql.subscriptions.changes import LiveChanges
from api.graphql.subscriptions.deployments import LiveDeployments
from api.graphql.subscriptions.performance import LivePerformance

Subscription = merge_types("Subscription", (LiveAlerts, LiveApprovals, LiveChanges, LiveDeployments, LivePerformance))

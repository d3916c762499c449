"""What can be changed: one file per mutation; this one only lists them."""

import strawberry

from api.graphql.mutations.creatives.approve_creatives import approve_creatives
from api.graphql.mutations.creatives.reject_creatives import reject_creatives
from api.graphql.mutations.creatives.retry_creatives import retry_creatives
from api.graphql.mutations.deployments.apply_change import apply_change
from api.graphql.mutations.deployments.approve_deployment import approve_deployment
from api.graphql.mutations.deployments.end_deployment import end_deployment
from api.graphql.mutations.deployments.pause_deployment import pause_deployment
from api.graphql.mutations.deployments.pause_everything import pause_everything
from api.graphql.mutations.deployments.pause_project import pause_project
from api.graphql.mutations.deployments.plan_change import plan_change
from api.graphql.mutations.deployments.resume_deployment import resume_deployment
from api.graphql.mutations.deployments.retry_deployment import retry_deployment
from api.graphql.mutations.notifications.add_notification_endpoint import add_notification_endpoint
from api.graphql.mutations.notifications.check_notification_endpoint import check_notification_endpoint
from api.graphql.mutations.notifications.choose_notifications import choose_notifications
from api.graphql.mutations.notifications.remove_notification_endpoint import remove_notification_endpoint
from api.graphql.mutations.people.make_api_key import make_api_key
from api.graphql.mutations.people.remove_member import remove_member
from api.graphql.mutations.people.revoke_api_key import revoke_api_key
from api.graphql.mutations.people.set_member_role import set_member_role
from api.graphql.mutations.projects.add_account import add_account
from api.graphql.mutations.projects.check_account import check_account
from api.graphql.mutations.projects.connect_account import connect_account
from api.graphql.mutations.projects.create_project import create_project
from api.graphql.mutations.projects.remove_account import remove_account
from api.graphql.mutations.projects.set_gates import set_gates
from api.graphql.mutations.strategies.approve_strategy import approve_strategy
from api.graphql.mutations.strategies.edit_strategy import edit_strategy
from api.graphql.mutations.strategies.reject_strategy import reject_strategy
from api.graphql.mutations.strategies.request_strategy import request_strategy
from api.graphql.mutations.strategies.retry_strategy import retry_strategy
from api.graphql.mutations.watch.accept_drift import accept_drift
from api.graphql.mutations.watch.revert_drift import revert_drift


@strawberry.type
class Mutation:
    """What can be changed. Every mutation takes the header Idempotency-Key: the same key twice is one change."""

    approve_creatives = approve_creatives
    reject_creatives = reject_creatives
    retry_creatives = retry_creatives
    apply_change = apply_change
    approve_deployment = approve_deployment
    end_deployment = end_deployment
    pause_deployment = pause_deployment
    pause_everything = pause_everything
    pause_project = pause_project
    plan_change = plan_change
    resume_deployment = resume_deployment
    retry_deployment = retry_deployment
    add_notification_endpoint = add_notification_endpoint
    check_notification_endpoint = check_notification_endpoint
    choose_notifications = choose_notifications
    remove_notification_endpoint = remove_notification_endpoint
    make_api_key = make_api_key
    remove_member = remove_member
    revoke_api_key = revoke_api_key
    set_member_role = set_member_role
    create_project = create_project
    add_account = add_account
    check_account = check_account
    connect_account = connect_account
    remove_account = remove_account
    set_gates = set_gates
    approve_strategy = approve_strategy
    edit_strategy = edit_strategy
    reject_strategy = reject_strategy
    request_strategy = request_strategy
    retry_strategy = retry_strategy
    accept_drift = accept_drift
    revert_drift = revert_drift

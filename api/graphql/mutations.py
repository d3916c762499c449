"""Mutations: one file per mutation; this one only lists them."""

import strawberry

from api.graphql.pause_project import pause_project
from api.graphql.request_strategy import request_strategy


@strawberry.type
class Mutation:
    """What can be changed."""

    request_strategy = request_strategy
    pause_project = pause_project

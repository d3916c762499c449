"""What a subscription asks for, checked like any request: document, cost, rate and rights; and the group that it belongs to."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson
from graphql import FieldNode, GraphQLError, GraphQLObjectType, VariableNode
from graphql.execution.values import get_argument_values, get_variable_values

from api.graphql import asked
from api.graphql.asked import Asked
from api.graphql.documents import Documents, Operation
from api.graphql.documents import Refused as NotExecuted
from api.graphql.execution import messages_of
from api.graphql.failures import code_of
from api.graphql.rates import KEPT_COST, UNKNOWN_COST, Rates
from api.graphql.scopes import Scope, scope_of
from api.live.groups import Group
from api.live.hub import Hub
from zamc.errors import InvalidInput, NotFound, ZamcError
from zamc.events.rules import Cursor
from zamc.identity.permission_rules import PERMISSIONS, check
from zamc.identity.service import Caller
from zamc.requests.rules import hash_of
from zamc.throttling.buckets import Taken

# Fields that tell what happened, one after the other; the argument says where somebody left off and is not part of what they ask.
LOSSLESS = {"alerts": "after"}
ONLY_SUBSCRIPTIONS = "queries and changes are sent with POST /graphql; here only subscriptions are"


class Refused(Exception):
    """It does not begin. errors: for the client, as GraphQL writes them."""

    def __init__(self, *errors: dict[str, Any]) -> None:
        super().__init__("; ".join(str(error["message"]) for error in errors))
        self.errors = list(errors)


@dataclass(frozen=True)
class Asking:
    """A subscription that may begin. after: where a lossless one left off."""

    group: Group
    after: Cursor | None


class Desk:
    """On one event loop."""

    def __init__(self, documents: Documents, rates: Rates, hub: Hub) -> None:
        self._documents, self._rates, self._hub = documents, rates, hub

    async def take(self, payload: Mapping[str, Any], caller: Caller, credential: str) -> Asking:
        """Raises Refused."""
        try:
            wanted = asked.of_object(dict(payload))
        except asked.BadRequest as bad:
            raise _refused(bad.message) from None
        operation = await self._operation(wanted, caller, credential)
        field, arguments = _root(operation, wanted.variables)
        scope = scope_of(operation, wanted.variables, caller)
        _allow(field, arguments, caller)
        after, variables = _left_off(operation, field, arguments, wanted.variables)
        key = _key(operation, scope, variables)
        try:
            cost = KEPT_COST if self._hub.has(key) else operation.cost(wanted.variables)
        except GraphQLError as error:
            raise _refused(error.message, "TOO_COSTLY") from None
        await self._pay(caller, credential, scope, cost)
        group = self._hub.group(key, operation, variables, _least(caller, scope), lossless=field in LOSSLESS)
        return Asking(group, after)

    async def _operation(self, wanted: Asked, caller: Caller, credential: str) -> Operation:
        if not self._documents.knows(wanted.text, wanted.document_id):
            await self._pay(caller, credential, None, UNKNOWN_COST)
        try:
            found = self._documents.find(text=wanted.text, document_id=wanted.document_id, operation_name=wanted.operation_name)
        except NotExecuted as error:
            raise Refused(*messages_of(error.errors)) from None
        if not found.is_subscription:
            raise _refused(ONLY_SUBSCRIPTIONS)
        return found

    async def _pay(self, caller: Caller, credential: str, scope: Scope | None, cost: int) -> None:
        project_id = scope.project if scope else None
        taken: Taken = await self._rates.take(user_id=caller.user_id, credential=credential, project_id=project_id, cost=cost)
        if not taken.allowed:
            message = f"this is more than may be asked for in a minute; ask again in {taken.wait_seconds:.0f} seconds"
            raise _refused(message, "RATE_LIMITED")


def _root(operation: Operation, variables: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """The one field of a subscription that was validated, and its arguments. Raises Refused."""
    (node,) = operation.node.selection_set.selections
    root = operation.schema.subscription_type
    if not isinstance(node, FieldNode) or not isinstance(root, GraphQLObjectType):
        raise _refused("a subscription names its one field itself, not in a fragment")
    if node.directives:
        raise _refused("the field of a subscription has no directives")
    coerced = get_variable_values(operation.schema, operation.node.variable_definitions or (), dict(variables))
    if isinstance(coerced, list):
        raise Refused(*messages_of(coerced))
    try:
        return node.name.value, get_argument_values(root.fields[node.name.value], node, coerced)
    except GraphQLError as error:
        raise Refused(*messages_of([error])) from None


def _allow(field: str, arguments: Mapping[str, Any], caller: Caller) -> None:
    """By the same table as queries; every subscription is about one project."""
    project_id = arguments["projectId"]
    try:
        check(caller.roles.get(project_id), field if field in PERMISSIONS else "read", missing=f"there is no project {project_id}")
    except ZamcError as error:
        raise _refused(str(error), code_of(error)) from None


def _left_off(
    operation: Operation, field: str, arguments: Mapping[str, Any], variables: Mapping[str, Any]
) -> tuple[Cursor | None, Mapping[str, Any]]:
    """Where it left off, and the variables without that: those who left off elsewhere belong together all the same."""
    name = LOSSLESS.get(field)
    said = arguments.get(name) if name else None
    if name is None or said is None:
        return None, variables
    told = {
        argument.value.name.value
        for node in operation.node.selection_set.selections
        if isinstance(node, FieldNode)
        for argument in node.arguments
        if argument.name.value == name and isinstance(argument.value, VariableNode)
    }
    rest = {key: value for key, value in variables.items() if key not in told}
    try:
        return Cursor.parse(said), rest
    except InvalidInput as error:
        raise _refused(f"{name}: {error.sentence}", "INVALID_INPUT") from None


def _key(operation: Operation, scope: Scope, variables: Mapping[str, Any]) -> bytes:
    said = orjson.dumps(variables, option=orjson.OPT_SORT_KEYS)
    return bytes.fromhex(hash_of(operation.id.encode(), operation.name.encode(), said, scope.eyes.encode()))


def _least(caller: Caller, scope: Scope) -> Caller:
    """A caller who may what all of the group may: their role in the project, and nothing that is one member's own."""
    if scope.project is None:
        raise _refused(str(NotFound("a subscription is about one project")), "NOT_FOUND")
    return replace(caller, roles={scope.project: caller.roles[scope.project]}, session_id=None, expires_at=None)


def _refused(message: str, code: str = "BAD_REQUEST") -> Refused:
    return Refused({"message": message, "extensions": {"code": code}})

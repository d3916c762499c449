"""What a document may cost at most, before anything of it runs: a field is a value that must be made, and a list makes all of them often.

A value costs about 8 microseconds of this process, whoever asks; a field that reads the database or waits for a platform costs more. The
cost is also what rate limits count (api.graphql.rates).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_list_type,
)

from zamc.database.paging import LARGEST_PAGE

LARGEST_COST = 20_000
DEEPEST = 12
MOST_ALIASES = 30
MOST_ROOT_FIELDS = 10
MOST_DIRECTIVES = 20

# What a root field costs by itself: a few statements. A mutation writes; some wait for a platform.
READS, WRITES, WAITS = 20, 100, 500
WAITING = frozenset({"pauseProject", "pauseEverything", "pauseDeployment", "endDeployment", "planChange", "applyChange", "checkAccount"})
# Fields of the types of rows that need a statement of their own for each batch.
EXTRA = {
    "CreativeSet.creatives": 60,
    "Deployment.changes": 20,
    "Deployment.pacing": 40,
    "Deployment.verdicts": 20,
    "ExpectedConversions.days": 200,
    "ExpectedConversions.expected": 100,
    "ExpectedConversions.highs": 100,
    "ExpectedConversions.lows": 100,
    "ExpectedConversions.moving": 100,
    "Performance.compared": 300,
    "Performance.expected": 300,
    "Performance.parts": 500,
    "Query.performance": 300,
    "Subscription.performance": 300,
    "Series.clicks": 100,
    "Series.conversions": 100,
    "Series.days": 200,
    "Series.impressions": 100,
    "Series.spend": 100,
    "Series.value": 100,
    "Strategy.brief": 10,
    "Strategy.plan": 40,
    "Strategy.writing": 10,
}
# How long lists without a page size are taken to be.
LENGTHS = {
    "CreativeSet.creatives": 30,
    "Creative.texts": 15,
    "Creative.checks": 15,
    "Deployment.changes": 20,
    "Deployment.verdicts": 4,
    "Query.accounts": 10,
    "Query.approvals": 30,
    "Notification.deliveries": 6,
    "Query.myNotificationPreferences": 30,
    "Query.notificationEndpoints": 10,
    "Query.spendPolicies": 3,
    "SpendPolicy.reserved": 6,
    "Strategy.deployments": 6,
    "Subscription.approvals": 30,
}
_USUAL_LENGTH = 10


@dataclass
class _Count:
    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: Mapping[str, Any]
    cost: int = 0
    aliases: int = 0
    directives: int = 0
    inside: set[str] = field(default_factory=set)


def cost_of(
    schema: GraphQLSchema,
    operation: OperationDefinitionNode,
    fragments: Mapping[str, FragmentDefinitionNode],
    variables: Mapping[str, Any],
) -> int:
    """The cost of an operation that has passed validation. Raises GraphQLError that names the limit and what it allows."""
    root = schema.get_root_type(operation.operation)
    count = _Count(schema, fragments, {**_defaults(operation, variables), **variables})
    if len(operation.selection_set.selections) > MOST_ROOT_FIELDS:
        raise GraphQLError(f"a document may ask for {MOST_ROOT_FIELDS} things at once")
    return _selections(count, operation.selection_set, root, times=1, depth=1)


def _selections(count: _Count, selected: SelectionSetNode, parent: Any, *, times: int, depth: int) -> int:
    total = 0
    for node in selected.selections:
        count.directives += len(node.directives)
        if count.directives > MOST_DIRECTIVES:
            raise GraphQLError(f"a document may have {MOST_DIRECTIVES} directives")
        if isinstance(node, FieldNode):
            total += _field(count, node, parent, times=times, depth=depth)
        elif isinstance(node, InlineFragmentNode):
            _level(depth)
            kind = count.schema.get_type(node.type_condition.name.value) if node.type_condition else parent
            total += _selections(count, node.selection_set, kind, times=times, depth=depth + 1)
        elif isinstance(node, FragmentSpreadNode) and node.name.value not in count.inside:
            fragment = count.fragments[node.name.value]
            count.inside.add(node.name.value)
            kind = count.schema.get_type(fragment.type_condition.name.value)
            total += _selections(count, fragment.selection_set, kind, times=times, depth=depth)
            count.inside.discard(node.name.value)
        _check(total)
    return total


def _field(count: _Count, node: FieldNode, parent: Any, *, times: int, depth: int) -> int:
    _level(depth)
    count.aliases += node.alias is not None
    if count.aliases > MOST_ALIASES:
        raise GraphQLError(f"a document may have {MOST_ALIASES} aliases")
    name = node.name.value
    if name.startswith("__") or not isinstance(parent, GraphQLObjectType | GraphQLInterfaceType):
        return times
    definition = parent.fields[name]
    path = f"{parent.name}.{name}"
    total = times * (1 + EXTRA.get(path, 0)) + _root(path)
    if node.selection_set is None:
        return total
    length = _length(count, node, definition.args, path, definition.type)
    return total + _selections(count, node.selection_set, get_named_type(definition.type), times=times * length, depth=depth + 1)


def _level(depth: int) -> None:
    if depth > DEEPEST:
        raise GraphQLError(f"a document may be {DEEPEST} levels deep")


def _root(path: str) -> int:
    kind, _, name = path.partition(".")
    if kind in {"Query", "Subscription"}:
        return READS
    if kind == "Mutation":
        return WAITS if name in WAITING else WRITES
    return 0


def _length(count: _Count, node: FieldNode, arguments: Mapping[str, Any], path: str, kind: GraphQLOutputType) -> int:
    """How many of its type a field makes: a page's size counts at the connection, which is no list itself, so its edges do not again."""
    if "first" in arguments:
        return _size(count, node, arguments)
    if path.endswith("Connection.edges"):
        return 1
    nullable = getattr(kind, "of_type", kind)
    if is_list_type(kind) or is_list_type(nullable):
        return LENGTHS.get(path, _USUAL_LENGTH)
    return 1


def _size(count: _Count, node: FieldNode, arguments: Mapping[str, Any]) -> int:
    value: Any = arguments["first"].default_value
    for argument in node.arguments:
        if argument.name.value == "first":
            if isinstance(argument.value, VariableNode):
                value = count.variables.get(argument.value.name.value, value)
            elif isinstance(argument.value, IntValueNode):
                value = int(argument.value.value)
    # What is no size, or too large, is refused where it is read; here it must not look cheap.
    return min(value, LARGEST_PAGE) if isinstance(value, int) and value > 0 else LARGEST_PAGE


def _defaults(operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> dict[str, Any]:
    return {
        each.variable.name.value: int(each.default_value.value)
        for each in operation.variable_definitions
        if isinstance(each.default_value, IntValueNode) and each.variable.name.value not in variables
    }


def _check(cost: int) -> None:
    if cost > LARGEST_COST:
        raise GraphQLError(f"this would cost more than {LARGEST_COST:,}; ask for fewer fields or a smaller page")

"""Which answers show what a project has planned, made, launched and earned, and nothing of how it is set up.

A change of settings alone (zamc.requests.rules.SETTINGS) leaves such an answer as it is, so that it need not be made again. What is not
named here shows everything: a new field of Query, or a new type, is kept with the same care as before until somebody has looked at what
it is read from.
"""

from collections.abc import Mapping
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    get_named_type,
)

# Types of which some fields are about settings: those that are not. A caller's role is part of whose eyes an answer is for.
PARTS: Mapping[str, frozenset[str]] = {
    "Query": frozenset(
        """projects project accounts spendPolicies strategies strategy planVersions planVersion planDiff creativeSets creativeSet
        deployments deployment approvals drifts alerts verdicts performance""".split()
    ),
    "Project": frozenset({"id", "name", "role", "permissions", "createdAt"}),
}
# Types that hold no setting.
WHOLE = frozenset(
    """Account Alert AlertConnection AlertEdge Approval Change Creative CreativeFile CreativeSet CreativeSetConnection CreativeSetEdge
    CreativeText Deployment DeploymentConnection DeploymentEdge Drift DriftConnection DriftEdge ExpectedConversions MemberCount Measures
    Money Pacing PageInfo Performance PerformancePart PlanDifference PlanVersion PlatformVerdict ProjectConnection ProjectEdge Reserved
    Series SpendPolicy Strategy StrategyConnection StrategyEdge Verdict VerdictConnection VerdictEdge WholePlanVersion Writing""".split()
)


def shows_work_alone(schema: GraphQLSchema, operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]) -> bool:
    """Of an operation that has passed validation. fragments: of its document; one that shows settings counts, whoever uses it."""
    pending: list[tuple[Any, Any]] = [(schema.get_root_type(operation.operation), operation.selection_set)]
    pending += [(_named(schema, fragment), fragment.selection_set) for fragment in fragments.values()]
    while pending:
        kind, selected = pending.pop()
        for node in selected.selections:
            if isinstance(node, InlineFragmentNode):
                pending.append((_named(schema, node) if node.type_condition else kind, node.selection_set))
            elif isinstance(node, FieldNode) and node.name.value != "__typename":
                if not _is_work(kind, node.name.value):
                    return False
                if node.selection_set is not None:
                    pending.append((get_named_type(kind.fields[node.name.value].type), node.selection_set))
    return True


def _named(schema: GraphQLSchema, node: Any) -> Any:
    return schema.get_type(node.type_condition.name.value)


def _is_work(kind: Any, field: str) -> bool:
    return isinstance(kind, GraphQLObjectType) and (kind.name in WHOLE or field in PARTS.get(kind.name, ()))

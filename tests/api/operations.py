"""A document for every operation of the schema, made from the schema itself: what is added there is tried here."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLField, GraphQLSchema, GraphQLUnionType, get_named_type, is_leaf_type, is_required_argument

from api.graphql.schema import executable, make_schema
from zamc.identity.permission_rules import ANYWHERE, PERSONAL

SCHEMA: GraphQLSchema = executable(make_schema())
# What a required argument is when it is no id; whether it makes sense is for other tests.
VALUES: Mapping[str, Any] = {
    "planHash": "0" * 64,
    "setHash": "0" * 64,
    "changeHash": "0" * 64,
    "range": {"first": "2026-11-01", "last": "2026-11-20"},
    "before": 1,
    "after": 1,
    "words": "positioning: Bread",
    "seenHash": "0" * 64,
    "email": "new@example.org",
    "role": "VIEWER",
    "name": "a script",
    "keyId": "00000000-0000-7000-8000-000000000000",
    "reason": "It is not for us.",
    "briefYaml": "name: no brief at all",
    "credentials": "no: credentials",
    "wanted": {"openEnd": True},
    "gates": {"budget": "PERSON"},
    "endpoint": {"channel": "SLACK", "name": "Team", "url": "https://hooks.example.org/services/T/B/x"},
    "wants": {"alert": "CRITICAL"},
    "account": {"platform": "GOOGLE_ADS", "externalId": "5550001111", "currency": "EUR", "timeZone": "Europe/Berlin"},
}


@dataclass(frozen=True)
class Operation:
    """A field of Query or Mutation. name: in snake case, as the table of permissions has it."""

    kind: str
    field: str
    definition: GraphQLField

    @property
    def name(self) -> str:
        return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in self.field)

    @property
    def is_mutation(self) -> bool:
        return self.kind == "mutation"

    @property
    def is_personal(self) -> bool:
        """It concerns the caller alone."""
        return self.name in PERSONAL

    @property
    def is_anywhere(self) -> bool:
        """It begins what is in no project yet: a role in any project is asked for."""
        return self.name in ANYWHERE

    @property
    def is_in_a_project(self) -> bool:
        return not (self.is_personal or self.is_anywhere)

    @property
    def needed(self) -> Mapping[str, str]:
        """Type by name of the arguments that must be given."""
        return {name: str(argument.type) for name, argument in self.definition.args.items() if is_required_argument(argument)}

    def document(self) -> str:
        """With a variable for each argument that must be given."""
        declared = ", ".join(f"${name}: {kind}" for name, kind in self.needed.items())
        given = ", ".join(f"{name}: ${name}" for name in self.needed)
        head = f"{self.kind} Try{f'({declared})' if declared else ''}"
        return f"{head} {{ {self.field}{f'({given})' if given else ''} {_selection(self.definition.type)} }}"

    def variables(self, ids: Mapping[str, Any], **values: Any) -> dict[str, Any]:
        known = {**VALUES, **values, **ids}
        return {name: known[f"{self.field}.id"] if name == "id" else known[name] for name in self.needed}


def operations() -> Iterator[Operation]:
    """Every field of Query and Mutation."""
    for kind, root in (("query", SCHEMA.query_type), ("mutation", SCHEMA.mutation_type)):
        assert root is not None
        for field, definition in root.fields.items():
            yield Operation(kind, field, definition)


def _selection(kind: Any, depth: int = 0) -> str:
    """Every leaf three levels deep, so that a row that slips through shows all that it holds."""
    named = get_named_type(kind)
    if is_leaf_type(named):
        return ""
    if isinstance(named, GraphQLUnionType):
        parts = [f"... on {member.name} {_selection(member, depth)}" for member in named.types if not _is_failure(member)]
        return "{ __typename ... on Failure { code message } " + " ".join(parts) + " }"
    leaves = ["__typename"]
    for name, field in named.fields.items():
        inner = get_named_type(field.type)
        if is_leaf_type(inner):
            leaves.append(name)
        elif depth < 3 and not field.args:
            leaves.append(f"{name} {_selection(field.type, depth + 1)}")
    return "{ " + " ".join(leaves) + " }"


def _is_failure(member: Any) -> bool:
    return any(interface.name == "Failure" for interface in member.interfaces)

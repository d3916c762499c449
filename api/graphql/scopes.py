"""For whose eyes an answer is, and on which data it depends: two members with one role in a project see the same of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from graphql import FieldNode, StringValueNode, VariableNode

from api.graphql.documents import Operation
from zamc.identity.service import Caller
from zamc.requests.rules import Version, hash_of


@dataclass(frozen=True)
class Scope:
    """eyes: a project and a role, or one user with all that they may see. projects: whose changes make the answer another one.

    project: the only one that it is about, when it is about only one.
    """

    eyes: str
    projects: tuple[UUID, ...]
    project: UUID | None

    def key(self, operation: Operation, variables: bytes, versions: Mapping[UUID, Version]) -> bytes:
        """Of an answer: the document, its variables (canonical JSON), whose eyes, and the versions of the data that it shows."""
        if operation.is_work_alone:
            data = ",".join(f"{project_id}:work:{versions[project_id].work}" for project_id in self.projects)
        else:
            data = ",".join(f"{project_id}:{versions[project_id].whole}" for project_id in self.projects)
        named = hash_of(operation.id.encode(), operation.name.encode(), variables, self.eyes.encode(), data.encode())
        return bytes.fromhex(named)


def scope_of(operation: Operation, variables: Mapping[str, Any], caller: Caller) -> Scope:
    """About one project when every root field names the same one, in which the caller has a role; otherwise it is theirs alone."""
    named = {_project(node, variables) for node in operation.node.selection_set.selections}
    if len(named) == 1:
        project_id = named.pop()
        role = caller.roles.get(project_id) if project_id is not None else None
        if project_id is not None and role is not None:
            return Scope(f"{project_id}:{role}", (project_id,), project_id)
    mine = tuple(sorted(caller.roles))
    roles = ",".join(f"{project_id}:{caller.roles[project_id]}" for project_id in mine)
    return Scope(f"{caller.user_id}:{roles}", mine, None)


def _project(node: Any, variables: Mapping[str, Any]) -> UUID | None:
    if not isinstance(node, FieldNode):
        return None
    # `project(id:)` names it, too.
    naming = "id" if node.name.value == "project" else "projectId"
    for argument in node.arguments:
        if argument.name.value == naming:
            value = argument.value
            said = variables.get(value.name.value) if isinstance(value, VariableNode) else None
            said = value.value if isinstance(value, StringValueNode) else said
            try:
                return UUID(said) if isinstance(said, str) else None
            except ValueError:
                return None
    return None

"""A project of one's own: who may begin one, and that they own it from its first moment.

Whoever is signed in has proven their address (a link, a provider) or was let in by an operator, so that is not asked again here. Nothing
can be spent in a new project: only an operator sets spend policies, and without one nothing is launched.
"""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy.orm import Session

from zamc.errors import Conflict
from zamc.identity import repository
from zamc.identity.permission_rules import Forbidden, Role, check_anywhere
from zamc.identity.service import Caller, IdentityService
from zamc.projects.service import ProjectService


def found(
    session: Session, projects: ProjectService, identity: IdentityService, caller: Caller, name: str, *, gates: Mapping[str, str]
) -> UUID:
    """The caller's project of that name, made if there is none; one of theirs that is there stays as it is. The session must be of
    zamc_app: no member writes roles.

    Raises InvalidInput; Forbidden for whoever owns no project while there are any, and for a key with scopes, since what it made would
    lie outside of them; Conflict for a name that somebody else has, and for gates other than those of what is there.
    """
    if caller.narrowed:
        raise Forbidden("this key may only what its scopes name; a new project is in none of them")
    roles = repository.roles(session, caller.user_id)
    if repository.any_project(session):
        check_anywhere(roles.values(), "create_project")
    project, made = projects.make_project(session, name, by=caller.email, gates=gates)
    if made:
        identity.set_role(session, email=caller.email, project_id=project.id, role=Role.OWNER, by=caller.email)
    elif project.id not in roles:
        raise Conflict("there is a project of that name, and it is not yours; choose another name")
    elif any(project.gates.get(gate, "person") != keeper for gate, keeper in gates.items()):
        raise Conflict("you have a project of that name with other gates; setGates changes them")
    return project.id

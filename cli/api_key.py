"""`zamc api-key`: let somebody in."""

from typing import Annotated

import typer

from zamc.identity.permission_rules import Role


def api_key(
    email: Annotated[str, typer.Option(help="Whose key it is; the user is made if there is none.")],
    project: Annotated[str, typer.Option(help="Name of a project that is there.")],
    role: Annotated[Role, typer.Option(help="Their role in that project from now on.")] = Role.VIEWER,
) -> None:
    """Make an API key for the dashboard and for scripts. It is printed once and cannot be shown again.

    A second key for the same person keeps the first one valid and their roles in other projects as they are.

    Example: zamc api-key --email ana@example.org --project "Blender Studio" --role owner
    """
    from zamc.bootstrap import services
    from zamc.errors import NotFound
    from zamc.projects import repository as projects

    wired = services()
    with wired.database.transaction() as session:
        found = projects.project_by_name(session, project)
        if found is None:
            raise NotFound(f"no project is called {project!r}; names are told apart by capital letters")
        key = wired.identity.service.grant_key(session, email=email, roles={found.id: role.value})
    typer.echo(f"{email} is {role.value} of {project}. Keep this key; it is not shown again:", err=True)
    typer.echo(key)

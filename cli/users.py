"""`zamc users`: who may sign in, and as what."""

from typing import Annotated

import typer

from cli.named import project_named
from zamc.identity.permission_rules import Role

app = typer.Typer(no_args_is_help=True)

Email = Annotated[str, typer.Argument(help="The person's e-mail address.")]
Project = Annotated[str | None, typer.Option(help="Name of a project that is there.")]
By = Annotated[str, typer.Option(help="Who decides; stands in the audit log.")]


@app.command("add")
def add(
    email: Email,
    project: Project = None,
    role: Annotated[Role, typer.Option(help="Their role in the project.")] = Role.VIEWER,
    unowned: Annotated[bool, typer.Option("--unowned", help="Make them owner of every project that has no owner.")] = False,
    by: By = "operator",
) -> None:
    """Make a user. They get in with `zamc users invite` or `zamc users sign-in-link`.

    Example: zamc users add ana@example.org --project "Blender Studio" --role owner
    """
    from zamc.bootstrap import services
    from zamc.identity import people

    wired = services()
    with wired.database.transaction() as session:
        user_id = people.add(session, email, by=by)
        if project:
            wired.identity.service.set_role(session, email=email, project_id=project_named(session, project).id, role=role.value, by=by)
        owned = people.own_what_nobody_owns(session, user_id, by=by) if unowned else 0
    typer.echo(f"{email}" + (f": {role.value} of {project}" if project else "") + (f": owner of {owned} projects" if unowned else ""))


@app.command("list")
def listed() -> None:
    """Show everybody, with their roles and how they get in.

    Example: zamc users list
    """
    from itertools import groupby

    from rich.console import Console
    from rich.table import Table

    from zamc.bootstrap import services
    from zamc.identity import repository

    table = Table("user", "roles", "address", "password", "state")
    with services().database.transaction() as session:
        for user, rows in groupby(repository.users(session), key=lambda row: row[0]):
            roles = ", ".join(f"{role} of {project}" for _, project, role in rows if project)
            table.add_row(
                user.email,
                roles or "none",
                "confirmed" if user.email_verified_at else "not confirmed",
                "yes" if user.password_hash else "no",
                "disabled" if user.disabled_at else "active",
            )
    Console().print(table)


@app.command("role")
def role(
    email: Email,
    project: Annotated[str, typer.Option(help="Name of a project that is there.")],
    role: Annotated[str, typer.Option(help="owner, manager, analyst, viewer, or none to take it away.")],
    by: By = "operator",
) -> None:
    """Change what a person may do in a project. It works within a second, for open sessions too.

    Example: zamc users role ana@example.org --project "Blender Studio" --role manager
    """
    from zamc.bootstrap import services

    wired = services()
    with wired.database.transaction() as session:
        project_id = project_named(session, project).id
        given = None if role == "none" else role
        wired.identity.service.set_role(session, email=email, project_id=project_id, role=given, by=by)
    typer.echo(f"{email}: {role} of {project}" if given else f"{email}: no role in {project}")


@app.command("disable")
def disable(email: Email, by: By = "operator") -> None:
    """Let a person in no more: sessions, tokens and keys stop within a second. Nothing is deleted.

    Example: zamc users disable ana@example.org
    """
    from zamc.bootstrap import services
    from zamc.identity import people

    wired = services()
    with wired.database.transaction() as session:
        user_id = people.set_disabled(session, wired.clock, email, disabled=True, by=by)
    if wired.settings.identity_key:
        wired.identity.sign_in.end_everywhere(user_id, why="disabled")
    typer.echo(f"{email} is disabled")


@app.command("enable")
def enable(email: Email, by: By = "operator") -> None:
    """Let a disabled person in again; they sign in anew.

    Example: zamc users enable ana@example.org
    """
    from zamc.bootstrap import services
    from zamc.identity import people

    wired = services()
    with wired.database.transaction() as session:
        people.set_disabled(session, wired.clock, email, disabled=False, by=by)
    typer.echo(f"{email} is active")


@app.command("invite")
def invite(
    email: Email,
    project: Project = None,
    role: Annotated[Role, typer.Option(help="Their role in the project.")] = Role.VIEWER,
    by: By = "operator",
) -> None:
    """Send a mail with a link to choose a password: good once, for a week. Makes the user if there is none.

    Example: zamc users invite ana@example.org --project "Blender Studio" --role analyst
    """
    from zamc.bootstrap import services

    add(email, project=project, role=role, by=by)
    services().identity.recovery.invite(email=email, by=by)
    typer.echo("invited")


@app.command("sign-in-link")
def sign_in_link(email: Email, by: By = "operator") -> None:
    """Print a link that signs a person in: good once, for 15 minutes, without password and second factor. Give it to nobody else.

    Example: zamc users sign-in-link ana@example.org
    """
    from zamc.bootstrap import services
    from zamc.identity import people

    wired = services()
    with wired.database.transaction() as session:
        link = people.sign_in_link(session, wired.clock, email, public_url=wired.identity.recovery.public_url, by=by)
    typer.echo(link.url)


@app.command("sign-out")
def sign_out(email: Email) -> None:
    """End every session and every token of a person. Their API keys stay.

    Example: zamc users sign-out ana@example.org
    """
    from zamc.bootstrap import services
    from zamc.identity import people

    wired = services()
    with wired.database.transaction() as session:
        user_id = people.named(session, email).id
    typer.echo(f"ended: {wired.identity.sign_in.end_everywhere(user_id)}")


@app.command("rotate-signing-key")
def rotate_signing_key() -> None:
    """Sign access tokens with a new key from now on; those that are out stay good until they expire, ten minutes at most.

    Example: zamc users rotate-signing-key
    """
    from zamc.bootstrap import services

    wired = services()
    with wired.database.transaction() as session:
        wired.identity.signing_keys.rotate(session)
    typer.echo("within a minute every process signs with a new key")

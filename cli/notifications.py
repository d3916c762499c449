"""`zamc notifications`: what people were told, and where a project's news goes beside their mail."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from uuid import UUID

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cli.named import project_named

if TYPE_CHECKING:
    from zamc.notifications.delivery_views import DeliveryView

app = typer.Typer(no_args_is_help=True)

Project = Annotated[str, typer.Argument(help="The project's name.")]
Endpoint = Annotated[UUID, typer.Argument(help="Id of the endpoint, as `zamc notifications endpoints` shows it.")]
Tell = Annotated[list[str] | None, typer.Option(help="KIND=THRESHOLD, such as alert=critical or digest=off; again for another.")]
By = Annotated[str, typer.Option(help="Who asks; stands in the audit log.")]
_LOOK_EVERY_SECONDS = 0.5
_OVER = ("sent", "failed", "in_doubt", "skipped")


@app.command("list")
def list_news(
    project: Project,
    kind: Annotated[Literal["alert", "approval", "digest", "test"] | None, typer.Option(help="Only news of this kind.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="At most so many, newest first.")] = 20,
) -> None:
    """Show what the people of a project were told, newest first, and how far each piece of news has come.

    Example: zamc notifications list "Blender Studio" --kind alert
    """
    from zamc.bootstrap import services
    from zamc.notifications import delivery_views

    with services().database.transaction() as session:
        found = delivery_views.page(session, project_named(session, project).id, kind=kind, limit=limit).rows
    if not found:
        typer.echo("Nobody was told anything yet.")
        return
    table = Table("since", "kind", "severity", "title", "deliveries")
    for news in found:
        told = ", ".join(f"{each.count} {each.channel} {each.state}" for each in news.deliveries) or "nobody asked for it"
        table.add_row(news.created_at.isoformat(timespec="seconds"), news.kind, news.severity, escape(news.title), told)
    Console().print(table)


@app.command()
def endpoints(project: Project) -> None:
    """Show a project's Slack and webhook endpoints; of their addresses the host alone.

    Example: zamc notifications endpoints "Blender Studio"
    """
    from zamc.bootstrap import services
    from zamc.notifications import delivery_repository

    with services().database.transaction() as session:
        found = delivery_repository.endpoints(session, project_named(session, project).id)
    if not found:
        typer.echo(f'None. `zamc notifications add "{project}" --channel slack --name Team` adds one.')
        return
    table = Table("id", "channel", "name", "host", "told", "added by")
    for row in found:
        told = ", ".join(f"{kind} {least}" for kind, least in row.wants.items())
        table.add_row(str(row.id), row.channel, escape(row.name), row.host, told, escape(row.created_by))
    Console().print(table)


@app.command()
def add(
    project: Project,
    channel: Annotated[Literal["slack", "webhook"], typer.Option(help="What listens there.")],
    name: Annotated[str, typer.Option(help="What people call it.")],
    address: Annotated[str, typer.Option(help="File that holds its address, - for standard input; never a value: it is a secret.")] = "-",
    tell: Tell = None,
    by: By = "operator",
) -> None:
    """Tell a project's news to Slack or to a webhook. Prints a webhook's signing secret, this once.

    Example: zamc notifications add "Blender Studio" --channel slack --name Team --tell alert=critical --address slack-address.txt
    """
    from zamc.bootstrap import services

    url, wants = _read(address), dict(each.partition("=")[::2] for each in tell or [])
    wired = services()
    with wired.database.transaction() as session:
        project_id = project_named(session, project).id
        added = wired.endpoints.add(session, project_id, channel=channel, name=name, url=url, wants=wants, by=by)
    typer.echo(str(added.endpoint.id))
    if added.secret:
        typer.echo(f"Signing secret, shown this once: {added.secret}")
    typer.echo(f"Next: zamc notifications test {added.endpoint.id}")


def _read(file: str) -> str:
    from zamc.errors import InvalidInput

    try:
        if file != "-":
            return Path(file).read_text().strip()
        return str(typer.prompt("Address (not shown)", hide_input=True)).strip() if sys.stdin.isatty() else sys.stdin.read().strip()
    except OSError as error:
        raise InvalidInput("address", f"{file} cannot be read: {error.strerror}") from None


@app.command()
def remove(endpoint: Endpoint, by: By = "operator") -> None:
    """Tell an endpoint nothing more. Its address and secret are forgotten.

    Example: zamc notifications remove 01a2039d-fa4a-7b76-bcc7-81de2d2e9602
    """
    from zamc.bootstrap import services

    wired = services()
    with wired.database.transaction() as session:
        view = wired.endpoints.remove(session, endpoint, by=by)
    typer.echo(f"{view.name} is told nothing more.")


@app.command("test")
def try_endpoint(
    endpoint: Endpoint,
    wait: Annotated[float, typer.Option(min=0, max=300, help="How many seconds to wait for what becomes of it.")] = 30.0,
    by: By = "operator",
) -> None:
    """Send a test to an endpoint and say what became of it. The notifier sends it, so it must run.

    Example: zamc notifications test 01a2039d-fa4a-7b76-bcc7-81de2d2e9602
    """
    from zamc.bootstrap import services
    from zamc.notifications import delivery_views

    wired = services()
    with wired.database.transaction() as session:
        delivery_id = wired.endpoints.test(session, endpoint, by=by)
    deadline = time.monotonic() + wait
    while True:
        with wired.database.transaction() as session:
            seen = delivery_views.delivery(session, delivery_id)
        if seen is None or seen.state in _OVER or seen.error or time.monotonic() >= deadline:
            break
        time.sleep(_LOOK_EVERY_SECONDS)
    typer.echo(_said(seen))
    if seen is None or seen.state != "sent":
        raise typer.Exit(1)


def _said(seen: "DeliveryView | None") -> str:
    if seen is None:
        return "The test is gone."
    if seen.state == "sent":
        return "It took the test."
    if seen.error:
        return f"It is {seen.state.replace('_', ' ')}: {seen.error}"
    return "Nobody has sent it yet: is the notifier running (`zamc status`)?"


@app.command()
def prefer(
    email: Annotated[str, typer.Argument(help="The member's e-mail address.")],
    project: Annotated[str, typer.Option(help="Name of a project in which they have a role.")],
    tell: Tell = None,
    by: By = "operator",
) -> None:
    """Show what a member is told about a project by mail, or choose it for them.

    Example: zamc notifications prefer ana@example.org --project "Blender Studio" --tell digest=off
    """
    from zamc.bootstrap import services
    from zamc.errors import NotFound
    from zamc.identity import repository as identity
    from zamc.identity.views import member
    from zamc.notifications import delivery_views
    from zamc.notifications.preferences import choose

    with services().database.transaction() as session:
        project_id = project_named(session, project).id
        user = identity.user_by_email(session, email)
        role = member(session, project_id, user.id) if user is not None else None
        if user is None or role is None:
            raise NotFound(f"{email} has no role in {project}; `zamc users role` gives one")
        if tell:
            choose(session, user_id=user.id, project_id=project_id, least=dict(each.partition("=")[::2] for each in tell), by=by)
        found = delivery_views.preferences(session, user.id, {project_id: role.role})
        proven = user.email_verified_at is not None
    for view in found:
        typer.echo(f"{view.kind}: {view.least}{'' if view.chosen else f' (as every {role.role})'}")
    if not proven:
        typer.echo("Nothing is sent to them before their address is confirmed: `zamc users invite` sends them a link that does that.")

"""`zamc deployments`: what there is, how it stands, and what was done to it."""

from typing import Annotated
from uuid import UUID

import typer

from zamc.deployments.rules import Status

app = typer.Typer(no_args_is_help=True)


@app.command("list")
def list_(
    project: Annotated[str | None, typer.Option(help="Only of the project with this name.")] = None,
    status: Annotated[Status | None, typer.Option(help="Only in this status.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many, newest first.")] = 50,
) -> None:
    """Print deployments with their status, kind and the platform's verdicts.

    Example: zamc deployments list --status live
    """
    from rich.console import Console
    from rich.table import Table

    from zamc.bootstrap import services
    from zamc.money import Money

    wired = services()
    with wired.database.transaction() as session:
        rows = wired.deployments.overview(session, project=project, status=status, limit=limit)
    table = Table()
    for column in ("id", "name", "kind", "status", "a day", "ends on", "review", "delivery"):
        table.add_column(column, overflow="fold", no_wrap=column == "id")
    for row in rows:
        ends = row.ends_on.isoformat() if row.ends_on else "open"
        said = (row.verdicts.get(aspect, "") for aspect in ("review", "delivery"))
        table.add_row(str(row.id), row.name, row.kind, row.status, str(Money(row.daily_budget_micros, row.currency)), ends, *said)
    Console().print(table if rows else "No deployments.")


@app.command()
def show(deployment: Annotated[UUID, typer.Argument(help="Id of a deployment.")]) -> None:
    """Print a deployment: its verdicts since when, its objects, changes and last operations.

    Example: zamc deployments show 01a2039d-fa4a-7b76-bcc7-81de2d2e9602
    """
    from rich.console import Console

    from zamc.bootstrap import services

    wired = services()
    with wired.database.transaction() as session:
        found = wired.deployments.details(session, deployment)
    console = Console()
    row = found.row
    console.print(f"{row.name}: {row.status}, wanted {row.desired_status}, generation {row.generation}", highlight=False)
    if row.failure or row.last_error:
        console.print(f"  {row.failure or row.last_error}", highlight=False)
    for title, lines in (
        ("verdicts", [f"{each.aspect}: {each.verdict} since {each.since:%Y-%m-%d %H:%M}" for each in found.verdicts]),
        (
            "objects",
            [f"{each.kind}:{each.local_ref} {each.external_id or '-'} {each.observed_status or ''}" for each in found.objects],
        ),
        ("changes", [f"{each.created_at:%Y-%m-%d %H:%M} {each.kind} {each.state} {each.reason or ''}" for each in found.changes]),
        ("outside changes", [f"{each.field}: {each.state} ({each.id})" for each in found.drifts]),
        ("operations", [f"{each.created_at:%Y-%m-%d %H:%M} {each.verb} {each.state} {each.last_error or ''}" for each in found.operations]),
    ):
        if lines:
            console.print(f"\n{title}", style="bold")
            for line in lines:
                console.print(f"  {line.rstrip()}", highlight=False)

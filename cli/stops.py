"""`zamc pause`, `zamc kill-switch`, `zamc resume`: stop spending, now, and begin again."""

from typing import TYPE_CHECKING, Annotated, Literal
from uuid import UUID

import typer

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_NAMED = 3


def pause(
    deployment: Annotated[UUID | None, typer.Argument(help="Id of one deployment.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Pause every deployment of this installation.")] = False,
    project: Annotated[str | None, typer.Option(help="Pause every deployment of the project with this name.")] = None,
    wait_seconds: Annotated[float, typer.Option(min=0, help="How long to go on until the platforms have confirmed it.")] = 60,
    by: Annotated[str, typer.Option(help="Who asks; stands in the audit log.")] = "operator",
) -> None:
    """Pause one deployment, those of a project or all of them, and wait until the platforms confirm it twice.

    Exit code 1: something is not confirmed yet. Its pause is sent again by the schedules until it is; pausing again is safe.

    Example: zamc pause --all
    """
    from zamc.bootstrap import services

    if [deployment is not None, everything, project is not None].count(True) != 1:
        raise typer.BadParameter("name one deployment, or say --project NAME or --all")
    wired = services()
    with wired.database.transaction() as session:
        if deployment is None:
            project_id = None if project is None else _project(session, project)
            wired.deployments.pause_all(session, by=by, project_id=project_id)
            ids = list(wired.deployments.stopping(session, project_id=project_id))
        else:
            wired.deployments.pause(session, deployment, by=by)
            ids = [deployment]
    outcome = wired.deployments.confirm_stops(ids, wait_seconds=wait_seconds)
    counts, said = outcome.counts, {"done": "off, confirmed by two read-backs", "resumed": "resumed by somebody meanwhile"}
    for line in [f"{counts[name]} {words}" for name, words in said.items() if counts[name]] if ids else ["Nothing was on."]:
        typer.echo(line)
    if counts["waiting"]:
        named = "; ".join([*list(outcome.errors.values())[:_NAMED], *(["..."] if len(outcome.errors) > _NAMED else [])])
        typer.echo(f"zamc: {counts['waiting']} of {len(ids)} not confirmed off after {wait_seconds:g} seconds: {named}", err=True)
        raise typer.Exit(1)


def kill_switch(
    state: Annotated[Literal["on", "off"], typer.Argument(help="on: nothing is sent but pauses, and everything is paused.")],
    by: Annotated[str, typer.Option(help="Who asks; stands in the audit log.")] = "operator",
) -> None:
    """Hold the whole installation: nothing is created, changed or enabled until it is off again. Off starts nothing by itself.

    Example: zamc kill-switch on --by ana@example.org
    """
    from zamc.bootstrap import services

    wired = services()
    with wired.database.transaction() as session:
        stopping = wired.deployments.set_kill_switch(session, on=state == "on", by=by)
    typer.echo(
        f"The kill switch is {state}."
        + (f" {stopping} deployments are being paused: `zamc pause --all` waits for them." if stopping else "")
    )


def resume(
    deployment: Annotated[UUID, typer.Argument(help="Id of a paused deployment.")],
    by: Annotated[str, typer.Option(help="Who asks; stands in the audit log.")] = "operator",
) -> None:
    """Want a paused deployment on again. It is read back and enabled by the next run, within five minutes.

    Example: zamc resume 01a2039d-fa4a-7b76-bcc7-81de2d2e9602 --by ana@example.org
    """
    from zamc.bootstrap import services

    wired = services()
    with wired.database.transaction() as session:
        before = wired.deployments.get(session, deployment).status
        wired.deployments.resume(session, deployment, by=by)
        row, held = wired.deployments.get(session, deployment), wired.deployments.why_nothing_is_sent(session)
    if row.status == before:
        typer.echo(f"It is wanted on already: it is {before}.")
    elif row.status == "requested":
        typer.echo(f"It waits for approval: zamc approve {deployment} --hash {row.plan_hash} --by YOU")
    else:
        typer.echo(f"It is not enabled while {held}." if held else f"It is enabled by the next run: zamc deployments show {deployment}")


def _project(session: "Session", name: str) -> UUID:
    """Raises NotFound."""
    from zamc.errors import NotFound
    from zamc.projects import repository

    found = repository.project_by_name(session, name)
    if found is None:
        raise NotFound(f"no project is called {name!r}; `zamc accounts list` shows names, and capital letters count")
    return found.id

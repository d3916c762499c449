"""`zamc pause`: stop spending, now."""

from uuid import UUID

import typer


def pause(
    deployment: str = typer.Argument("", help="Id of one deployment."),
    everything: bool = typer.Option(False, "--all", help="Pause every deployment of this installation."),
    by: str = typer.Option("operator", help="Who asks; stands in the audit log."),
) -> None:
    """Pause one deployment or all of them, and wait until the platforms confirm it twice.

    Example: zamc pause --all
    """
    from zamc.bootstrap import services

    if bool(deployment) == everything:
        raise typer.BadParameter("name one deployment, or say --all")
    wired = services()
    with wired.database.transaction() as session:
        if everything:
            wired.deployments.pause_all(session, by=by)
        else:
            wired.deployments.pause(session, UUID(deployment), by=by)
    outcome = wired.deployments.run_stops()
    typer.echo(", ".join(f"{count} {name}" for name, count in sorted(outcome.counts.items())) or "Nothing was on.")

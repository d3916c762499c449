"""`zamc hold`, `zamc adopt`: after a restore from a backup nothing acts on the old record until the platforms were looked at."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from zamc.deployments.adoption import Adoption

By = Annotated[str, typer.Option(help="Who asks; stands in the audit log.")]


def hold(
    state: Annotated[Literal["on", "off", "status"], typer.Argument(help="on: nothing is sent but pauses. off: changes are sent again.")],
    reason: Annotated[str, typer.Option(help="Why; whoever looks at the status reads it.")] = "asked for by a person",
    by: By = "operator",
) -> None:
    """Hold the whole installation, as after a restore: nothing is created, changed or enabled; what is on goes on, pauses are sent.

    Turn it on before anything starts on a restored database, then `zamc adopt`; a hold that ZAMC turned on by itself ends with that, too.

    Example: zamc hold on --reason "restored last night's backup" --by ana@example.org
    """
    from zamc.bootstrap import services

    wired = services()
    with wired.database.transaction() as session:
        if state != "status":
            wired.deployments.set_hold(session, on=state == "on", by=by, reason=reason)
        now = wired.deployments.held(session)
    if not now.on:
        typer.echo("Nothing is on hold.")
        return
    since = f" since {now.since:%Y-%m-%d %H:%M:%S} UTC" if now.since else ""
    typer.echo(f"Everything is on hold{since}: {now.reason or 'no reason was given'}. After a restore, `zamc adopt` ends it.")


def adopt(
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Wait until calls of workers from before the restore cannot land any more.")
    ] = True,
    by: By = "operator",
) -> None:
    """After a restore: take over what the platforms show of this installation, stop what is unwanted, enable nothing.

    Needs the hold. What is on and wanted is bound and its worst case reserved; what is on and unwanted, unknown, unapproved or above the
    caps is stopped; what is wanted and off stays off until a person resumes it. The hold ends when every account has answered.
    Exit code 1: it did not end; running it again is safe.

    Example: zamc adopt --by ana@example.org
    """
    from rich.console import Console

    from zamc.bootstrap import services

    console = Console()
    with console.status("Looking at the platforms; first waiting until no older call can land ..."):
        result = services().deployments.adopt(by=by, wait=wait)
    console.print(_table(result) if result.lines else "Nothing of this installation is on the platforms, and nothing is wanted there.")
    for account, why in result.silent.items():
        typer.echo(f"zamc: {account} did not answer: {why}", err=True)
    for why in result.unconfirmed.values():
        typer.echo(f"zamc: not confirmed off: {why}", err=True)
    asked = len([line for line in result.lines if line.ask])
    if not result.released:
        typer.echo("zamc: everything stays on hold; run `zamc adopt` again", err=True)
        raise typer.Exit(1)
    typer.echo("The hold is off." + (f" {asked} of these wait for a person; nothing is enabled by itself." if asked else ""))


def _table(result: "Adoption") -> object:
    from rich.table import Table

    table = Table("what", "platform", "id", "our record", "on the platform", "what was done", title="Adopted")
    for line in result.lines:
        style = "yellow" if line.ask else None
        table.add_row(line.name, line.platform, line.external_id, line.record, line.found, line.done, style=style)
    return table

"""`zamc archive`: old months of facts leave the database for Parquet in object storage, and come back."""

from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True)
_Month = Annotated[str, typer.Argument(help="A month such as 2025-01.")]


@app.callback()
def archive() -> None:
    """Old months of facts in object storage."""


@app.command("list")
def list_() -> None:
    """List all months of facts, where each is, and which of them the policy wants out of the database.

    Example: zamc archive list
    """
    from zamc.bootstrap import services

    views = services().archive.months()
    for view in views:
        where = " and ".join(name for name, there in (("database", view.in_database), ("archive", view.in_archive)) if there)
        copy = f", {view.rows:,} rows in {view.size:,} bytes" if view.in_archive else ""
        typer.echo(f"{view.month:%Y-%m}  {where}{copy}{'  due' if view.due else ''}")
    if not views:
        typer.echo("there are no facts yet")


@app.command("run")
def run(
    copy: Annotated[
        bool,
        typer.Option("--copy", help="Copy every month, also those still in use, and take none out: for analysts without the database."),
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say which months would be written, and which would leave.")] = False,
) -> None:
    """Write the months that are due to the archive, read them back, and take them out of the database, as role zamc_owner.

    ZAMC_ARCHIVE_AFTER_MONTHS says which are due. Safe to repeat and to interrupt. Example: zamc archive run
    """
    from zamc.bootstrap import services

    wired = services()
    months = [view.month for view in wired.archive.months() if view.in_database] if copy else wired.archive.due()
    if dry_run:
        what = "would be copied" if copy else "would be written and leave the database"
        for month in months:
            typer.echo(f"{month:%Y-%m} {what}")
        typer.echo(f"{len(months)} months; nothing was changed")
        return
    # Asked for before anything is written: without it nothing can leave.
    owner = None if copy or not months else wired.owner_database
    for month in months:
        manifest = wired.archive.write(month)
        if owner is not None:
            wired.archive.detach(month, owner=owner)
        typer.echo(f"{month:%Y-%m}: {manifest.rows:,} rows, {manifest.size:,} bytes{', out of the database' if owner else ''}")
    wired.archive.write_around()
    typer.echo(f"The archive is at {wired.archive.root}" if months else f"No month is due; the archive at {wired.archive.root} is current")


@app.command("restore")
def restore(month: _Month) -> None:
    """Bring a month's facts back into the database, as role zamc_owner. Its copy stays in the archive; the next run takes it out again.

    Example: zamc archive restore 2025-01
    """
    from zamc.analytics.archive_rules import month_of
    from zamc.bootstrap import services

    wired = services()
    rows = wired.archive.restore(month_of(month), owner=wired.owner_database)
    typer.echo(f"{month}: {rows:,} rows are back in the database")

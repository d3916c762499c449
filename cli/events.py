"""`zamc events`: rebuild the stream from the outbox, read the dead letters."""

import asyncio

import typer
from rich.console import Console
from rich.table import Table

app = typer.Typer(no_args_is_help=True)


@app.command()
def rebuild() -> None:
    """Publish every event of the outbox again: how a lost or damaged stream is made anew.

    Consumers are idempotent by event id, so this is safe while everything runs.

    Example: zamc events rebuild
    """
    from zamc.bootstrap import services
    from zamc.events import repository

    wired = services()
    with wired.database.transaction() as session:
        count = repository.mark_all_unsent(session)
    sent = asyncio.run(wired.relay().run(once=True))
    typer.echo(f"{count} events in the outbox, {sent} published by this command; a running relay published the rest.")


@app.command("dead-letters")
def dead_letters(limit: int = typer.Option(50, min=1, max=1000, help="At most so many.")) -> None:
    """List messages that could not be read, with the reason.

    Example: zamc events dead-letters --limit 10
    """
    from zamc.bootstrap import services
    from zamc.events import repository

    table = Table("when", "subject", "sequence", "reason")
    with services().database.transaction() as session:
        for letter in repository.dead_letters(session, limit=limit):
            table.add_row(letter.created_at.isoformat(timespec="seconds"), letter.subject, str(letter.stream_sequence), letter.reason)
    Console().print(table if table.row_count else "No dead letters.")

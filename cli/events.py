"""`zamc events`: rebuild the stream from the outbox."""

import asyncio

import typer

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

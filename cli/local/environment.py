"""The variables that a child, or anything else that wants to use the stack, needs. One function, so that all of them agree."""

import os
from collections.abc import Mapping
from pathlib import Path

import cli
from cli.local.home import Home
from cli.local.leftovers import MARKER
from cli.local.postgres import APP_ROLE, DAGSTER_ROLE, OWNER_ROLE
from cli.local.secrets import Secrets

# Set to "sandbox" by a person, it makes the local stack write with the sandbox's model providers.
MODELS = "ZAMC_LOCAL_MODELS"
PORT_NAMES = (
    "postgres",
    "nats",
    "nats-monitor",
    "valkey",
    "sandbox-google",
    "sandbox-http",
    "code-pipelines",
    "code-reporting",
    "webserver",
    "api",
)


def stack_environment(home: Home, ports: Mapping[str, int], secrets: Secrets) -> dict[str, str]:
    """ZAMC_* and the few variables that other software reads. Holds passwords: for a child's environment, never for a log."""

    def postgres(scheme: str, role: str, database: str) -> str:
        return f"{scheme}://{role}:{secrets.get(f'postgres-{role}')}@127.0.0.1:{ports['postgres']}/{database}"

    sandbox = home.folder("sandbox")
    return {
        "ZAMC_HOME": str(home.root),
        "ZAMC_DATABASE_URL": postgres("postgresql+psycopg", APP_ROLE, "zamc"),
        "ZAMC_DATABASE_OWNER_URL": postgres("postgresql+psycopg", OWNER_ROLE, "zamc"),
        # dagster-postgres needs psycopg2: under psycopg 3 its NOTIFY fails.
        "ZAMC_DAGSTER_DATABASE_URL": postgres("postgresql+psycopg2", DAGSTER_ROLE, "dagster"),
        "ZAMC_NATS_URL": f"nats://zamc:{secrets.get('nats')}@127.0.0.1:{ports['nats']}",
        "ZAMC_REDIS_URL": f"redis://:{secrets.get('valkey')}@127.0.0.1:{ports['valkey']}/0",
        "ZAMC_OBJECTS_URL": home.folder("objects").as_uri(),
        "ZAMC_BUSINESS_CLOCK_FILE": str(home.folder("run") / "business-clock.json"),
        # Browsers keep a Secure cookie for TLS, which a loopback address has none of.
        "ZAMC_COOKIE_SECURE": "false",
        "ZAMC_PUBLIC_URL": f"http://127.0.0.1:{ports['api']}",
        "ZAMC_IDENTITY_KEY": secrets.get("identity-key"),
        "ZAMC_MAIL_FOLDER": str(home.folder("mail")),
        "ZAMC_METRICS_TOKEN": secrets.get("metrics-token"),
        "ZAMC_API_URL": f"http://127.0.0.1:{ports['api']}",
        "ZAMC_DAGSTER_URL": f"http://127.0.0.1:{ports['webserver']}",
        "ZAMC_SANDBOX_URL": f"http://127.0.0.1:{ports['sandbox-http']}",
        "ZAMC_META_GRAPH_URL": f"http://127.0.0.1:{ports['sandbox-http']}",
        "ZAMC_FX_RATES_URL": f"http://127.0.0.1:{ports['sandbox-http']}/stats/eurofxref/eurofxref-hist-90d.xml",
        "ZAMC_META_TOKEN_FILE": str(secrets.path("sandbox-token")),
        "ZAMC_GOOGLE_ADS_YAML": str(secrets.path("google-ads.yaml")),
        "ZAMC_CREDENTIALS_KEY": secrets.get("credentials-key"),
        "ZAMC_GOOGLE_TOKEN_URL": f"http://127.0.0.1:{ports['sandbox-http']}/oauth2/token",
        "ZAMC_LAUNCHER_SOCKET": str(home.launcher_socket),
        # The sandbox counts points as Meta does, and no operations of a day.
        "ZAMC_GOOGLE_ADS_ACCESS_LEVEL": "standard",
        "ZAMC_META_ACCESS_TIER": "standard",
        # The sandbox answers within milliseconds, so what was in flight when somebody pulled the plug is looked for after half a minute.
        "ZAMC_CALL_TIMEOUT_SECONDS": "10",
        "ZAMC_LEASE_SECONDS": "20",
        "ZAMC_QUIET_PERIOD_SECONDS": "15",
        "DAGSTER_HOME": str(home.folder("dagster")),
        "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": str(sandbox / "tls" / "cert.pem"),
        # Behind a company's proxy, clients would otherwise ask it for our loopback addresses.
        **{name: _without_proxy(os.environ.get(name, "")) for name in ("NO_PROXY", "no_proxy")},
        **(_sandbox_models(ports, secrets) if os.environ.get(MODELS) == "sandbox" else {}),
    }


def _sandbox_models(ports: Mapping[str, int], secrets: Secrets) -> dict[str, str]:
    """Keys and addresses of the sandbox's model providers. Without them the offline writer works alone."""
    address, key = f"http://127.0.0.1:{ports['sandbox-http']}/models", secrets.get("sandbox-model-key")
    paths = {"OPENAI": "openai/v1", "ANTHROPIC": "anthropic", "HUGGINGFACE": "tgi/v1"}
    return {
        **{f"ZAMC_{name}_URL": f"{address}/{path}" for name, path in paths.items()},
        **{f"ZAMC_{name}_API_KEY": key for name in paths},
    }


def _without_proxy(known: str) -> str:
    hosts = [host for host in known.split(",") if host]
    return ",".join((*hosts, *(host for host in ("127.0.0.1", "localhost") if host not in hosts)))


def base_environment(home: Home) -> dict[str, str]:
    """What every child inherits from whoever started the stack, and the mark by which the next start knows a leftover."""
    return {**supervisor_environment(), MARKER: str(home.root)}


def supervisor_environment() -> dict[str, str]:
    """Our own environment, with which a Python child finds our packages from any folder, installed or in a checkout."""
    environment = dict(os.environ)
    # Set, it would make each new interpreter compile everything again: 20 s instead of 6 for a Dagster run.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    # As in deploy/Dockerfile: the C library gives each new thread memory of its own, up to eight times per core, and keeps what one has
    # freed. The SDKs decode 85 MB of a report at once, on threads that come and go.
    environment.setdefault("MALLOC_ARENA_MAX", "2")
    checkout = str(Path(cli.__file__).resolve().parent.parent)
    known = [entry for entry in environment.get("PYTHONPATH", "").split(os.pathsep) if entry and entry != checkout]
    environment["PYTHONPATH"] = os.pathsep.join((checkout, *known))
    return environment

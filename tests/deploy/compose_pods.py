"""Services of docker-compose.yml in the form of pods, so that the same code that starts the chart's pods starts them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from cli.local.client import LocalStack
from tests.deploy.chart import Manifest
from tests.deploy.compose import FOLDER, model

OURS = ("migrate", "relay", "notifier", "code-pipelines", "code-reporting", "webserver", "daemon", "api")
# Each container has its ports for itself; here they share one machine.
PORTS = {"code-pipelines": "4000", "code-reporting": "4000", "webserver": "3000", "api": "8000"}


def compose_manifests(stack: LocalStack) -> list[Manifest]:
    """A Deployment per service (migrate is a Job), the files beside docker-compose.yml as a ConfigMap, and the services' names."""
    ports = {name: str(stack.ports[name]) for name in PORTS}
    workspace = yaml.safe_load((FOLDER / "workspace.yaml").read_text())
    for entry in workspace["load_from"]:
        server = entry["grpc_server"]
        assert str(server["port"]) == PORTS[server["host"]]
        server["port"] = int(ports[server["host"]])
    files = {"dagster.yaml": (FOLDER / "dagster.yaml").read_text(), "workspace.yaml": yaml.safe_dump(workspace)}
    return [
        {"kind": "ConfigMap", "metadata": {"name": "files"}, "data": files},
        *({"kind": "Service", "metadata": {"name": name}} for name in PORTS),
        *(_workload(name, model()["services"][name], dot_env(stack), ports.get(name, "")) for name in OURS),
    ]


def compose_secrets(stack: LocalStack) -> Mapping[str, Mapping[str, str]]:
    """What prepare.sh writes, with the addresses of this machine."""
    environment = stack.environment
    names = ("ZAMC_DATABASE_URL", "ZAMC_DATABASE_OWNER_URL", "ZAMC_DAGSTER_DATABASE_URL", "ZAMC_NATS_URL", "ZAMC_REDIS_URL")
    return {
        "secrets": {
            **{name: environment[name] for name in names},
            "google-ads.yaml": Path(environment["ZAMC_GOOGLE_ADS_YAML"]).read_text(),
            "google-ads-key.json": "",
            "meta-token": Path(environment["ZAMC_META_TOKEN_FILE"]).read_text(),
        }
    }


def dot_env(stack: LocalStack) -> dict[str, str]:
    """What `prepare.sh --sandbox` puts into .env, with the addresses of this machine."""
    environment = stack.environment
    return {
        "ZAMC_GOOGLE_ADS_YAML": "/run/secrets/google-ads.yaml",
        "ZAMC_META_TOKEN_FILE": "/run/secrets/meta-token",
        "ZAMC_META_GRAPH_URL": environment["ZAMC_META_GRAPH_URL"],
        "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": environment["GRPC_DEFAULT_SSL_ROOTS_FILE_PATH"],
    }


def _workload(name: str, service: Mapping[str, Any], env_file: Mapping[str, str], port: str) -> Manifest:
    def moved(parts: list[str]) -> list[str]:
        return [port if part == PORTS.get(name) else part for part in parts]

    volumes: list[Manifest] = [{"name": "tmp", "emptyDir": {}}]
    mounts: list[Manifest] = [{"name": "tmp", "mountPath": "/tmp"}]  # noqa: S108 - the container's
    if service.get("secrets"):
        volumes.append(
            {"name": "secrets", "secret": {"secretName": "secrets", "items": [{"key": s, "path": s} for s in service["secrets"]]}}
        )
        mounts.append({"name": "secrets", "mountPath": "/run/secrets"})
    if service.get("configs"):
        (folder,) = {str(Path(config["target"]).parent) for config in service["configs"]}
        volumes.append({"name": "files", "configMap": {"name": "files"}})
        mounts.append({"name": "files", "mountPath": folder})
    for volume in service.get("volumes") or []:
        source, target = volume.split(":")[:2]
        volumes.append({"name": source, "persistentVolumeClaim": {"claimName": source}})
        mounts.append({"name": source, "mountPath": target})
    container: Manifest = {
        "args": moved(service["command"]),
        "env": [{"name": key, "value": str(value)} for key, value in {**env_file, **(service.get("environment") or {})}.items()],
        "volumeMounts": mounts,
    }
    if "test" in service["healthcheck"]:
        container["startupProbe"] = {"exec": {"command": moved(service["healthcheck"]["test"][1:])}}
    kind = "Job" if name == "migrate" else "Deployment"
    template = {"spec": {"containers": [container], "volumes": volumes}}
    return {"kind": kind, "metadata": {"name": f"zamc-{name}"}, "spec": {"template": template}}

"""docker-compose.yml as Compose would read it, and what we ask of it beyond the specification."""

import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import yaml

from cli.deploy_files import variables

FOLDER = Path("deploy/compose")
FILE = FOLDER / "docker-compose.yml"
# What somebody would type, or has in COMPOSE_PROFILES.
PROFILES: tuple[tuple[str, ...], ...] = (
    ("core",),
    ("apps",),
    ("sandbox",),
    ("core", "apps"),
    ("apps", "sandbox"),
    ("apps", "archive"),
    ("core", "apps", "sandbox"),
)
Model = dict[str, Any]
_INTERPOLATED = re.compile(r"\$\{[A-Z_]+:-(?P<default>[^}]*)\}")
_WITH_PASSWORD = re.compile(r"://[^/@\s]*:[^/@\s]+@")


def model() -> Model:
    """Anchors and merges resolved, extensions dropped, variables at their defaults."""
    text = _INTERPOLATED.sub(lambda found: found["default"], FILE.read_text())
    return {key: value for key, value in yaml.safe_load(text).items() if not key.startswith("x-")}


def not_closed(found: Model, profiles: Collection[str]) -> list[str]:
    """A sentence for each dependency that these profiles leave without its service: Compose refuses such a model."""
    services = found["services"]
    active = {name for name, service in services.items() if not service.get("profiles") or set(service["profiles"]) & set(profiles)}
    wrong = []
    for name in sorted(active):
        for target, how in (services[name].get("depends_on") or {}).items():
            if target not in services:
                wrong.append(f"{name} depends on {target}, which is no service: remove it, or write {target}")
            elif target not in active and how.get("required", True):
                ours = ", ".join(profiles)
                wrong.append(f"{name} depends on {target}, which {ours} leaves out: add the profile of {name} to {target}")
    return wrong


def faults(found: Model) -> list[str]:
    """A sentence for each thing that we do not accept, with what to do about it."""
    return [sentence for name, service in found["services"].items() for sentence in _of_service(name, service, found)]


def _of_service(name: str, service: Model, found: Model) -> Iterator[str]:
    if ":" not in service["image"].rpartition("/")[2] or service["image"].endswith(":latest"):
        yield f"{name} runs {service['image']}: name a version"
    for variable, value in (service.get("environment") or {}).items():
        if variables().get(variable) or variable == "ZAMC_DAGSTER_DATABASE_URL" or _WITH_PASSWORD.search(str(value)):
            yield f"{name} has {variable} in plain text: make it a file under secrets"
    for secret in service.get("secrets") or []:
        if secret not in found["secrets"]:
            yield f"{name} wants the secret {secret}, which is not declared: add it under secrets"
    for port in service.get("ports") or []:
        if not str(port).startswith("127.0.0.1:"):
            yield f"{name} publishes {port} to every network: write 127.0.0.1:{port}"
    limits = service.get("deploy", {}).get("resources", {}).get("limits", {})
    if not {"cpus", "memory", "pids"} <= limits.keys():
        yield f"{name} has no bound: set deploy.resources.limits (cpus, memory, pids)"
    if not service.get("healthcheck"):
        yield f"{name} has no health check: write one, or disable it and say why"
    if not service.get("read_only") or service.get("cap_drop") != ["ALL"]:
        yield f"{name} is not hardened: read_only, and cap_drop: [ALL]"
    if not service.get("restart"):
        yield f"{name} has no restart policy: write one"
    if service.get("deploy", {}).get("replicas", 1) != 1 and name == "daemon":
        yield "there would be more than one daemon, and each schedule would be evaluated more than once: leave deploy.replicas at 1"

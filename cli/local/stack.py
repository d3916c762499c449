"""The list: which services the embedded stack runs, by which command, after which others."""

from collections.abc import Collection, Mapping, Sequence

from cli.local.environment import base_environment
from cli.local.home import Home
from cli.local.nats import nats_service
from cli.local.postgres import postgres_services
from cli.local.secrets import Secrets
from cli.local.services import Service
from cli.local.valkey import valkey_service

BASE = ("postgres", "nats", "valkey")


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
    """The wanted services of the stack; an empty `wanted` means all. Raises StackError.

    environment: what our own programs get; the three servers do not need to know each other's passwords.
    commands: argument vectors that replace those of this list, by service.
    """
    servers = base_environment(home)
    services: list[Service] = []
    if "postgres" in wanted:
        services += postgres_services(home, port=ports["postgres"], secrets=secrets, environment=servers, durable=durable)
    if "nats" in wanted:
        services.append(
            nats_service(
                home,
                port=ports["nats"],
                monitor_port=ports["nats-monitor"],
                secrets=secrets,
                environment=servers,
                durable=durable,
            )
        )
    if "valkey" in wanted:
        services.append(valkey_service(home, port=ports["valkey"], secrets=secrets, environment=servers, durable=durable))
    return services

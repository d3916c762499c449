"""Operations are counted: how many of each, how they ended and how long they took. A made-up name counts as "other"."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from prometheus_client import Counter, Histogram

from api.graphql.documents import Operation
from zamc.telemetry import tracing

OPERATIONS = Counter("zamc_graphql_operations", "GraphQL operations", ["operation", "kind", "outcome"])
SECONDS = Histogram("zamc_graphql_seconds", "Time of GraphQL operations in seconds", ["operation", "kind"])


@dataclass
class Count:
    """How an operation ended: ok, error, cached or limited; "failed" until somebody says so."""

    outcome: str = "failed"


@contextmanager
def counted(operation: Operation, *, trusted: bool) -> Iterator[Count]:
    """Only registered documents are counted by name: whoever makes names up must not fill the memory of whoever counts."""
    name, kind = labels_of(operation, trusted=trusted)
    count, began = Count(), time.perf_counter()
    try:
        yield count
    finally:
        tracing.span_here().set({"graphql.operation.name": name, "graphql.operation.type": kind, "zamc.outcome": count.outcome})
        OPERATIONS.labels(name, kind, count.outcome).inc()
        SECONDS.labels(name, kind).observe(time.perf_counter() - began)


def labels_of(operation: Operation, *, trusted: bool) -> tuple[str, str]:
    return operation.name if trusted else "other", operation.node.operation.value

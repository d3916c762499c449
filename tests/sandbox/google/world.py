"""A running sandbox, clients of the real SDK for it, and short ways to say what a test wants."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sandbox import market
from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.google import server
from sandbox.store import Store
from tests.sandbox.google.trust import trusted_tls_dir

TOKEN, DEVELOPER_TOKEN = "test-token", "test-developer-token"
NOW = datetime(2027, 3, 1, 8, 0, tzinfo=UTC)


@dataclass
class World:
    """`client` speaks protobuf (use_proto_plus=False) to the newest version; `customer` is an account in euros."""

    store: Store
    clock: Clock
    faults: Faults
    port: int
    customer: str = ""
    _clients: dict[tuple[Any, ...], Any] = field(default_factory=dict)

    def client(self, *, use_proto_plus: bool = False, version: str = "v26", **changed: Any) -> Any:
        """A GoogleAdsClient; `token`, `developer_token` and `login_customer_id` can be changed."""
        key = (use_proto_plus, version, *sorted(changed.items()))
        if key not in self._clients:
            from google.ads.googleads.client import GoogleAdsClient
            from google.oauth2.credentials import Credentials

            self._clients[key] = GoogleAdsClient(
                credentials=Credentials(token=changed.pop("token", TOKEN)),
                developer_token=changed.pop("developer_token", DEVELOPER_TOKEN),
                endpoint=f"localhost:{self.port}",
                version=version,
                use_proto_plus=use_proto_plus,
                **changed,
            )
        return self._clients[key]

    def add_customer(self, key: str, *, currency: str = "EUR", time_zone: str = "Europe/Berlin", **body: Any) -> str:
        status = body.pop("status", "ENABLED")
        kept = {"descriptive_name": f"Customer {key}", "currency_code": currency, "time_zone": time_zone, **body}
        with self.store.transaction() as tx:
            tx.insert("google", key, "customer", kept, id=key, name=kept["descriptive_name"], status=status)
        return key

    def search(self, query: str, *, customer: str | None = None) -> list[Any]:
        """Rows of Search."""
        service = self.client().get_service("GoogleAdsService")
        return list(service.search(customer_id=customer or self.customer, query=query))

    def calls(self) -> list[tuple[str, str]]:
        """(method, outcome) of every call that the platform saw."""
        self.store.flush()
        with self.store.reading() as tx:
            return [(call.method, call.outcome) for call in tx.calls("google")]


@contextmanager
def running(path: Path, *, now: datetime | None = NOW) -> Iterator[World]:
    """A sandbox over the store at `path`."""
    store = Store(path)
    clock, faults = Clock(store, now), Faults()
    market.set_seed(store, 7)
    started = server.start(store, clock, faults, tls_dir=trusted_tls_dir(), token=TOKEN, developer_token=DEVELOPER_TOKEN)
    try:
        yield World(store, clock, faults, started.port)
    finally:
        started.stop(0)
        store.close()


def errors(call: Callable[[], Any]) -> list[tuple[str, str, str]]:
    """(error, message, path) of each error of a call that must fail; a path reads `operations[0].create.name`."""
    from google.ads.googleads.errors import GoogleAdsException

    with pytest.raises(GoogleAdsException) as caught:
        call()
    assert caught.value.request_id
    return [read_error(error) for error in caught.value.failure.errors]


def read_error(error: Any) -> tuple[str, str, str]:
    message = getattr(error, "_pb", error)
    kind = message.error_code.WhichOneof("error_code")
    enum = message.error_code.DESCRIPTOR.fields_by_name[kind].enum_type
    code = enum.values_by_number[getattr(message.error_code, kind)].name
    steps = [
        f"{element.field_name}[{element.index}]" if element.HasField("index") else element.field_name
        for element in message.location.field_path_elements
    ]
    return f"{kind}.{code}", message.message, ".".join(steps)


def codes(call: Callable[[], Any]) -> list[str]:
    """The error names alone."""
    return [code for code, _, _ in errors(call)]

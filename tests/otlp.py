"""A collector of spans: a small HTTP server that takes OTLP as a real one does, and keeps what it is sent."""

import gzip
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest, ExportTraceServiceResponse

from zamc import telemetry

PATIENCE_SECONDS = 30.0


@dataclass(frozen=True)
class Received:
    """A span as it was sent. service: of its process; status: "unset", "ok" or "error"."""

    service: str
    name: str
    trace_id: str
    span_id: str
    parent_id: str
    kind: int
    attributes: Mapping[str, Any]
    links: tuple[str, ...]
    status: str


@dataclass
class Collector:
    """url: for ZAMC_OTLP_ENDPOINT. raw: every body, unpacked; headers: of every request."""

    url: str
    raw: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    status: int = 200

    def spans(self) -> list[Received]:
        return [span for body in list(self.raw) for span in _spans(body)]

    def of(self, trace_id: str) -> list[Received]:
        return [span for span in self.spans() if span.trace_id == trace_id]

    def until(self, enough: Callable[[list[Received]], bool]) -> list[Received]:
        """The spans, once there are enough of them; fails when there never are."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not enough(spans := self.spans()):
            if time.monotonic() > deadline:
                raise AssertionError(f"these spans are not enough: {[(span.service, span.name) for span in spans]}")
            time.sleep(0.05)
        return spans


@contextmanager
def collector() -> Iterator[Collector]:
    """Listens on a loopback port of its own.

    What another test of this process began of telemetry ends first: only the first to begin decides where spans go, and a data asset
    or a sensor that was run here has begun it without a collector.
    """
    telemetry.stop()
    kept: Collector

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            assert self.path == "/v1/traces"
            kept.headers.append({name.lower(): value for name, value in self.headers.items()})
            if kept.status == 200:
                kept.raw.append(body)
            self.send_response(kept.status)
            self.end_headers()
            self.wfile.write(ExportTraceServiceResponse().SerializeToString())

        def log_message(self, *_: Any) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept = Collector(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _spans(body: bytes) -> Iterator[Received]:
    for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
        service = _values(resource.resource.attributes)["service.name"]
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield Received(
                    service=service,
                    name=span.name,
                    trace_id=span.trace_id.hex(),
                    span_id=span.span_id.hex(),
                    parent_id=span.parent_span_id.hex(),
                    kind=span.kind,
                    attributes=_values(span.attributes),
                    links=tuple(link.trace_id.hex() for link in span.links),
                    status=("unset", "ok", "error")[span.status.code],
                )


def _values(pairs: Any) -> dict[str, Any]:
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in pairs}

"""Spans on their way to a collector: OpenTelemetry's SDK and its exporter (OTLP over HTTP). Loaded only where an endpoint is set.

Nothing is registered as OpenTelemetry's global provider: libraries that make spans of their own would put there what we never would.
"""

import threading
from collections.abc import Callable, Mapping

from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import Tracer

PATH = "/v1/traces"
_TIMEOUT_SECONDS = 4.0
_EVERY_MILLISECONDS = 2_000
_AT_ONCE, _MOST_WAITING = 256, 4_096
_LIMITS = SpanLimits(max_span_attributes=32, max_events=0, max_links=32, max_span_attribute_length=200)


class Export:
    """Of one process. A daemon thread sends batches; when the collector does not answer, spans are dropped and nothing waits for them."""

    def __init__(self, *, endpoint: str, headers: Mapping[str, str], share: float, process: str, version: str, environment: str) -> None:
        """endpoint: base address of the collector; share: of the traces that begin here, how many are recorded (0 to 1)."""
        address = endpoint.rstrip("/")
        exporter = OTLPSpanExporter(
            endpoint=address if address.endswith(PATH) else address + PATH,
            headers=dict(headers),
            timeout=_TIMEOUT_SECONDS,
            compression=Compression.Gzip,
        )
        self._processor = BatchSpanProcessor(
            exporter, max_queue_size=_MOST_WAITING, schedule_delay_millis=_EVERY_MILLISECONDS, max_export_batch_size=_AT_ONCE
        )
        resource = Resource(
            {
                "service.name": f"zamc-{process}",
                "service.namespace": "zamc",
                "service.version": version,
                "deployment.environment.name": environment,
            }
        )
        by_share = TraceIdRatioBased(share)
        self._bound = by_share.bound
        provider = TracerProvider(resource=resource, sampler=ParentBased(by_share), span_limits=_LIMITS, shutdown_on_exit=False)
        provider.add_span_processor(self._processor)
        self.tracer: Tracer = provider.get_tracer("zamc", version)

    @property
    def edge(self) -> Callable[[str], bool]:
        """Whether a trace with this id is recorded: the same for every process with the same share."""
        return lambda trace_id: int(trace_id[16:], 16) < self._bound

    def flush(self, *, seconds: float) -> None:
        """Send what waits, in at most this time: a collector that hangs must not hold up the end of a run."""
        sending = threading.Thread(target=self._processor.force_flush, name="telemetry-flush", daemon=True)
        sending.start()
        sending.join(seconds)

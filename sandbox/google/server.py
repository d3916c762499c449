"""The gRPC server: every method of the simulated services, for each API version that the SDK ships."""

import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc

from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.google.api import NEWEST, VERSIONS, api
from sandbox.google.auth import Credentials
from sandbox.google.calls import Method, Platform, serve
from sandbox.google.methods import METHODS
from sandbox.google.tls import make_certificate
from sandbox.store import Store

_PATH = re.compile(r"/google\.ads\.googleads\.(v[0-9]+)\.services\.([A-Za-z]+/[A-Za-z]+)")
# The platform's own limit on a message, and what the SDK's channel takes for metadata.
_OPTIONS = (
    ("grpc.max_receive_message_length", 64 * 1024 * 1024),
    ("grpc.max_send_message_length", 64 * 1024 * 1024),
    ("grpc.max_metadata_size", 16 * 1024 * 1024),
    ("grpc.so_reuseport", 0),
)
_THREADS = 16


@dataclass(frozen=True)
class Server:
    """A running server; `certificate` is the PEM file that clients trust."""

    port: int
    certificate: Path
    grpc_server: grpc.Server

    def stop(self, grace_seconds: float = 1.0) -> None:
        """Refuse new calls, give those under way `grace_seconds`, and return when all have ended."""
        self.grpc_server.stop(grace_seconds).wait()


def start(
    store: Store,
    clock: Clock,
    faults: Faults,
    *,
    port: int = 0,
    host: str | None = None,
    tls_dir: Path,
    token: str,
    developer_token: str,
) -> Server:
    """Serve on localhost with TLS, or under the name `host` on every address; port 0 takes a free one. Raises OSError when it is taken.

    The message types are imported in the background: the first call waits for them where it comes early.
    """
    certificate = make_certificate(tls_dir, host)
    platform = Platform(store, clock, faults, Credentials(token, developer_token), faults.google_limits)
    server = grpc.server(
        ThreadPoolExecutor(_THREADS, thread_name_prefix="google-ads"),
        handlers=(_Handler(platform),),
        options=_OPTIONS,
    )
    credentials = grpc.ssl_server_credentials([(certificate.key, certificate.chain)])
    try:
        address = "0.0.0.0" if host else "localhost"  # noqa: S104 - asked for by name
        bound = server.add_secure_port(f"{address}:{port}", credentials)
    except RuntimeError as error:
        raise OSError(f"port {port} is taken: choose another --google-port, or 0 for a free one") from error
    server.start()
    threading.Thread(target=api, args=(NEWEST,), name="google-ads-types", daemon=True).start()
    return Server(bound, certificate.path, server)


class _Handler(grpc.GenericRpcHandler):
    def __init__(self, platform: Platform) -> None:
        self.platform = platform

    def service(self, handler_call_details: Any) -> Any:
        """The handler of a call; None (UNIMPLEMENTED without a word) is never answered."""
        path = str(handler_call_details.method)
        found = _PATH.fullmatch(path)
        if found is None:
            return _refuse(f"{path} is not a method of the Google Ads API")
        version, name = found.groups()
        if version not in VERSIONS:
            return _refuse(f"version {version} is not simulated: use {', '.join(VERSIONS)}")
        method = METHODS.get(name)
        if method is None:
            return _refuse(f"the sandbox does not simulate {name}; it has {', '.join(sorted(METHODS))}")
        return self._handler(method, version, name)

    def _handler(self, method: Method, version: str, name: str) -> Any:
        def stream(packed: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
            yield from serve(self.platform, method, version=version, name=name, packed=packed, context=context)

        def single(packed: bytes, context: grpc.ServicerContext) -> bytes:
            return next(serve(self.platform, method, version=version, name=name, packed=packed, context=context))

        # Requests are read inside the call, so that a message that does not parse is an error of the call.
        return grpc.unary_stream_rpc_method_handler(stream) if method.streams else grpc.unary_unary_rpc_method_handler(single)


def _refuse(message: str) -> Any:
    def refuse(_packed: bytes, context: grpc.ServicerContext) -> bytes:
        context.abort(grpc.StatusCode.UNIMPLEMENTED, message)
        return b""

    return grpc.unary_unary_rpc_method_handler(refuse)

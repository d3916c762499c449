"""A web site on loopback for a fetcher that refuses loopback: names lead to public addresses, and a detour leads from those to it.

The detour notes every address that the fetcher connects to, so that a test can tell whether it was the one that was checked.
"""

import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BufferedIOBase
from socketserver import StreamRequestHandler, ThreadingTCPServer

import httpcore

PUBLIC = "93.184.215.14"
Answering = Callable[[str, BufferedIOBase], None]


@dataclass
class Names:
    """A resolver: each name's answers, one after the other; the last one is repeated."""

    known: dict[str, list[Sequence[str]]]
    asked: list[str] = field(default_factory=list)

    def addresses(self, host: str, *, seconds: float) -> Sequence[str]:
        assert seconds > 0
        self.asked.append(host)
        answers = self.known.get(host, [[PUBLIC]])
        return answers.pop(0) if len(answers) > 1 else answers[0]


@dataclass
class Detour(httpcore.NetworkBackend):
    """Connects to the site, whatever address is wanted; `dead` ones refuse."""

    port: int
    dead: frozenset[str] = frozenset()
    dialled: list[tuple[str, int]] = field(default_factory=list)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        self.dialled.append((host, port))
        if host in self.dead:
            raise httpcore.ConnectError("refused")
        return httpcore.SyncBackend().connect_tcp("127.0.0.1", self.port, timeout, local_address, socket_options)


@dataclass
class Site:
    """What a path answers, byte for byte; `seen` are the heads of the requests."""

    port: int
    pages: dict[str, bytes | Answering] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)


def answer(body: bytes, *, status: str = "200 OK", kind: str = "text/html; charset=utf-8", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def redirect(location: str, status: str = "302 Found") -> bytes:
    return answer(b"", status=status, Location=location)


@contextmanager
def serving(tls: ssl.SSLContext | None = None) -> Iterator[Site]:
    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            try:
                head = b"".join(iter(lambda: self.rfile.readline(65_536).strip() + b"\n", b"\n")).decode("latin-1")
                site.seen.append(head)
                path = head.split(" ", 2)[1].partition("?")[0]
                page = site.pages.get(path, answer(b"", status="404 Not Found"))
                if isinstance(page, bytes):
                    self.wfile.write(page)
                else:
                    page(path, self.wfile)
            except OSError:
                return

    class Server(ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True
        block_on_close = False

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that does not trust this server breaks off the handshake."""

    server = Server(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    site = Site(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        site.over.set()
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)

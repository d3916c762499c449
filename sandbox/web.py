"""A small HTTP/1.1 server on loopback: requests in, responses out, and broken connections when a fault asks for one."""

import socket
import threading
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

LARGEST_BODY = 64 * 1024 * 1024


@dataclass(frozen=True)
class Upload:
    """One part of a form that has a file name."""

    filename: str
    data: bytes


@dataclass(frozen=True)
class Request:
    """One request. `query` and `form` hold the last value of each name; `files` the uploaded parts, by the name of their field."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""
    form: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, Upload] = field(default_factory=dict)
    base_url: str = ""

    @property
    def params(self) -> dict[str, str]:
        return {**self.query, **self.form}


@dataclass(frozen=True)
class Response:
    """One answer. `dropped` breaks the connection instead."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    dropped: bool = False


Handler = Callable[[Request], Response]


def parse_form(content_type: str, body: bytes) -> tuple[dict[str, str], dict[str, Upload]]:
    """Fields and files of a form body; of JSON or nothing, none."""
    kind = content_type.split(";", maxsplit=1)[0].strip().lower()
    if kind == "multipart/form-data":
        return _parts(str(_header(content_type).get_param("boundary", "")), body)
    if kind in ("application/x-www-form-urlencoded", ""):
        return dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True)), {}
    return {}, {}


def _header(value: str) -> Message:
    message = Message()
    message["Content-Type"] = value
    return message


def _parts(boundary: str, body: bytes) -> tuple[dict[str, str], dict[str, Upload]]:
    """RFC 7578. Cut by hand: the library's parser reads line by line, which a video of some megabytes makes slow."""
    form: dict[str, str] = {}
    files: dict[str, Upload] = {}
    mark = b"--" + boundary.encode()
    for piece in (b"\r\n" + body).split(b"\r\n" + mark)[1:]:
        head, found, data = piece.partition(b"\r\n\r\n")
        lines = [
            line.split(":", 1)[1] for line in head.decode(errors="replace").split("\r\n") if line.lower().startswith("content-disposition:")
        ]
        if not found or not lines:
            continue
        about = _header(lines[0].strip())
        name, filename = str(about.get_param("name", "")), about.get_param("filename")
        if filename:
            files[name] = Upload(str(filename), data)
        else:
            form[name] = data.decode(errors="replace")
    return form, files


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Answers are small and written in pieces: without these, delayed acknowledgements cost 40 ms a call.
    disable_nagle_algorithm = True
    wbufsize = -1
    handle_request: Handler

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > LARGEST_BODY:
            self.send_error(413)
            return
        body = self.rfile.read(length)
        parts = urlsplit(self.path)
        form, files = parse_form(self.headers.get("Content-Type") or "", body)
        request = Request(
            method=self.command,
            path=parts.path,
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers={k.lower(): v for k, v in self.headers.items()},
            body=body,
            form=form,
            files=files,
            base_url=f"http://{self.headers.get('Host', '127.0.0.1')}",
        )
        try:
            response = type(self).handle_request(request)
        except Exception:  # noqa: BLE001 -- the outermost line: a fault of the sandbox's own must be seen, and answered
            traceback.print_exc()
            response = Response(500, b"The sandbox itself failed; see its log.", {"Content-Type": "text/plain"})
        if response.dropped:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        self.wfile.write(response.body)

    do_GET = do_POST = do_DELETE = do_PUT = do_PATCH = _serve  # noqa: N815 -- the names that http.server calls

    def log_message(self, *_: Any) -> None:
        """Calls are kept in the store."""

    def handle(self) -> None:
        try:
            super().handle()
        except (ConnectionError, TimeoutError):
            self.close_connection = True


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    # Answers that hang on purpose must not hold up the end.
    block_on_close = False


@dataclass(frozen=True)
class Running:
    """A server at work on `port`."""

    port: int
    server: ThreadingHTTPServer
    thread: threading.Thread

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(timeout=5)


def listen(handler: Handler, *, port: int, host: str | None = None) -> Running:
    """Serve on loopback, or with a `host` on every address, until `stop()`. Raises OSError when the port is taken."""
    # staticmethod: a plain function in a class body would be bound to the connection.
    connection = type("Connection", (_Connection,), {"handle_request": staticmethod(handler)})
    try:
        server = _Server(("0.0.0.0" if host else "127.0.0.1", port), connection)  # noqa: S104 - asked for by name
    except OSError as error:
        raise OSError(f"HTTP port {port} can't be used: {error.strerror}") from error
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, name="sandbox-http", daemon=True)
    thread.start()
    return Running(server.server_address[1], server, thread)

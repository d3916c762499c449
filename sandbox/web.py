"""A small HTTP/1.1 server on loopback: requests in, responses out, and broken connections when a fault asks for one."""

import socket
import threading
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from http.client import responses
from socketserver import StreamRequestHandler, ThreadingTCPServer
from urllib.parse import parse_qsl, urlsplit

LARGEST_BODY = 64 * 1024 * 1024
LONGEST_LINE = 1024 * 1024


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
    """One answer. `dropped` breaks the connection instead; `pieces` are sent one by one until they raise ConnectionError."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    dropped: bool = False
    pieces: Iterable[bytes] | None = None


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


class _Connection(StreamRequestHandler):
    """HTTP/1.1 as far as API clients speak it, by hand: the library's handler costs a call as much again as its work."""

    # Answers are small: without this, delayed acknowledgements cost 40 ms a call.
    disable_nagle_algorithm = True
    handle_request: Handler

    def handle(self) -> None:
        try:
            while self._serve():
                pass
        except (ConnectionError, TimeoutError):
            return

    def _serve(self) -> bool:
        line = self.rfile.readline(LONGEST_LINE).decode("latin-1").split()
        if len(line) != 3:
            return False
        headers = self._headers()
        length = int(headers.get("content-length") or 0)
        if length > LARGEST_BODY:
            self._send(Response(413, b"Too large"), "HEAD")
            return False
        if headers.get("expect", "").lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = self.rfile.read(length)
        parts = urlsplit(line[1])
        form, files = parse_form(headers.get("content-type", ""), body)
        request = Request(
            method=line[0],
            path=parts.path,
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers=headers,
            body=body,
            form=form,
            files=files,
            base_url=f"http://{headers.get('host', '127.0.0.1')}",
        )
        try:
            response = type(self).handle_request(request)
        except Exception:  # noqa: BLE001 -- the outermost line: a fault of the sandbox's own must be seen, and answered
            traceback.print_exc()
            response = Response(500, b"The sandbox itself failed; see its log.", {"Content-Type": "text/plain"})
        if response.dropped:
            self.connection.shutdown(socket.SHUT_RDWR)
            return False
        self._send(response, request.method)
        return line[2] == "HTTP/1.1" and headers.get("connection", "").lower() != "close"

    def _headers(self) -> dict[str, str]:
        headers: dict[str, str] = {}
        while line := self.rfile.readline(LONGEST_LINE).decode("latin-1").rstrip("\r\n"):
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        return headers

    def _send(self, response: Response, method: str) -> None:
        lines = [f"HTTP/1.1 {response.status} {responses.get(response.status, 'Unknown')}"]
        lines += [f"{name}: {value}" for name, value in response.headers.items()]
        if response.pieces is not None:
            lines.append("Transfer-Encoding: chunked\r\n\r\n")
            self.wfile.write("\r\n".join(lines).encode("latin-1"))
            for piece in response.pieces:
                self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            self.wfile.write(b"0\r\n\r\n")
            return
        lines.append(f"Content-Length: {len(response.body)}\r\n\r\n")
        self.wfile.write("\r\n".join(lines).encode("latin-1") + (b"" if method == "HEAD" else response.body))


class _Server(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128
    # Answers that hang on purpose must not hold up the end.
    block_on_close = False


@dataclass(frozen=True)
class Running:
    """A server at work on `port`."""

    port: int
    server: ThreadingTCPServer
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

"""The address that Google's sample programs fetch pictures and an HTML5 bundle from, served on loopback, samples untouched.

`requests` asks HTTPS_PROXY for a tunnel and trusts REQUESTS_CA_BUNDLE: both are settings of the environment.
"""

import io
import socket
import ssl
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sandbox.google.tls import make_certificate
from tests.sandbox.google.pictures import picture

HOST = "gaagl.page.link"
# What the addresses in the samples stand for.
PICTURES = {"/Eit5": (1200, 628), "/bjYi": (1200, 1200), "/1Crm": (1200, 1200)}
BUNDLE = "/ib87"


@contextmanager
def served(folder: Path) -> Iterator[dict[str, str]]:
    """The environment under which the samples find their pictures."""
    certificate = make_certificate(folder, HOST)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate.path, folder / "key.pem")
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=_accept, args=(listener, tls), daemon=True).start()
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    try:
        # Upper case only: gRPC reads the lower-case names, and must not go through here.
        yield {"HTTPS_PROXY": address, "REQUESTS_CA_BUNDLE": str(certificate.path), "NO_PROXY": "127.0.0.1,localhost"}
    finally:
        listener.close()


def _accept(listener: socket.socket, tls: ssl.SSLContext) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_serve, args=(connection, tls), daemon=True).start()


def _serve(connection: socket.socket, tls: ssl.SSLContext) -> None:
    with connection, suppress(OSError):
        _head(connection)
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with tls.wrap_socket(connection, server_side=True) as inside:
            path = _head(inside).split(" ")[1]
            body = picture(*PICTURES[path]) if path in PICTURES else bundle() if path == BUNDLE else b""
            status = "200 OK" if body else "404 Not Found"
            inside.sendall(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)


def bundle(name: str = "index.html") -> bytes:
    """An HTML5 advert as it is uploaded."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as made:
        made.writestr(name, '<html><head><meta name="ad.size" content="width=300,height=250"></head><body>Bread</body></html>')
    return packed.getvalue()


def _head(connection: socket.socket) -> str:
    head = b""
    while b"\r\n\r\n" not in head and (read := connection.recv(4096)):
        head += read
    return head.decode("latin-1")

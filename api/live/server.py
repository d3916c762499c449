"""uvicorn's WebSockets with what live updates need beyond ASGI: writing without waiting, dropping whoever does not read, and a goodbye
that clients understand when the server stops.

Chosen by measurement (docs/adr/0013-live-updates.md): `websockets-sansio` without compression is the leanest that uvicorn has.
"""

import random
import resource
import socket
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import State

WIRE = "zamc.wire"
LARGEST_MESSAGE = 64 * 1024
# The kernel would keep megabytes for a client that does not read; this is what it and we may keep at most, each.
_KERNEL_BYTES = 64 * 1024
# What letting one in again costs, measured with its client on the same cores; nobody comes back within the first half second.
_EARLIEST_RETRY_MS, _SPREAD_MS, _EACH_MS = 500, 500, 4


def options() -> dict[str, Any]:
    """For uvicorn.run: the protocol above, small messages, no compression (64 to 300 KiB a socket), and pings."""
    return {
        "ws": LiveProtocol,
        "ws_max_size": LARGEST_MESSAGE,
        "ws_per_message_deflate": False,
        "ws_ping_interval": 20.0,
        "ws_ping_timeout": 20.0,
    }


def raise_file_limit() -> None:
    """Each socket is a file, and shells allow 1,024 of them unless they are asked for more."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def retry_hint(among: int = 1) -> str:
    """Why a socket is closed when the server stops. Each of them is told another moment, so that no more come back than can be let in."""
    latest = _EARLIEST_RETRY_MS + max(_SPREAD_MS, among * _EACH_MS)
    return f"retry-after-ms={random.randint(_EARLIEST_RETRY_MS, latest)}"  # noqa: S311 - a spread, no secret


class LiveProtocol(WebSocketsSansIOProtocol):
    """Offers itself to applications as the extension WIRE."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        found = transport.get_extra_info("socket")
        if found is not None and found.family in {socket.AF_INET, socket.AF_INET6}:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _KERNEL_BYTES)

    async def run_asgi(self) -> None:
        self.scope["extensions"][WIRE] = self  # type: ignore[assignment]  # uvicorn knows extensions of ASGI alone
        await super().run_asgi()

    def push(self, text: str) -> bool:
        """See api.live.outlet.Wire."""
        if not self.writable.is_set() or self.conn.state is not State.OPEN or self.close_sent or self.transport.is_closing():
            return False
        self.conn.send_text(text.encode())
        self.transport.write(b"".join(self.conn.data_to_send()))
        return True

    def abort(self) -> None:
        """See api.live.outlet.Wire."""
        self.transport.abort()

    def shutdown(self) -> None:
        """uvicorn's own says 1012. A client that does not read must not keep the server from stopping."""
        if self.close_sent or not self.handshake_complete or self.conn.state is not State.OPEN:
            super().shutdown()
            return
        self.stop_keepalive()
        reason = retry_hint(len(self.connections))
        self.queue.put_nowait({"type": "websocket.disconnect", "code": 1001, "reason": reason})
        if not self.writable.is_set():
            self.transport.abort()
            return
        self.conn.send_close(1001, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.transport.close()

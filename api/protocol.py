"""HTTP/1.1 as uvicorn speaks it, with a short cut: an answer that is kept is written without a task for the request.

It is written when all requests that have come together are read: whoever waits is woken once for all of them, not for each in turn, which
would be the dearest part of such an answer. Whatever is out of the ordinary (a body in parts, a request before the last is
answered, a connection that ends) goes uvicorn's own way.
"""

from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from api.quick import LOOKED, PATH, Quick

_RAW_PATH = PATH.encode()


class QuickProtocol(HttpToolsProtocol):
    """quick: finds what is kept."""

    def __init__(self, *arguments: Any, quick: Quick, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._quick = quick
        self._held: tuple[RequestResponseCycle, Any] | None = None
        self._unsent = b""

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        """Called when the headers are there: a request for GraphQL waits for its body, which mostly comes with them."""
        # An answer that was written at once has set the clock for a connection that rests, which this one does not.
        self._unset_keepalive_if_required()
        if cycle.more_body and cycle.keep_alive and not cycle.waiting_for_100_continue and cycle.scope["raw_path"] == _RAW_PATH:
            self._held = (cycle, app)
        else:
            super()._start_asgi_task(cycle, app)

    def on_message_complete(self) -> None:
        held, self._held = self._held, None
        super().on_message_complete()
        if held is not None and not self._answered(held[0]):
            super()._start_asgi_task(*held)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._held is not None:
            held, self._held = self._held, None
            super()._start_asgi_task(*held)

    def send_400_response(self, msg: str) -> None:
        self._send()
        super().send_400_response(msg)

    def handle_websocket_upgrade(self) -> None:
        self._send()
        super().handle_websocket_upgrade()

    def shutdown(self) -> None:
        self._send()
        super().shutdown()

    def _send(self) -> None:
        """Before anything else is written here, or the connection ends."""
        unsent, self._unsent = self._unsent, b""
        if unsent and not self.transport.is_closing():
            self.transport.write(unsent)

    def _answered(self, cycle: RequestResponseCycle) -> bool:
        # One at most is held back: whoever sends many at once and reads nothing shall be noticed (write_paused).
        self._send()
        if self.flow.write_paused or self.transport.is_closing():
            return False
        scope: Any = cycle.scope
        found = self._quick.find(scope, bytes(cycle.body))
        if found is None:
            scope[LOOKED] = True
            return False
        self._unsent = self._quick.raw(found, self.server_state.default_headers)
        self.loop.call_soon(self._send)
        cycle.response_started = cycle.response_complete = True
        self._quick.answered(found)
        self.on_response_complete()
        return True

"""HTTP/1.1 as uvicorn speaks it, with a short cut: an answer that is kept is written at once, before a task is begun for the request.

Whatever is out of the ordinary (a body in parts, a request before the last is answered, a connection that ends) goes uvicorn's own way.
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

    def _answered(self, cycle: RequestResponseCycle) -> bool:
        if self.flow.write_paused or self.transport.is_closing():
            return False
        scope: Any = cycle.scope
        found = self._quick.find(scope, bytes(cycle.body))
        if found is None:
            scope[LOOKED] = True
            return False
        self.transport.write(self._quick.raw(found, self.server_state.default_headers))
        cycle.response_started = cycle.response_complete = True
        self._quick.answered(found)
        self.on_response_complete()
        return True

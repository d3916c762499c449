"""A client of graphql-transport-ws, on a real socket, that says exactly what a test wants it to."""

import json
from typing import Any, Self

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Subprotocol

PATIENCE = 30.0


class Peer:
    """One connection. Closes itself at the end of a `with`."""

    def __init__(
        self, address: str, *, headers: dict[str, str] | None = None, protocols: tuple[str, ...] = ("graphql-transport-ws",), **how: Any
    ) -> None:
        self.socket = connect(
            f"ws://{address}/graphql",
            subprotocols=[Subprotocol(each) for each in protocols],
            additional_headers=headers,
            compression=None,
            open_timeout=PATIENCE,
            close_timeout=0.5,
            **how,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def say(self, **message: Any) -> None:
        self.socket.send(json.dumps(message))

    def hear(self) -> dict[str, Any]:
        """The next message. Raises TimeoutError, and ConnectionClosed."""
        found: dict[str, Any] = json.loads(self.socket.recv(timeout=PATIENCE))
        return found

    def begin(self, key: str | None = None) -> Self:
        """connection_init with an API key or token, and its acknowledgement."""
        self.say(type="connection_init", **({"payload": {"Authorization": f"Bearer {key}"}} if key else {}))
        assert self.hear() == {"type": "connection_ack"}
        return self

    def subscribe(self, document: str, *, name: str = "1", **variables: Any) -> None:
        self.say(id=name, type="subscribe", payload={"query": document, "variables": variables})

    def next(self, name: str = "1") -> Any:
        """The data of the next `next`."""
        message = self.hear()
        assert (message["type"], message["id"]) == ("next", name), message
        assert "errors" not in message["payload"], message
        ((_, found),) = message["payload"]["data"].items()
        return found

    def errors(self, name: str = "1") -> list[str]:
        """The codes of the next `error`."""
        message = self.hear()
        assert (message["type"], message["id"]) == ("error", name), message
        return [error["extensions"]["code"] for error in message["payload"]]

    def silent(self) -> bool:
        """Whether everything that was said before has been answered with nothing: a ping overtakes nobody."""
        self.say(type="ping")
        return self.hear() == {"type": "pong"}

    def closed(self) -> tuple[int, str]:
        """Code and reason, once the server has closed it; what it still says is not looked at."""
        try:
            while True:
                self.socket.recv(timeout=PATIENCE)
        except ConnectionClosed as closed:
            return (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else (1006, "")

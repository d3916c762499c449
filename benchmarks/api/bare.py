"""The least that an ASGI application can do: it returns the same bytes. What the API is compared with, on the same server."""

import os
from pathlib import Path

from starlette.types import Receive, Scope, Send

_ANSWER = Path(os.environ.get("ZAMC_BENCH_ANSWER", os.devnull)).read_bytes()
_HEADERS = [(b"content-type", b"application/json"), (b"content-length", str(len(_ANSWER)).encode())]


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Reads the request, as everybody must, and answers."""
    if scope["type"] == "lifespan":
        while True:
            said = (await receive())["type"]
            await send({"type": f"{said}.complete"})
            if said == "lifespan.shutdown":
                return
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": _ANSWER})

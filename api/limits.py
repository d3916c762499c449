"""A body is measured before anything parses it."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST_BODY_BYTES = 256 * 1024


class BodyLimit:
    """Answers 413 to a body that is too large, whether it says so in advance or not."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > LARGEST_BODY_BYTES:
                await send({"type": "http.response.start", "status": 413, "headers": [(b"content-type", b"text/plain")]})
                await send({"type": "http.response.body", "body": f"A request may have {LARGEST_BODY_BYTES} bytes.".encode()})
                return
        sent = False

        async def replay() -> Message:
            nonlocal sent
            if sent:
                return await receive()
            sent = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, replay, send)

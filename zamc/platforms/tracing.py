"""The span of one call to an ad platform: which platform, method and account, how it went. Nothing of what is sent or answered."""

import re
import threading
from contextlib import AbstractContextManager
from typing import Any

from zamc.telemetry import tracing
from zamc.telemetry.tracing import Span
from zamc.throttling.quotas import fingerprint

_ID = re.compile(r"\d")


def google(method: str, *, account: str, kind: str, items: int) -> AbstractContextManager[Span]:
    """One call of GoogleAdsService. Its id for Google's support is set when it answers."""
    return tracing.client(
        f"google_ads {method}",
        {
            "zamc.platform": "google_ads",
            "zamc.account": hidden(account),
            "zamc.kind": kind,
            "zamc.items": items,
            "rpc.system": "grpc",
            "rpc.service": "GoogleAdsService",
            "rpc.method": method,
        },
    )


def meta(method: str, path: str, *, account: str, kind: str, calls: int) -> AbstractContextManager[Span]:
    """One request to the Graph API; calls: how many it carries, when it is a batch."""
    template = template_of(path)
    return tracing.client(
        f"meta_ads {method} {template}",
        {
            "zamc.platform": "meta_ads",
            "zamc.account": hidden(account),
            "zamc.kind": kind,
            "zamc.items": calls,
            "http.request.method": method,
            "url.template": template,
        },
    )


def hidden(account: str) -> str | None:
    """Tells accounts apart without telling outsiders which they are (docs/how-to/observe.md shows how to find one)."""
    return fingerprint(account.removeprefix("act_")) if account else None


def template_of(path: str) -> str:
    """A path of the Graph API without ids: "act_{id}/campaigns"; "batch" for requests that carry others."""
    parts = path.partition("?")[0].strip("/").split("/")
    named = ("act_{id}" if part.startswith("act_") else "{id}" if _ID.search(part) else part[:40] for part in parts)
    return "/".join(named) or "batch"


class RequestIds:
    """The id that Google gave a thread's last call: answers to changes do not hold it, only what travels behind them."""

    def __init__(self) -> None:
        self._of_thread = threading.local()

    def take(self) -> str | None:
        """Of the last call of this thread; once."""
        return self._of_thread.__dict__.pop("last", None)

    def interceptor(self) -> Any:
        """To be given to the SDK with a service."""
        import grpc

        of_thread = self._of_thread

        class Noting(grpc.UnaryUnaryClientInterceptor):
            def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
                answer = continuation(details, request)
                for name, value in _innermost(answer).trailing_metadata() or ():
                    if name == "request-id":
                        of_thread.last = value
                return answer

        return Noting()


def _innermost(call: Any) -> Any:
    """The call itself: the SDK's own wrapper hands out initial metadata where it is asked for what trails."""
    while hasattr(inner := getattr(call, "_call", None) or getattr(call, "_underlay_call", None), "trailing_metadata"):
        call = inner
    return call

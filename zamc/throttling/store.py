"""Redis or Valkey as limiter and breaker use it: one connection pool, scripts, and a short memory of being down.

Times are the server's: machines whose clocks differ share one budget.
"""

import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from functools import cached_property
from typing import Any

import structlog

# All keys of one call must lie on one node of a cluster; the braces make them.
PREFIX = "zamc:{throttling}:"
_TIMEOUT_SECONDS = 1.0
_REST_SECONDS = 1.0

log = structlog.get_logger()


class StoreDown(Exception):
    """Redis does not answer. Whoever asked decides what goes on without it."""


class Store:
    """Threads may share it, and so may a forked child."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._down_until = 0.0
        self._lock = threading.Lock()
        self._scripts: dict[str, Any] = {}

    @cached_property
    def storage(self) -> Any:
        """The library's storage; its windows are what the limiter counts in."""
        # Whole, before the library looks for it: in sys.modules it may find what another thread has imported half.
        import redis
        from limits.storage import RedisStorage

        return RedisStorage(
            self._url,
            key_prefix=PREFIX.rstrip(":"),
            socket_timeout=_TIMEOUT_SECONDS,
            socket_connect_timeout=_TIMEOUT_SECONDS,
            # One more try, for a connection that a restart of the server has left behind.
            retry=redis.retry.Retry(redis.backoff.NoBackoff(), 1),  # type: ignore[arg-type]  # options pass through to redis.from_url
        )

    def run(self, script: str, keys: Sequence[str], arguments: Sequence[str | int | float]) -> Any:
        """Run a Lua script atomically; keys lack the prefix. Raises StoreDown, at once for a second after it was down."""
        from redis.exceptions import RedisError

        if time.monotonic() < self._down_until:
            raise StoreDown("Redis did not answer a moment ago")
        try:
            answer = self._script(script)([f"{PREFIX}{key}" for key in keys], list(arguments))
        except (RedisError, OSError) as error:
            if not self._down_until:
                log.warning("throttling.store_down", error=type(error).__name__)
            self._down_until = time.monotonic() + _REST_SECONDS
            raise StoreDown(type(error).__name__) from None
        self._down_until = 0.0
        return answer

    def _script(self, script: str) -> Any:
        with self._lock:
            if script not in self._scripts:
                self._scripts[script] = self.storage.get_connection().register_script(script)
            return self._scripts[script]

    def close(self) -> None:
        if "storage" in self.__dict__:
            self.storage.get_connection().close()


def milliseconds(span: timedelta) -> int:
    """At least 1: zero would mean for ever, or an error."""
    return max(1, round(span.total_seconds() * 1000))

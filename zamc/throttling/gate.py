"""What every call to a platform passes: the breaker of its account, then room within all limits that it falls under."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Protocol

from zamc.errors import HeldBack, Throttled
from zamc.throttling.breaker import Breaker
from zamc.throttling.limiter import Limiter
from zamc.throttling.quotas import Quotas
from zamc.throttling.rules import UNNAMED_WAIT, Kind, Usage

# A call within a lease may wait so long, and that is taken from its own time limit; reports have no lease.
_PATIENCE = {Kind.MUTATE: 2.0, Kind.READ: 2.0, Kind.INSIGHTS: 60.0}
_LONGEST_CLOSED = timedelta(days=1)


class Gate(Protocol):
    """What a platform's client asks before each call and tells after it."""

    def call(self, account: str, kind: Kind, *, cost: int = 1, patience: float | None = None) -> "_Passing":
        """Enter it around one call. Yields the seconds that it waited. Raises HeldBack: the call must not be made."""
        ...

    def observe(self, usages: Iterable[Usage]) -> None:
        """What an answer's headers say."""
        ...


class _Passing(Protocol):
    def __enter__(self) -> float: ...
    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: object, /) -> bool | None: ...


class OpenGate:
    """Lets everything pass: for a client that nobody shares, as in a test of its own."""

    @contextmanager
    def call(self, account: str, kind: Kind, *, cost: int = 1, patience: float | None = None) -> Iterator[float]:  # noqa: ARG002 - the port
        yield 0.0

    def observe(self, usages: Iterable[Usage]) -> None:
        """Nobody wants to know."""


class SharedGate:
    """One platform with one developer token or app, for all processes."""

    def __init__(self, limiter: Limiter, breaker: Breaker, quotas: Quotas) -> None:
        self._limiter, self._breaker, self.quotas = limiter, breaker, quotas

    @contextmanager
    def call(self, account: str, kind: Kind, *, cost: int = 1, patience: float | None = None) -> Iterator[float]:
        """See Gate. A refusal for lack of room closes the account, or everything with this token, for as long as the platform said."""
        quotas = self.quotas
        charges = quotas.charges(account, kind, cost)
        with self._breaker.guard(quotas.account(account) if account else quotas.developer()):
            waited = self._limiter.acquire_all(
                charges, patience=_PATIENCE[kind] if patience is None else patience, writes=kind is Kind.MUTATE
            )
            try:
                yield waited
            except HeldBack:
                raise
            except Throttled as error:
                key = quotas.account(account) if error.scope == "account" and account else quotas.developer()
                if error.scope == "kind" and account:
                    key = quotas.kind(account, kind)
                self._limiter.close_key(key, min(error.delay or UNNAMED_WAIT, _LONGEST_CLOSED))
                raise

    def observe(self, usages: Iterable[Usage]) -> None:
        self._limiter.observe(usages)

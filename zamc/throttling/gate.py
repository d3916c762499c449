"""What every call to a platform passes: the breaker of its account, then room within all limits that it falls under."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from typing import Protocol

from zamc.errors import HeldBack, OutsideError, Throttled
from zamc.throttling.breaker import Breaker
from zamc.throttling.limiter import Limiter
from zamc.throttling.quotas import Quotas
from zamc.throttling.rules import UNNAMED_WAIT, Kind, Usage

# Reports have no lease that would end.
_PATIENCE_WITHOUT_LEASE = 60.0
_LONGEST_CLOSED = timedelta(days=1)


class Gate(Protocol):
    """What a platform's client asks before each call and tells after it."""

    def call(self, account: str, kind: Kind, *, cost: int = 1) -> AbstractContextManager[float]:
        """Enter it around one call. Yields the seconds that it waited. Raises HeldBack: the call must not be made."""
        ...

    def observe(self, usages: Iterable[Usage]) -> None:
        """What an answer's headers say."""
        ...


class Connection(Protocol):
    """Whether the platform still deals with the account that a gate is for."""

    def check(self, kind: Kind) -> None:
        """Raises HeldBack while it does not."""
        ...

    def failed(self, error: OutsideError) -> None:
        """A call was refused, or not answered."""
        ...

    def answered(self) -> None:
        """A call went well."""
        ...


class OpenGate:
    """Lets everything pass: for a client that nobody shares, as in a test of its own."""

    @contextmanager
    def call(self, account: str, kind: Kind, *, cost: int = 1) -> Iterator[float]:  # noqa: ARG002 - the port
        yield 0.0

    def observe(self, usages: Iterable[Usage]) -> None:
        """Nobody wants to know."""


class SharedGate:
    """One platform with one developer token or app, for all processes.

    patience: seconds that a call may wait here for room; whoever works under a lease must count them as part of the call.
    connection: of the one account that this gate is for, where it is for one.
    """

    def __init__(
        self, limiter: Limiter, breaker: Breaker, quotas: Quotas, *, patience: float = 2.0, connection: Connection | None = None
    ) -> None:
        self._limiter, self._breaker, self.quotas, self._patience = limiter, breaker, quotas, patience
        self._connection = connection

    def of(self, connection: Connection) -> "SharedGate":
        """The same gate for one account."""
        return SharedGate(self._limiter, self._breaker, self.quotas, patience=self._patience, connection=connection)

    @contextmanager
    def call(self, account: str, kind: Kind, *, cost: int = 1) -> Iterator[float]:
        """See Gate. A refusal for lack of room closes the account, or everything with this token, for as long as the platform said."""
        if self._connection is None:
            with self._call(account, kind, cost) as waited:
                yield waited
            return
        self._connection.check(kind)
        try:
            with self._call(account, kind, cost) as waited:
                yield waited
        except OutsideError as error:
            self._connection.failed(error)
            raise
        self._connection.answered()

    @contextmanager
    def _call(self, account: str, kind: Kind, cost: int) -> Iterator[float]:
        quotas = self.quotas
        charges = quotas.charges(account, kind, cost)
        with self._breaker.guard(quotas.account(account) if account else quotas.developer()):
            patience = _PATIENCE_WITHOUT_LEASE if kind is Kind.INSIGHTS else self._patience
            waited = self._limiter.acquire_all(charges, patience=patience, writes=kind is Kind.MUTATE)
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

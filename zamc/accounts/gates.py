"""A platform's gate that also knows the accounts behind it: a call for one that is refused or blocked does not get so far."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from uuid import UUID

from zamc.accounts.standing import Standing
from zamc.errors import OutsideError
from zamc.projects.tables import AdAccount
from zamc.throttling.gate import SharedGate
from zamc.throttling.quotas import Quotas
from zamc.throttling.rules import Kind, Usage


class AccountGate:
    """A Gate. Accounts that it does not know pass limits and breakers alone."""

    def __init__(self, gate: SharedGate, standing: Standing) -> None:
        self._gate, self._standing = gate, standing
        self._known: dict[str, _Connection] = {}

    @property
    def quotas(self) -> Quotas:
        return self._gate.quotas

    def know(self, account: AdAccount) -> None:
        """Its id on the platform may be that of several projects' accounts: what is said of one holds for all."""
        ids = self._known[account.external_id].ids if account.external_id in self._known else frozenset[UUID]()
        self._known[account.external_id] = _Connection(self._standing, ids | {account.id})

    def call(self, account: str, kind: Kind, *, cost: int = 1) -> AbstractContextManager[float]:
        connection = self._known.get(account)
        return (self._gate if connection is None else self._gate.of(connection)).call(account, kind, cost=cost)

    def observe(self, usages: Iterable[Usage]) -> None:
        self._gate.observe(usages)


class _Connection:
    """A zamc.throttling.gate.Connection."""

    def __init__(self, standing: Standing, ids: frozenset[UUID]) -> None:
        self._standing, self.ids = standing, ids

    def check(self, kind: Kind) -> None:
        for each in self.ids:
            self._standing.check(each, kind)

    def failed(self, error: OutsideError) -> None:
        for each in self.ids:
            self._standing.failed(each, error)

    def answered(self) -> None:
        for each in self.ids:
            self._standing.answered(each)

"""Whether a platform still deals with an account: told once when it stops, and not asked again by everybody until it is settled.

A launch that meets a refused account waits; nothing fails in a row. A pause is always tried. Every ten minutes one read is let through,
and when it is answered the account is connected again by itself.
"""

import threading
import time
from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from zamc.accounts import repository
from zamc.clock import Clock
from zamc.database.engine import Database
from zamc.errors import AccountBlocked, CredentialsRefused, HeldBack, OutsideError
from zamc.events.alert_codes import AlertCode
from zamc.notifications import alerts
from zamc.projects.tables import AdAccount
from zamc.throttling.lane import is_urgent
from zamc.throttling.rules import Kind
from zamc.throttling.store import Store, StoreDown, milliseconds

_LOOK_EVERY_SECONDS = 5.0
_PROBE_EVERY = timedelta(minutes=10)
_ASK_AGAIN = timedelta(minutes=5)
_PROBE = "if redis.call('SET', KEYS[1], '1', 'NX', 'PX', ARGV[1]) then return 1 end return 0"
_WHAT_TO_DO = {
    repository.REFUSED: "a person must connect it again with `zamc accounts add` (docs/runbooks/token-revoked.md)",
    repository.BLOCKED: "a person must settle it with the platform (docs/runbooks/account-suspended.md)",
}
_ALERTS = {repository.REFUSED: AlertCode.TOKEN_REVOKED, repository.BLOCKED: AlertCode.ACCOUNT_SUSPENDED}


class Standing:
    """Threads may share it."""

    def __init__(self, database: Database, clock: Clock, store: Store) -> None:
        self._database, self._clock, self._store = database, clock, store
        self._lock = threading.Lock()
        self._known: dict[UUID, tuple[str, str]] = {}
        self._looked = float("-inf")

    def check(self, account_id: UUID, kind: Kind) -> None:
        """Raises HeldBack for an account that is refused or blocked, unless the call is urgent or its turn to try has come."""
        found = self._standings().get(account_id)
        if found is None or is_urgent() or (kind is not Kind.MUTATE and self._may_try(account_id)):
            return
        state, reason = found
        raise HeldBack(f"the account is {state}: {reason}; {_WHAT_TO_DO[state]}", code=state, delay=_ASK_AGAIN)

    def failed(self, account_id: UUID, error: OutsideError) -> None:
        """What a platform said of the account itself is written down, and told when it is news."""
        if not isinstance(error, CredentialsRefused | AccountBlocked):
            return
        state = repository.REFUSED if isinstance(error, CredentialsRefused) else repository.BLOCKED
        with self._database.transaction() as session:
            if repository.mark(session, account_id, state, reason=str(error), at=self._clock.now()):
                self._tell(session, account_id, state, error)
        self._forget()

    def accepted(self, session: Session, account_id: UUID) -> None:
        """Somebody has connected it again: what was told of it is over."""
        for code in _ALERTS.values():
            alerts.clear(session, code, str(account_id), at=self._clock.now())
        self._forget()

    def answered(self, account_id: UUID) -> None:
        """A call went well: what was refused is accepted again."""
        if account_id not in self._known:
            return
        with self._database.transaction() as session:
            if repository.mark(session, account_id, repository.CONNECTED, reason=None, at=self._clock.now()):
                self.accepted(session, account_id)
        self._forget()

    def _tell(self, session: Session, account_id: UUID, state: str, error: OutsideError) -> None:
        account: AdAccount | None = repository.account(session, account_id)
        if account is not None:
            alerts.raise_once(
                session, _ALERTS[state], str(account_id), severity="critical", project_id=account.project_id,
                title=f"{account.platform} refuses the account {account.external_id} ({error.code or 'no code'}): {_WHAT_TO_DO[state]}",
                platform=account.platform, account=account.external_id, said=str(error),
            )  # fmt: skip

    def _standings(self) -> dict[UUID, tuple[str, str]]:
        with self._lock:
            if time.monotonic() - self._looked > _LOOK_EVERY_SECONDS:
                with self._database.transaction() as session:
                    self._known = repository.standings(session)
                self._looked = time.monotonic()
            return self._known

    def _forget(self) -> None:
        with self._lock:
            self._looked = float("-inf")

    def _may_try(self, account_id: UUID) -> bool:
        try:
            return bool(self._store.run(_PROBE, [f"probe:{account_id}"], [milliseconds(_PROBE_EVERY)]))
        except StoreDown:
            return False

"""An account's own credentials, opened and, where they expire, renewed: once, whatever the number of processes that want them."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from zamc.accounts import repository
from zamc.accounts.credentials import GoogleRefreshToken, GoogleServiceAccount, MetaToken, content_of, from_content
from zamc.accounts.standing import Standing
from zamc.accounts.tokens import Granted, TokenEndpoints
from zamc.accounts.vault import Vault
from zamc.clock import Clock
from zamc.database.engine import Database
from zamc.errors import CredentialsRefused, HeldBack, Later, NotFound
from zamc.throttling.store import Store, StoreDown, milliseconds

Any_ = GoogleRefreshToken | GoogleServiceAccount | MetaToken
# An access token of Google's lives an hour; a long-lived one of Meta's sixty days.
_RENEW_BEFORE = {
    "google_refresh_token": timedelta(minutes=5),
    "google_service_account": timedelta(minutes=5),
    "meta_token": timedelta(days=7),
}
# The lock outlives any answer of a token endpoint; whoever holds it may die.
_LOCK_FOR = timedelta(seconds=30)
_WAIT_SECONDS = 20.0
_LOOK_EVERY_SECONDS = 0.1
_LOCK = "if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end return 0"
_UNLOCK = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end return 1"


class Connections:
    """Threads may share it."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        store: Store,
        vault: Vault,
        *,
        endpoints: TokenEndpoints,
        standing: Standing,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._database, self._clock, self._store = database, clock, store
        self._vault, self._endpoints, self._standing, self._sleep = vault, endpoints, standing, sleep

    def usable(self, account_id: UUID) -> Any_:
        """The account's credentials with a token that is good for a while. Renewed by one process; the others wait for it.

        Raises CredentialsRefused (the account is marked, and told once), Later, and ConfigurationError without the right key.
        """
        until, refused_before = time.monotonic() + _WAIT_SECONDS, self._refused_at(account_id)
        while True:
            sealed, credentials = self._read(account_id)
            if not self._needs(credentials):
                return credentials
            if self._lock(account_id, owner := uuid4().hex):
                try:
                    self._heed(account_id, refused_before)
                    # Whoever held the lock before may have renewed it.
                    sealed, credentials = self._read(account_id)
                    return credentials if not self._needs(credentials) else self._renew(account_id, sealed, credentials)
                finally:
                    self._unlock(account_id, owner)
            self._heed(account_id, refused_before)
            if time.monotonic() > until:
                raise HeldBack("another process is renewing the account's token", code="renewing", delay=timedelta(seconds=10))
            self._sleep(_LOOK_EVERY_SECONDS)

    def _heed(self, account_id: UUID, refused_before: datetime | None) -> None:
        """What another process has just been told need not be asked again."""
        if self._refused_at(account_id) != refused_before:
            raise CredentialsRefused("the platform has just refused these credentials; a person must connect the account again")

    def _renew(self, account_id: UUID, sealed: str, credentials: Any_) -> Any_:
        try:
            granted = self._granted(credentials)
        except CredentialsRefused as error:
            self._standing.failed(account_id, error)
            raise
        except Later:
            if self._still_good(credentials):
                return credentials  # the endpoint has a bad day, and there is time left
            raise
        changed = {"access_token": granted.token, "expires_at": granted.expires_at}
        renewed = from_content({**content_of(credentials), **{name: value for name, value in changed.items() if value is not None}})
        if granted.expires_at is None:
            renewed = renewed.model_copy(update={"expires_at": None})
        with self._database.transaction() as session:
            after = self._vault.seal(account_id, content_of(renewed))
            repository.swap_credentials(session, account_id, before=sealed, after=after, expire_at=granted.expires_at)
        return renewed

    def _granted(self, credentials: Any_) -> Granted:
        if isinstance(credentials, MetaToken):
            if self._still_good(credentials) and (credentials.app_id is None or credentials.app_secret is None):
                # It cannot be renewed; until it expires it does.
                return Granted(credentials.access_token.get_secret_value(), credentials.expires_at)
            return self._endpoints.meta(credentials)
        return self._endpoints.google(credentials)

    def _needs(self, credentials: Any_) -> bool:
        if credentials.access_token is None:
            return True
        if credentials.expires_at is None:
            return False
        return credentials.expires_at - self._clock.now() < _RENEW_BEFORE[credentials.kind]

    def _still_good(self, credentials: Any_) -> bool:
        return credentials.access_token is not None and credentials.expires_at is not None and credentials.expires_at > self._clock.now()

    def _read(self, account_id: UUID) -> tuple[str, Any_]:
        with self._database.transaction() as session:
            row = repository.account(session, account_id)
        if row is None or row.credentials is None:
            raise NotFound(f"the account {account_id} has no credentials of its own")
        return row.credentials, from_content(self._vault.open(account_id, row.credentials))

    def _refused_at(self, account_id: UUID) -> datetime | None:
        with self._database.transaction() as session:
            row = repository.account(session, account_id)
        return row.connection_at if row is not None and row.connection == repository.REFUSED else None

    def _lock(self, account_id: UUID, owner: str) -> bool:
        try:
            return bool(self._store.run(_LOCK, [f"renewing:{account_id}"], [owner, milliseconds(_LOCK_FOR)]))
        except StoreDown:
            return True  # two renewals at once cost a call and harm nothing

    def _unlock(self, account_id: UUID, owner: str) -> None:
        try:
            self._store.run(_UNLOCK, [f"renewing:{account_id}"], [owner])
        except StoreDown:
            return  # it ends by itself

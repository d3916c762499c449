"""The clients of both platforms by account: its own credentials where it has some, else those of the settings; all behind shared gates."""

import threading
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pydantic import SecretStr

from zamc.accounts import checks
from zamc.accounts.checks import Finding
from zamc.accounts.credentials import GoogleRefreshToken, GoogleServiceAccount, MetaToken
from zamc.accounts.gates import AccountGate
from zamc.accounts.standing import Standing
from zamc.accounts.tokens import TokenEndpoints
from zamc.errors import ConfigurationError, OutsideError
from zamc.projects.tables import AdAccount
from zamc.settings import Settings
from zamc.throttling.breaker import Breaker
from zamc.throttling.gate import SharedGate
from zamc.throttling.lane import urgent
from zamc.throttling.limiter import Limiter
from zamc.throttling.quotas import GoogleQuotas, MetaQuotas, Quotas, fingerprint

if TYPE_CHECKING:
    from zamc.accounts.connections import Connections
    from zamc.platforms.google_ads.client import GoogleClient
    from zamc.platforms.meta_ads.client import MetaClient


class PlatformClients:
    """Threads may share it; a forked child must make its own. connections: made when the first account with credentials comes."""

    def __init__(
        self,
        settings: Settings,
        limiter: Limiter,
        breaker: Breaker,
        standing: Standing,
        *,
        endpoints: TokenEndpoints,
        connections: "Callable[[], Connections]",
        patience: float,
    ) -> None:
        self._settings, self._limiter, self._breaker, self._standing = settings, limiter, breaker, standing
        self._endpoints, self._connections, self._patience = endpoints, connections, patience
        self._lock = threading.RLock()
        self._made: dict[tuple[str, UUID | None, str], tuple[Any, AccountGate]] = {}

    def google(self, account: AdAccount | None = None) -> "GoogleClient":
        """Raises ConfigurationError, and CredentialsRefused or Later for credentials of the account's own."""
        return self._client("google_ads", account, self._own_google, self._google)

    def meta(self, account: AdAccount | None = None) -> "MetaClient":
        """As `google`."""
        return self._client("meta_ads", account, self._own_meta, self._meta)

    def look(self, account: AdAccount) -> list[Finding]:
        """Ask the platform about everything that a launch needs. A person who asks is not kept waiting by what holds machines back."""
        with urgent():
            try:
                if account.platform == "google_ads":
                    return list(checks.google(account, self.google(account)))
                return list(checks.meta(account, self.meta(account), lambda: self._endpoints.meta_state(self._meta_credentials(account))))
            except OutsideError as error:
                return [checks.unreachable(error)]

    def _meta_credentials(self, account: AdAccount) -> MetaToken:
        found = self._connections().usable(account.id) if account.credentials else None
        if isinstance(found, MetaToken):
            return found
        file, own = self._settings.meta_token_file, self._settings
        if file is None:
            raise ConfigurationError("ZAMC_META_TOKEN_FILE is not set, and the account has no credentials of its own")
        token = SecretStr(file.read_text(encoding="utf-8").strip())
        return MetaToken(access_token=token, app_id=own.meta_app_id, app_secret=own.meta_app_secret)

    def _client(self, platform: str, account: AdAccount | None, own: "Callable[[AdAccount], Any]", default: "Callable[[], Any]") -> Any:
        has_own = account is not None and account.credentials is not None
        # Credentials that changed make another client.
        key = (platform, account.id, fingerprint(account.credentials or "")) if has_own and account else (platform, None, "")
        with self._lock:
            if key not in self._made:
                self._made[key] = self._make(account, own, default)
            client, gate = self._made[key]
            if account is not None:
                gate.know(account)
            return client

    def _make(self, account: AdAccount | None, own: "Callable[[AdAccount], Any]", default: "Callable[[], Any]") -> Any:
        try:
            return own(account) if account is not None and account.credentials is not None else default()
        except OutsideError as error:
            if account is not None:
                # No gate has seen it: there is none yet.
                self._standing.failed(account.id, error)
            raise

    def _gate(self, quotas: Quotas) -> AccountGate:
        return AccountGate(SharedGate(self._limiter, self._breaker, quotas, patience=self._patience), self._standing)

    def _google_gate(self, developer_token: str) -> AccountGate:
        return self._gate(GoogleQuotas(developer_token=developer_token, level=self._settings.google_ads_access_level))

    def _google(self) -> "tuple[GoogleClient, AccountGate]":
        from zamc.platforms.google_ads import configuration
        from zamc.platforms.google_ads.client import GoogleClient

        made: list[AccountGate] = []

        def gate(developer_token: str) -> AccountGate:
            made.append(self._google_gate(developer_token))
            return made[0]

        if self._settings.google_ads_yaml is None:
            return GoogleClient.from_settings(self._settings, gate=gate), made[0]
        found = configuration.credentials(configuration.load(self._settings.google_ads_yaml))
        if found is None:
            return GoogleClient.from_settings(self._settings, gate=gate), made[0]

        def token() -> tuple[str, datetime | None]:
            granted = self._endpoints.google(found)
            return granted.token, granted.expires_at

        return GoogleClient.with_tokens(self._settings, token=token, gate=gate), made[0]

    def _own_google(self, account: AdAccount) -> "tuple[GoogleClient, AccountGate]":
        from zamc.platforms.google_ads.client import GoogleClient

        connections, account_id = self._connections(), account.id
        found = connections.usable(account_id)
        if not isinstance(found, GoogleRefreshToken | GoogleServiceAccount):
            raise ConfigurationError(
                f"the credentials of {account.external_id} are not Google's; connect it again with `zamc accounts add`"
            )

        def token() -> tuple[str, Any]:
            fresh = connections.usable(account_id)
            return (fresh.access_token.get_secret_value() if fresh.access_token else ""), fresh.expires_at

        made: list[AccountGate] = []

        def gate(developer_token: str) -> AccountGate:
            made.append(self._google_gate(developer_token))
            return made[0]

        secret = found.developer_token
        client = GoogleClient.with_tokens(
            self._settings,
            token=token,
            developer_token=secret.get_secret_value() if secret else None,
            login_customer_id=found.login_customer_id,
            gate=gate,
        )
        return client, made[0]

    def _meta_quotas(self, app_id: str | None) -> MetaQuotas:
        own = self._settings
        return MetaQuotas(app=app_id or own.meta_app_id or "default", tier=own.meta_access_tier, writes=own.meta_writes_per_second)

    def _meta(self) -> "tuple[MetaClient, AccountGate]":
        from zamc.platforms.meta_ads.client import MetaClient
        from zamc.platforms.meta_ads.gate import around, observer

        quotas = self._meta_quotas(None)
        gate = self._gate(quotas)
        return MetaClient.from_settings(self._settings, observer=observer(gate, quotas), around=around(gate)), gate

    def _own_meta(self, account: AdAccount) -> "tuple[MetaClient, AccountGate]":
        from zamc.platforms.meta_ads.client import MetaClient
        from zamc.platforms.meta_ads.gate import around, observer

        found = self._connections().usable(account.id)
        if not isinstance(found, MetaToken):
            raise ConfigurationError(f"the credentials of {account.external_id} are not Meta's; connect it again with `zamc accounts add`")
        quotas = self._meta_quotas(found.app_id)
        gate, own = self._gate(quotas), self._settings
        client = MetaClient(
            token=found.access_token.get_secret_value(),
            app_secret=found.app_secret.get_secret_value() if found.app_secret else None,
            graph_url=own.meta_graph_url,
            version=own.meta_api_version,
            timeout_seconds=own.call_timeout_seconds,
            writes_per_second=own.meta_writes_per_second,
            observer=observer(gate, quotas),
            around=around(gate),
        )
        return client, gate

"""The ad platforms: credentials, the official clients, and what opens an account for writing and for reading."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from zamc.errors import ConfigurationError
from zamc.wiring.foundation import Foundation

if TYPE_CHECKING:
    from zamc.accounts.connections import Connections
    from zamc.accounts.service import AccountService
    from zamc.accounts.standing import Standing
    from zamc.accounts.tokens import TokenEndpoints
    from zamc.accounts.vault import Vault
    from zamc.analytics.ports import PerformanceSource
    from zamc.deployments.ports import AdPlatform
    from zamc.platforms.clients import PlatformClients
    from zamc.projects.tables import AdAccount

# A call within a lease may wait so long for room.
_PATIENCE_SECONDS = 2.0


class Platforms(Foundation):
    """The ad platforms: credentials, the official clients, and what opens an account for writing and for reading."""

    @property
    def patience_seconds(self) -> float:
        """How long a call within a lease may wait for room; the guard of a lease counts it as part of the call."""
        return min(_PATIENCE_SECONDS, (self.settings.lease_seconds - self.settings.call_timeout_seconds) / 4)

    @cached_property
    def vault(self) -> "Vault":
        """Raises ConfigurationError without a key."""
        from zamc.accounts.vault import Vault

        key = self.settings.credentials_key
        if key is None:
            raise ConfigurationError("ZAMC_CREDENTIALS_KEY is not set; accounts with credentials of their own need it")
        return Vault(key.get_secret_value())

    @cached_property
    def standing(self) -> "Standing":
        from zamc.accounts.standing import Standing

        return Standing(self.database, self.clock, self.throttling_store)

    @cached_property
    def token_endpoints(self) -> "TokenEndpoints":
        from zamc.accounts.tokens import TokenEndpoints

        own = self.settings
        graph = f"{own.meta_graph_url.rstrip('/')}/{own.meta_api_version}"
        return TokenEndpoints(google_url=own.google_token_url, graph_url=graph, timeout_seconds=own.call_timeout_seconds)

    @cached_property
    def connections(self) -> "Connections":
        """Credentials of ad accounts, opened and kept fresh."""
        from zamc.accounts.connections import Connections

        return Connections(
            self.database, self.clock, self.throttling_store, self.vault, endpoints=self.token_endpoints, standing=self.standing
        )

    @cached_property
    def clients(self) -> "PlatformClients":
        """The official clients, by account."""
        from zamc.platforms.clients import PlatformClients

        return PlatformClients(
            self.settings,
            self.limiter,
            self.breaker,
            self.standing,
            endpoints=self.token_endpoints,
            connections=lambda: self.connections,
            patience=self.patience_seconds,
        )

    @cached_property
    def accounts(self) -> "AccountService":
        """Connecting, checking and disconnecting ad accounts."""
        from zamc.accounts.service import AccountService

        return AccountService(self.database, self.clock, self.standing, vault=lambda: self.vault, look=self.clients.look)

    @cached_property
    def ad_platforms(self) -> Mapping[str, "Callable[[AdAccount], AdPlatform]"]:
        """By platform, what opens an ad account for writing."""

        def google(account: "AdAccount") -> "AdPlatform":
            from zamc.platforms.google_ads.adapter import GoogleAdsPlatform

            return GoogleAdsPlatform(self.clients.google(account), account, self.clock, self.objects)

        def meta(account: "AdAccount") -> "AdPlatform":
            from zamc.platforms.meta_ads.adapter import MetaAdsPlatform

            return MetaAdsPlatform(self.clients.meta(account), account, self.clock, self.objects)

        return {"google_ads": google, "meta_ads": meta}

    @cached_property
    def performance_sources(self) -> Mapping[str, "Callable[[AdAccount], PerformanceSource]"]:
        """By platform, what reads an ad account's performance."""

        def google(account: "AdAccount") -> "PerformanceSource":
            from zamc.platforms.google_ads.reports import GoogleAdsReports

            return GoogleAdsReports(self.clients.google(account))

        def meta(account: "AdAccount") -> "PerformanceSource":
            from zamc.platforms.meta_ads.insight_jobs import Patience
            from zamc.platforms.meta_ads.insights import MetaInsights

            return MetaInsights(self.clients.meta(account), patience=Patience(seconds=self.settings.report_timeout_seconds))

        return {"google_ads": google, "meta_ads": meta}

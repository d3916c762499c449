"""Settings become wired services: the only place that knows all adapters. Built lazily, so that a process pays for what it uses."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING
from uuid import UUID

from zamc.clock import Clock, FileClock, SystemClock
from zamc.database.engine import Database
from zamc.errors import ConfigurationError, Conflict
from zamc.settings import Settings, settings

if TYPE_CHECKING:
    from pydantic import SecretStr
    from sqlalchemy.orm import Session

    from zamc.accounts.connections import Connections
    from zamc.accounts.service import AccountService
    from zamc.accounts.standing import Standing
    from zamc.accounts.tokens import TokenEndpoints
    from zamc.accounts.vault import Vault
    from zamc.analytics.archive import Archive
    from zamc.analytics.fx import FxService
    from zamc.analytics.nowcast import NowcastService
    from zamc.analytics.ports import PerformanceSource
    from zamc.analytics.service import AnalyticsService
    from zamc.analytics.verdicts import VerdictService
    from zamc.creatives.logos import LogoService
    from zamc.creatives.ports import CopyWriter, Painter
    from zamc.creatives.service import CreativeService
    from zamc.deployments.ports import AdPlatform
    from zamc.deployments.service import DeploymentService
    from zamc.events.relay import Relay
    from zamc.events.replays import ReplayService
    from zamc.events.tables import DeadLetter
    from zamc.events.witness import Heard
    from zamc.identity.desk import IdentityDesk
    from zamc.llm.ports import Model, Writer
    from zamc.llm.till import Till
    from zamc.optimisation.service import OptimisationService
    from zamc.platforms.clients import PlatformClients
    from zamc.projects.service import ProjectService
    from zamc.projects.tables import AdAccount
    from zamc.storage.links import FileLinks
    from zamc.storage.objects import ObjectStore
    from zamc.strategies.service import StrategyService
    from zamc.throttling.breaker import Breaker
    from zamc.throttling.limiter import Limiter
    from zamc.throttling.store import Store

# A call within a lease may wait so long for room.
_PATIENCE_SECONDS = 2.0


@dataclass(frozen=True)
class Services:
    """Everything a use case needs, made on first use and shared within the process."""

    settings: Settings

    @cached_property
    def database(self) -> Database:
        return Database(self.settings.database_url.get_secret_value())

    @cached_property
    def owner_database(self) -> Database:
        """As zamc_owner, for what zamc_app has no right to: migrations and spend policies. Raises ConfigurationError."""
        url = self.settings.database_owner_url
        if url is None:
            raise ConfigurationError("ZAMC_DATABASE_OWNER_URL is not set; only an operator's terminal and migrations have it")
        return Database(url.get_secret_value(), pool_size=1)

    @cached_property
    def clock(self) -> Clock:
        file = self.settings.business_clock_file
        return FileClock(file) if file else SystemClock()

    @cached_property
    def objects(self) -> "ObjectStore":
        from zamc.storage.objects import ObjectStore

        return ObjectStore(self.settings.objects_url)

    @cached_property
    def file_links(self) -> "FileLinks":
        """Addresses of files that are good for a while."""
        from zamc.storage.links import FileLinks

        return FileLinks(lambda: self.identity.keyring, self.clock)

    @cached_property
    def archive(self) -> "Archive":
        from zamc.analytics.archive import Archive
        from zamc.analytics.archive_files import ArchiveFiles

        files = ArchiveFiles(self.settings.archive_url or f"{self.settings.objects_url.rstrip('/')}/archive")
        return Archive(self.database, files, self.clock, after_months=self.settings.archive_after_months)

    @cached_property
    def projects(self) -> "ProjectService":
        from zamc.projects.service import ProjectService

        return ProjectService(self.clock)

    @cached_property
    def strategies(self) -> "StrategyService":
        from zamc.strategies.service import StrategyService

        workers = self.settings.model_concurrency if self.models else 1
        return StrategyService(self.database, self.clock, self.writer, self.creatives, lease=self._writing_lease, workers=workers)

    @property
    def _writing_lease(self) -> timedelta:
        """A text may take every provider's time limit twice (an answer that is mended), and a wait before each."""
        return max(self.lease, timedelta(seconds=2 * len(self.models) * (self._model_seconds + 15)))

    @property
    def _model_seconds(self) -> float:
        """What a call takes at most: all pieces of an answer within the time limit, and the last of them within it anew."""
        return 2 * self.settings.model_timeout_seconds

    @cached_property
    def models(self) -> "Mapping[str, Model]":
        """By provider, the models that have a key. None of them: the offline writer writes everything, and needs no key."""
        from zamc.llm.anthropic.model import AnthropicModel
        from zamc.llm.connection import Connection
        from zamc.llm.huggingface.model import HuggingFaceModel
        from zamc.llm.openai.model import OpenAIModel

        own = self.settings
        found: list[Model] = []

        def connection(provider: str, key: "SecretStr", url: str, model: str, per_minute: int) -> Connection:
            return Connection(provider, url, model, key, own.model_timeout_seconds, per_minute)

        if key := own.anthropic_api_key:
            found.append(
                AnthropicModel(connection("anthropic", key, own.anthropic_url, own.anthropic_model, own.anthropic_requests_per_minute))
            )
        if key := own.openai_api_key:
            found.append(OpenAIModel(connection("openai", key, own.openai_url, own.openai_model, own.openai_requests_per_minute)))
        if key := own.huggingface_api_key:
            found.append(
                HuggingFaceModel(
                    connection("huggingface", key, own.huggingface_url, own.huggingface_model, own.huggingface_requests_per_minute)
                )
            )
        return {model.provider: model for model in found}

    @cached_property
    def writer(self) -> "Writer":
        """What writes strategies: a project's providers in its order, then the offline writer where it is allowed."""
        from zamc.llm.desk import WritingDesk
        from zamc.llm.offline.writer import OfflineWriter
        from zamc.llm.pages import LandingPages
        from zamc.web.fetcher import Fetcher

        pages = LandingPages(self.database, self.clock, Fetcher()) if self.models else None
        return WritingDesk(self.database, self.till, self.models, order=self._model_order, offline=OfflineWriter(), pages=pages)

    @cached_property
    def copywriter(self) -> "CopyWriter":
        """What writes the lines of ads, by the same providers in the same order."""
        from zamc.llm.copywriter import ModelCopywriter

        return ModelCopywriter(self.database, self.till, self.models, order=self._model_order)

    @cached_property
    def painter(self) -> "Painter | None":
        """What paints backgrounds of pictures; None: nothing does."""
        from zamc.llm.connection import Connection
        from zamc.llm.openai.images import OpenAIImages
        from zamc.llm.painter import ModelPainter

        own = self.settings
        if own.openai_api_key is None or not own.openai_image_model:
            return None
        connection = Connection(
            "openai", own.openai_url, own.openai_image_model, own.openai_api_key, own.model_timeout_seconds, own.openai_requests_per_minute
        )
        return ModelPainter(self.database, self.till, OpenAIImages(connection, self.objects), order=self._model_order)

    @cached_property
    def logos(self) -> "LogoService":
        from zamc.creatives.logos import LogoService
        from zamc.web.fetcher import Fetcher

        return LogoService(self.database, self.objects, Fetcher())

    @property
    def _model_order(self) -> list[str]:
        return self.settings.model_providers.split(",")

    @cached_property
    def till(self) -> "Till":
        from zamc.llm.price_rules import prices
        from zamc.llm.till import Till

        own = self.settings
        return Till(self.database, self.clock, self.limiter, self.breaker, prices(own.model_prices), call_seconds=self._model_seconds)

    @cached_property
    def creatives(self) -> "CreativeService":
        from zamc.creatives.service import CreativeService

        own = self.settings
        return CreativeService(
            self.database,
            self.clock,
            self.objects,
            self.deployments,
            writer=self.copywriter,
            painter=self.painter,
            lease=self.lease,
            writing_lease=self._writing_lease,
            writers=own.model_concurrency if self.models else 1,
        )

    @cached_property
    def deployments(self) -> "DeploymentService":
        from zamc.deployments.ports import Limits
        from zamc.deployments.service import DeploymentService

        own = self.settings
        limits = Limits(
            call=own.call_timeout_seconds + self.patience_seconds,
            lease=own.lease_seconds,
            quiet=own.quiet_period_seconds,
            read_back_gap=own.read_back_gap_seconds,
            unconfirmed_for=timedelta(seconds=own.alert_stop_unconfirmed_seconds),
            stuck_after=timedelta(seconds=own.alert_stuck_seconds),
            silent_for=timedelta(seconds=own.alert_silent_seconds),
        )
        return DeploymentService(self.database, self.clock, self.ad_platforms, limits=limits, witness=self._witness)

    def _witness(self, installation: str) -> "Sequence[Heard]":
        from zamc.events.witness import heard

        return heard(self.settings.nats_url.get_secret_value(), installation=installation)

    @cached_property
    def throttling_store(self) -> "Store":
        from zamc.throttling.store import Store

        return Store(self.settings.redis_url.get_secret_value())

    @cached_property
    def limiter(self) -> "Limiter":
        """Rate limits that all processes share."""
        from zamc.throttling.limiter import Limiter

        return Limiter(self.throttling_store)

    @cached_property
    def breaker(self) -> "Breaker":
        """Circuit breakers that all processes share."""
        from zamc.throttling.breaker import Breaker

        return Breaker(self.throttling_store)

    @cached_property
    def identity(self) -> "IdentityDesk":
        """Who signs in, and how."""
        from zamc.identity.desk import IdentityDesk

        return IdentityDesk(self.settings, self.database, self.clock, self.limiter)

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
    def analytics(self) -> "AnalyticsService":
        from zamc.analytics.service import AnalyticsService

        return AnalyticsService(self.database, self.clock, self.performance_sources, look_back_days=self.settings.look_back_days)

    @cached_property
    def nowcasts(self) -> "NowcastService":
        """Late conversions: completeness curves and nowcasts."""
        from zamc.analytics.nowcast import NowcastService

        return NowcastService(self.database, self.clock)

    @cached_property
    def verdicts(self) -> "VerdictService":
        """What in the performance of ads is not chance."""
        from zamc.analytics.verdicts import VerdictService

        return VerdictService(self.database, self.clock)

    @cached_property
    def fx(self) -> "FxService":
        from zamc.analytics.fx import FxService
        from zamc.analytics.fx_source import PublishedRates

        url = self.settings.fx_rates_url
        return FxService(
            self.database, self.clock, PublishedRates(url, timeout_seconds=self.settings.call_timeout_seconds) if url else None
        )

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

    @cached_property
    def optimisation(self) -> "OptimisationService":
        from zamc.optimisation.service import OptimisationService

        return OptimisationService(self.database, self.clock)

    @cached_property
    def replays(self) -> "ReplayService":
        """Dead letters, and what takes each kind of them up again."""
        from zamc.creatives import retries as creatives
        from zamc.deployments import retries as deployments
        from zamc.events.replays import ReplayService
        from zamc.strategies import retries as strategies

        def strategy(session: "Session", letter: "DeadLetter", by: str) -> str:
            strategies.retry(session, self.clock, _subject(letter), by=by)
            return "the next run writes the strategy anew from its brief"

        def creative_set(session: "Session", letter: "DeadLetter", by: str) -> str:
            return f"the next run makes {creatives.retry(session, self.clock, _subject(letter), by=by)} missing members of the set"

        def deployment(session: "Session", letter: "DeadLetter", by: str) -> str:
            names = ", ".join(row.name for row in deployments.retry(session, self.clock, _subject(letter), by=by))
            return f"the next run looks up what was in doubt, makes what is missing and enables it: {names}"

        def sync(letter: "DeadLetter") -> str:
            day = date.fromisoformat(letter.details["day"])
            outcome = self.analytics.sync(platform=letter.details["platform"], day=day, account_ids=[_subject(letter)])
            for sentence in outcome.failures.values():
                raise Conflict(f"the day was read again, and failed again: {sentence}")
            return f"{day} was read: {outcome.rows_read} rows, {outcome.rows_changed} of them new"

        inside = {"strategy": strategy, "creatives": creative_set, "deployment": deployment}
        return ReplayService(self.database, self.clock, inside=inside, outside={"sync": sync})

    @property
    def lease(self) -> timedelta:
        return timedelta(seconds=self.settings.lease_seconds)

    def relay(self) -> "Relay":
        from zamc.events.relay import Relay

        return Relay(
            self.database,
            nats_url=self.settings.nats_url.get_secret_value(),
            replicas=self.settings.nats_replicas,
            clock=self.clock,
            installation=self.deployments.installation,
            before_publishing=self.deployments.notice_restore,
        )


def _subject(letter: "DeadLetter") -> UUID:
    if letter.subject_id is None:
        raise Conflict("the letter names nothing that could be taken up again; drop it")
    return letter.subject_id


def services() -> Services:
    """The services of this process, from its environment."""
    return Services(settings())

"""From a brief to live ads: projects, strategies, creatives, deployments."""

from collections.abc import Sequence
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from zamc.wiring.models import Models
from zamc.wiring.platforms import Platforms

if TYPE_CHECKING:
    from zamc.creatives.logos import LogoService
    from zamc.creatives.service import CreativeService
    from zamc.deployments.service import DeploymentService
    from zamc.events.witness import Heard
    from zamc.projects.service import ProjectService
    from zamc.strategies.service import StrategyService


class Campaigns(Models, Platforms):
    """From a brief to live ads: projects, strategies, creatives, deployments."""

    @cached_property
    def projects(self) -> "ProjectService":
        from zamc.projects.service import ProjectService

        return ProjectService(self.clock)

    @cached_property
    def strategies(self) -> "StrategyService":
        from zamc.strategies.service import StrategyService

        workers = self.settings.model_concurrency if self.models else 1
        return StrategyService(self.database, self.clock, self.writer, self.creatives, lease=self._writing_lease, workers=workers)

    @cached_property
    def creatives(self) -> "CreativeService":
        from zamc.creatives.brief_logos import BriefLogoReader
        from zamc.creatives.service import CreativeService
        from zamc.web.fetcher import Fetcher

        own = self.settings
        return CreativeService(
            self.database,
            self.clock,
            self.objects,
            self.deployments,
            writer=self.copywriter,
            painter=self.painter,
            logos=BriefLogoReader(self.database, self.clock, self.objects, Fetcher()),
            lease=self.lease,
            writing_lease=self._writing_lease,
            writers=own.model_concurrency if self.models else 1,
        )

    @cached_property
    def logos(self) -> "LogoService":
        from zamc.creatives.logos import LogoService
        from zamc.web.fetcher import Fetcher

        return LogoService(self.database, self.objects, Fetcher())

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

"""What ads earned, and what follows from it."""

from functools import cached_property
from typing import TYPE_CHECKING

from zamc.wiring.platforms import Platforms

if TYPE_CHECKING:
    from zamc.analytics.archive import Archive
    from zamc.analytics.fx import FxService
    from zamc.analytics.nowcast import NowcastService
    from zamc.analytics.service import AnalyticsService
    from zamc.analytics.verdicts import VerdictService
    from zamc.optimisation.service import OptimisationService


class Analysis(Platforms):
    """What ads earned, and what follows from it."""

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
    def archive(self) -> "Archive":
        from zamc.analytics.archive import Archive
        from zamc.analytics.archive_files import ArchiveFiles

        files = ArchiveFiles(self.settings.archive_url or f"{self.settings.objects_url.rstrip('/')}/archive")
        return Archive(self.database, files, self.clock, after_months=self.settings.archive_after_months)

    @cached_property
    def optimisation(self) -> "OptimisationService":
        from zamc.optimisation.service import OptimisationService

        return OptimisationService(self.database, self.clock)

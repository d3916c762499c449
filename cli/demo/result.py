"""What the demo ends with: one table for people, one JSON file for programs."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from rich.table import Table
from rich.text import Text

from cli.demo.settle import as_json as settling_json
from zamc.analytics.settling_views import SettlingDay
from zamc.money import Money

_CAMPAIGNS = {"search": "Google Search", "performance_max": "Google Performance Max", "display": "Google Display", "meta": "Meta"}


@dataclass(frozen=True)
class BriefResult:
    """A brief and how far it came. status is "live" when each of its deployments is.

    provider and model wrote its strategy, at cost_micros of US dollars; checks says in a few words what the checks of its creatives found,
    and expected what the plan foresees. too_small: what its budget cannot teach, and which would, in a sentence each.
    """

    name: str
    strategy_id: str
    status: str
    provider: str = ""
    model: str = ""
    cost_micros: int = 0
    checks: str = ""
    prompt_version: str = ""
    expected: str = ""
    too_small: Sequence[str] = ()


@dataclass(frozen=True)
class DeploymentResult:
    """A deployment and its performance from the reporting marts; money in micros of `currency`."""

    id: str
    brief: str
    platform: str
    kind: str
    status: str
    external_id: str | None
    currency: str
    daily_budget_micros: int
    impressions: int
    clicks: int
    spend_micros: int
    conversions: float


@dataclass(frozen=True)
class Result:
    """The whole demo. shifts: by how many days each brief's flight was moved.

    body_seconds is what data assets took in all Dagster runs; around_seconds is the rest of the time between the request and the report:
    the daemon's looks, starting runs, and Dagster's bookkeeping. moments and settling: what the days that passed afterwards brought.
    """

    seconds: float
    stages: Sequence[tuple[str, float]]
    briefs: Sequence[BriefResult]
    deployments: Sequence[DeploymentResult]
    report_rows: int
    balanced: bool
    shifts: Mapping[str, int]
    failures: Sequence[str]
    runs: int
    body_seconds: float
    around_seconds: float
    moments: Sequence[datetime] = ()
    settling: Sequence[SettlingDay] = ()

    @property
    def good(self) -> bool:
        """Every brief has deployments, every deployment is live, and the report balances."""
        served = {row.brief for row in self.deployments}
        return (
            bool(self.deployments)
            and all(brief.name in served for brief in self.briefs)
            and all(row.status == "live" for row in self.deployments)
            and self.balanced
            and self.report_rows > 0
        )

    def as_json(self) -> dict[str, Any]:
        """The shape of `zamc demo --json FILE`."""
        return {
            "seconds": round(self.seconds, 3),
            "stages": [{"name": name, "seconds": round(seconds, 3)} for name, seconds in self.stages],
            "briefs": [asdict(brief) for brief in self.briefs],
            "deployments": [asdict(row) for row in self.deployments],
            "report": {"rows": self.report_rows, "balanced": self.balanced},
            "settling": settling_json(self.settling),
            "dagster": {"runs": self.runs, "body_seconds": round(self.body_seconds, 3), "around_seconds": round(self.around_seconds, 3)},
        }

    def written(self) -> Table:
        """One row per brief: who wrote it, for how much, what the checks found, and what the plan foresees."""
        table = Table("brief", "written by", "cost", "creatives", "foreseen", title="Strategies", title_justify="left")
        for brief in self.briefs:
            writer = f"{brief.provider} {brief.model} ({brief.prompt_version})" if brief.provider else "-"
            table.add_row(brief.name, writer, str(Money(brief.cost_micros, "USD")), brief.checks, brief.expected)
        return table

    def table(self) -> Table:
        """One row per deployment."""
        table = Table(title="Live campaigns", title_justify="left")
        for column in ("brief", "shifted", "campaign", "status"):
            table.add_column(column)
        for column in ("daily budget", "impressions", "clicks", "spend", "conversions"):
            table.add_column(column, justify="right")
        for row in self.deployments:
            shift = self.shifts.get(row.brief, 0)
            table.add_row(
                row.brief,
                f"{shift:+d} days" if shift else "-",
                _CAMPAIGNS.get(row.kind, row.kind),
                Text(row.status, "green" if row.status == "live" else "red"),
                str(Money(row.daily_budget_micros, row.currency)),
                f"{row.impressions:,}",
                f"{row.clicks:,}",
                str(Money(row.spend_micros, row.currency)),
                f"{row.conversions:,.1f}",
            )
        return table

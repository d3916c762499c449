"""How far the demo is, and what came of it: read from the record and the reports, never from what the demo itself did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from cli.demo.dagster import Run, covered
from cli.demo.result import BriefResult, DeploymentResult, Result
from zamc.analytics import repository as facts
from zamc.analytics.reports import report_balance
from zamc.bootstrap import Services
from zamc.deployments import views
from zamc.events import repository as events
from zamc.llm.views import WritingView, of_strategies

_MADE = ("ready", "approved", "failed")
_ENDS = ("live", "paused", "failed", "ended")


@dataclass(frozen=True)
class Seen:
    """One look. planned, made and settled: every brief has passed that point, or failed before it."""

    strategies: Sequence[views.StrategyView]

    @property
    def planned(self) -> bool:
        return all(view.status != "requested" for view in self.strategies)

    @property
    def made(self) -> bool:
        return all(view.status in ("failed", "rejected") or view.set_status in _MADE for view in self.strategies)

    @property
    def settled(self) -> bool:
        return all(_is_settled(view) for view in self.strategies)

    @property
    def failures(self) -> list[str]:
        """One sentence per thing that did not work."""
        of_strategies = [f"{view.name}: {view.failure}" for view in self.strategies if view.summary == "failed" and view.failure]
        deployments = [(view.name, deployment) for view in self.strategies for deployment in view.deployments]
        return of_strategies + [f"{name}, {found.kind}: {found.failure}" for name, found in deployments if found.failure]

    @property
    def table(self) -> dict[str, dict[str, str]]:
        """For the live view: brief to column to state."""
        return {
            view.name: {
                "strategy": view.status,
                "creatives": view.set_status or "-",
                **{deployment.kind: deployment.status for deployment in view.deployments},
            }
            for view in self.strategies
        }


def _is_settled(view: views.StrategyView) -> bool:
    if view.status in ("failed", "rejected") or view.set_status == "failed":
        return True
    return bool(view.deployments) and all(deployment.status in _ENDS for deployment in view.deployments)


def look(services: Services, ids: Sequence[UUID]) -> Seen:
    with services.database.transaction() as session:
        return Seen(views.by_ids(session, ids))


def result(
    services: Services,
    ids: Sequence[UUID],
    *,
    seconds: float,
    stages: Sequence[tuple[str, float]],
    shifts: Mapping[str, int],
    runs: Sequence[Run],
) -> Result:
    """The end of the demo: what the newest facts say of each campaign over all its days, and whether the reports balance."""
    with services.database.transaction() as session:
        strategies = views.by_ids(session, ids)
        deployments = [(view, deployment) for view in strategies for deployment in view.deployments]
        numbers = facts.summary(session, deployment_ids=[deployment.id for _, deployment in deployments])
        balance = report_balance(session)
        writings = of_strategies(session, ids)
    worked = sum(spent for name, spent in stages if name not in ("platform", "customers"))
    body = covered(each for run in runs for each in run.bodies)
    rows = []
    for view, deployment in deployments:
        total = numbers.get(deployment.id)
        rows.append(
            DeploymentResult(
                id=str(deployment.id),
                brief=view.name,
                platform=deployment.platform,
                kind=deployment.kind,
                status=deployment.status,
                external_id=deployment.external_id,
                currency=deployment.currency,
                daily_budget_micros=deployment.daily_budget_micros,
                impressions=total.impressions if total else 0,
                clicks=total.clicks if total else 0,
                spend_micros=total.spend_micros if total else 0,
                conversions=float(total.conversions) if total else 0.0,
            )
        )
    return Result(
        seconds=seconds,
        stages=stages,
        briefs=[_brief(view, writings.get(view.id)) for view in strategies],
        deployments=rows,
        report_rows=balance.rows,
        balanced=balance.balanced,
        shifts=shifts,
        failures=Seen(strategies).failures,
        runs=len(runs),
        body_seconds=body,
        around_seconds=worked - body,
    )


def _brief(view: views.StrategyView, writing: WritingView | None) -> BriefResult:
    if writing is None:
        return BriefResult(view.name, str(view.id), view.summary)
    return BriefResult(
        view.name, str(view.id), view.summary, writing.provider, writing.model, writing.cost_micros, writing.checks,
        prompt_version=writing.prompt_version, expected=writing.expected, too_small=writing.too_small,
    )  # fmt: skip


def without_performance(services: Services, ids: Sequence[UUID]) -> bool:
    """Whether a live deployment of these strategies has no fact yet."""
    with services.database.transaction() as session:
        live = [found.id for view in views.by_ids(session, ids) for found in view.deployments if found.status == "live"]
        return bool(set(live) - facts.summary(session, deployment_ids=live).keys())


def newest_change(services: Services) -> float | None:
    """When facts last changed (seconds since 1970); None when nothing was ever synced."""
    with services.database.transaction() as session:
        at = events.last_change_of_facts(session)
    return at.timestamp() if at else None

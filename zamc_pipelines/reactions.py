"""Which events start which job."""

from typing import TYPE_CHECKING

from zamc_pipelines.jobs import campaigns_config
from zamc_pipelines.sensors import Reaction, stream_sensor

if TYPE_CHECKING:
    from zamc.events.catalogue import EventData


def _asks_for_work(event: "EventData") -> bool:
    """A new brief, or a gate that a person opened. What the autopilot decided goes on in the run that decided it."""
    from zamc.events.catalogue import AUTOPILOT, CreativesRequested, DeploymentRequested, StrategyRequested

    match event:
        case StrategyRequested():
            return True
        case CreativesRequested(requested_by=by) | DeploymentRequested(requested_by=by):
            return by != AUTOPILOT
        case _:
            return False


campaign_requests = stream_sensor(
    name="campaign_requests",
    job_name="campaigns_job",
    subjects=("zamc.strategy.requested", "zamc.creatives.requested", "zamc.deployment.requested"),
    reaction=Reaction(select=_asks_for_work, config=campaigns_config),
    description="New briefs, and plans, creatives and launches that a person approved.",
)


def _changed_facts(event: "EventData") -> bool:
    from zamc.events.catalogue import PerformanceSynced

    return isinstance(event, PerformanceSynced) and event.changed_rows > 0


performance_synced = stream_sensor(
    name="performance_synced",
    job_name="reporting_job",
    subjects=("zamc.performance.synced",),
    reaction=Reaction(select=_changed_facts, config=lambda _events: {}),
    description="New or revised facts: the reports are built again, once for a whole batch of accounts.",
)

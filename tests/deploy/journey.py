"""What a deployment is for: it becomes ready, and one brief goes live through it."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from cli.demo import calendar, customer, progress
from tests.deploy.chart import pod_specs
from tests.deploy.cluster import STARTED, Cluster
from zamc.bootstrap import Services
from zamc.settings import Settings
from zamc.strategies.brief_rules import read_brief
from zamc.strategies.schema import BriefFile

BRIEF = Path("examples/briefs/lisbon-bakery-local.yaml")
REQUEST = """
mutation Request($project: UUID!, $brief: String!) {
  requestStrategy(projectId: $project, briefYaml: $brief) {
    __typename
    ... on StrategyRequested { strategy { id } }
    ... on InvalidInputError { field message }
    ... on NotFoundError { message }
  }
}"""


def is_ready(cluster: Cluster) -> None:
    """Waits for each of them."""
    for name in STARTED:
        cluster.until(f"{name} is ready", partial(cluster.probe, name))


def goes_live(cluster: Cluster) -> None:
    """A brief, handed to the deployment's own API, is live on both platforms in the end."""
    file = read_brief(BRIEF.read_text())
    with operator(cluster) as wired:
        sandbox = customer.Sandbox(cluster.stack.url("sandbox"))
        project_id = customer.set_up(wired, sandbox, file.project, file.brief).project_id
        sandbox.close()
        strategy_id = requested(cluster, project_id, file)

        cluster.until("the brief has reached its end", lambda: progress.look(wired, [strategy_id]).settled)

        seen = progress.look(wired, [strategy_id])
    assert seen.failures == []
    found = {deployment.platform: deployment.status for deployment in seen.strategies[0].deployments}
    assert found == {"google_ads": "live", "meta_ads": "live"}


@contextmanager
def operator(cluster: Cluster) -> Iterator[Services]:
    """An operator's terminal: it has the owner's address too."""
    with pytest.MonkeyPatch.context() as patched:
        for name, value in cluster.stack.environment.items():
            patched.setenv(name, value)
        made = Services(Settings())
        yield made
        made.database.close()
        made.owner_database.close()


def requested(cluster: Cluster, project_id: UUID, file: BriefFile) -> UUID:
    """Through the deployment's API, with a key that `zamc api-key` made in its container."""
    process = cluster.node.process("zamc-api", pod_specs(cluster.manifests)["zamc-api"])
    key_command = [process.argv[0], "zamc", "api-key", "--email", "ana@example.org", "--project", file.project, "--role", "owner"]
    key = subprocess.run(key_command, env=process.environment, capture_output=True, text=True, check=True, timeout=60).stdout.strip()
    # Business time is real time here, so the flight has to have begun.
    brief, _ = calendar.shifted(file.brief, datetime.now(UTC).date())
    answer = httpx.post(
        f"http://127.0.0.1:{cluster.stack.ports['api']}/graphql",
        headers={"Authorization": f"Bearer {key}"},
        json={"query": REQUEST, "variables": {"project": str(project_id), "brief": json.dumps(brief.model_dump(mode="json"))}},
        timeout=60,
    )
    result = answer.json()["data"]["requestStrategy"]
    assert result["__typename"] == "StrategyRequested", result
    return UUID(result["strategy"]["id"])

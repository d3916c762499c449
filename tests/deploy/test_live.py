"""What the chart says is what runs: its commands, environment and files, started as processes, carry a brief to live ads."""

import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from cli.demo import calendar, customer, progress
from tests.deploy.chart import of_kind
from tests.deploy.cluster import STARTED, Cluster, running
from tests.deploy.pods import checkout_image, resolves
from tests.deploy.restricted import violations
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


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("c")
    with running(folder, checkout_image(folder / "bin")) as found:
        yield found


@pytest.fixture(scope="module")
def wired(cluster: Cluster) -> Iterator[Services]:
    """An operator's terminal."""
    with pytest.MonkeyPatch.context() as patched:
        for name, value in cluster.stack.environment.items():
            patched.setenv(name, value)
        made = Services(Settings())
        yield made
        made.database.close()
        made.owner_database.close()


def test_every_pod_becomes_ready_by_its_own_probe(cluster: Cluster) -> None:
    for name in STARTED:
        cluster.until(f"{name} is ready", partial(cluster.probe, name))


def test_a_brief_goes_live_through_them(cluster: Cluster, wired: Services) -> None:
    file = read_brief(BRIEF.read_text())
    sandbox = customer.Sandbox(cluster.stack.url("sandbox"))
    project_id = customer.set_up(wired, sandbox, file.project, file.brief).project_id
    strategy_id = requested(cluster, project_id, file)

    cluster.until("the brief has reached its end", lambda: progress.look(wired, [strategy_id]).settled)

    seen = progress.look(wired, [strategy_id])
    assert seen.failures == []
    assert {deployment.platform: deployment.status for deployment in seen.strategies[0].deployments} == {
        "google_ads": "live",
        "meta_ads": "live",
    }


def requested(cluster: Cluster, project_id: UUID, file: BriefFile) -> UUID:
    """Through the API of the chart, with a key that `zamc api-key` made."""
    key_command = ["zamc", "api-key", "--email", "ana@example.org", "--project", file.project, "--role", "owner"]
    environment = {
        **cluster.node.process("zamc-api", _pod(cluster, "api")).environment,
        "ZAMC_DATABASE_OWNER_URL": cluster.stack.environment["ZAMC_DATABASE_OWNER_URL"],
    }
    key = subprocess.run(key_command, env=environment, capture_output=True, text=True, check=True, timeout=60).stdout.strip()
    # Business time is real time here, so the flight has to have begun.
    brief, _ = calendar.shifted(file.brief, datetime.now(UTC).date())
    _, port = resolves(cluster.manifests, "zamc-api")
    answer = httpx.post(
        f"http://127.0.0.1:{port}/graphql",
        headers={"Authorization": f"Bearer {key}"},
        json={"query": REQUEST, "variables": {"project": str(project_id), "brief": json.dumps(brief.model_dump(mode="json"))}},
        timeout=30,
    )
    result = answer.json()["data"]["requestStrategy"]
    assert result["__typename"] == "StrategyRequested", result
    return UUID(result["strategy"]["id"])


def _pod(cluster: Cluster, name: str) -> dict[str, object]:
    template: dict[str, object] = of_kind(cluster.manifests, "Deployment")[f"zamc-{name}"]["spec"]["template"]
    return template


def test_a_run_is_a_job_of_the_same_image_under_the_restricted_standard(cluster: Cluster) -> None:
    assert cluster.api.jobs, "no run became a Job"
    deployed = _container(of_kind(cluster.manifests, "Deployment")["zamc-api"])["image"]
    for job in cluster.api.jobs.values():
        assert _container(job)["image"] == deployed
        assert violations(job["spec"]["template"]) == []
        assert job["spec"]["ttlSecondsAfterFinished"] == 86400
        assert job["spec"]["template"]["spec"]["automountServiceAccountToken"] is False
        assert job["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/component"] == "run"


def _container(workload: dict[str, object]) -> dict[str, object]:
    spec: dict[str, list[dict[str, object]]] = workload["spec"]["template"]["spec"]  # type: ignore[index]
    return spec["containers"][0]


def test_the_launcher_may_do_what_it_did(cluster: Cluster) -> None:
    rules = of_kind(cluster.manifests, "Role")["zamc-launcher"]["rules"]
    allowed = {
        (group, resource, verb) for rule in rules for group in rule["apiGroups"] for resource in rule["resources"] for verb in rule["verbs"]
    }
    assert ("batch", "jobs", "create") in cluster.api.calls
    assert cluster.api.calls <= allowed

"""What the chart says is what runs: its commands, environment and files, started as processes, carry a brief to live ads."""

from collections.abc import Iterator

import pytest

from tests.deploy.chart import of_kind
from tests.deploy.cluster import Cluster, running
from tests.deploy.journey import goes_live, is_ready
from tests.deploy.pods import checkout_image
from tests.deploy.restricted import violations


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("c")
    with running(folder, checkout_image(folder / "bin")) as found:
        yield found


def test_every_pod_becomes_ready_by_its_own_probe(cluster: Cluster) -> None:
    is_ready(cluster)


def test_a_brief_goes_live_through_them(cluster: Cluster) -> None:
    goes_live(cluster)


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
    spec: dict[str, list[dict[str, object]]] = workload["spec"]["template"]["spec"]  # type: ignore[index]  # read from YAML
    return spec["containers"][0]


def test_the_launcher_may_do_what_it_did(cluster: Cluster) -> None:
    rules = of_kind(cluster.manifests, "Role")["zamc-launcher"]["rules"]
    allowed = {
        (group, resource, verb) for rule in rules for group in rule["apiGroups"] for resource in rule["resources"] for verb in rule["verbs"]
    }
    assert ("batch", "jobs", "create") in cluster.api.calls
    assert cluster.api.calls <= allowed

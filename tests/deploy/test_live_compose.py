"""What docker-compose.yml says is what runs: its commands, environment, secrets, volumes and health checks carry a brief to live ads."""

from collections.abc import Iterator

import pytest

from tests.deploy.cluster import Cluster, running
from tests.deploy.journey import goes_live, is_ready
from tests.deploy.pods import checkout_image


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("c")
    with running(folder, checkout_image(folder / "bin"), compose=True) as found:
        yield found


def test_every_service_becomes_healthy_by_its_own_check(cluster: Cluster) -> None:
    is_ready(cluster)


def test_a_brief_goes_live_through_them(cluster: Cluster) -> None:
    goes_live(cluster)


def test_runs_are_processes_of_their_code_location(cluster: Cluster) -> None:
    assert cluster.api.calls == set()
    assert "campaigns_job" in cluster.text("code-pipelines")

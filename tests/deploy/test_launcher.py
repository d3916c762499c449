"""K8sRunLauncher with the chart's settings: what it asks of the cluster, and that the Role allows that and no more."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
import yaml
from dagster._serdes import ConfigurableClassData
from dagster_k8s import K8sRunLauncher

from tests.deploy.chart import Manifest, of_kind, render, values_file
from tests.deploy.cluster import without_cluster
from tests.deploy.kubernetes_api import KubernetesApi


@dg.job
def nothing() -> None:
    """Has no steps."""


@pytest.fixture
def api() -> Iterator[KubernetesApi]:
    found = KubernetesApi(lambda _job: subprocess.Popen(["sleep", "600"]))
    yield found
    found.close()


@pytest.fixture
def manifests(api: KubernetesApi, tmp_path: Path) -> list[Manifest]:
    found = render(values_file("production"))
    without_cluster(found, api.kubeconfig(tmp_path / "kubeconfig"))
    return found


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as found:
        yield found


@pytest.fixture
def launcher(manifests: list[Manifest], instance: dg.DagsterInstance) -> K8sRunLauncher:
    settings = yaml.safe_load(of_kind(manifests, "ConfigMap")["zamc-dagster"]["data"]["dagster.yaml"])["run_launcher"]
    data = ConfigurableClassData(settings["module"], settings["class"], yaml.safe_dump(settings["config"]))
    found = data.rehydrate(as_type=K8sRunLauncher)
    found.register_instance(instance)
    return found


def test_a_run_is_watched_explained_and_ended_within_the_role(
    manifests: list[Manifest], launcher: K8sRunLauncher, instance: dg.DagsterInstance, api: KubernetesApi
) -> None:
    run = instance.create_run_for_job(nothing, status=dg.DagsterRunStatus.STARTED)
    job = f"dagster-run-{run.run_id}"
    api.create({"metadata": {"name": job}, "spec": {"template": {"spec": {"containers": []}}}})

    assert launcher.check_run_worker_health(run).status.value == "RUNNING"
    assert launcher.get_run_worker_debug_info(run, include_container_logs=True)
    assert launcher.terminate(run.run_id)

    assert api.processes[job].wait(timeout=60) != 0
    used = {*api.calls, ("batch", "jobs", "create")}
    assert used <= granted(manifests)
    # get is what an operator's kubectl needs to look at one object; nothing else is granted beyond what is used.
    assert {grant for grant in granted(manifests) - used if grant[2] != "get"} <= {("batch", "jobs", "list"), ("", "events", "list")}


def granted(manifests: list[Manifest]) -> set[tuple[str, str, str]]:
    """(API group, resource, verb) of the launcher's Role."""
    rules = of_kind(manifests, "Role")["zamc-launcher"]["rules"]
    return {
        (group, resource, verb) for rule in rules for group in rule["apiGroups"] for resource in rule["resources"] for verb in rule["verbs"]
    }

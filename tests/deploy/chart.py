"""The chart, rendered by Helm's own library; no cluster is needed."""

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.deploy.needs import need

CHART = Path("deploy/helm/zamc")
DIGEST = "sha256:" + "0123456789abcdef" * 4
Manifest = dict[str, Any]


def values_file(environment: str) -> dict[str, Any]:
    """values-dev, -staging or -production.yaml; with a digest, which each release names itself."""
    values: dict[str, Any] = yaml.safe_load((CHART / f"values-{environment}.yaml").read_text())
    if environment != "dev":
        values["image"]["digest"] = DIGEST
    return values


def render(values: Mapping[str, Any], *, release: str = "zamc", namespace: str = "marketing") -> list[Manifest]:
    """Every object. Raises helm_python.HelmError with the chart's own sentences."""
    helm = need("helm_python", "helm-python-sdk")
    with helm.Chart.load(CHART) as chart:
        files = chart.render(dict(values), name=release, namespace=namespace)
    texts = (text for name, text in files.items() if not name.endswith(".txt"))
    return [found for text in texts for found in yaml.safe_load_all(text) if found]


def merged(values: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of `values` with `changes` over it, as a second values file would be."""
    result = copy.deepcopy(dict(values))
    for key, value in changes.items():
        known = result.get(key)
        result[key] = merged(known, value) if isinstance(value, Mapping) and isinstance(known, dict) else value
    return result


def of_kind(manifests: list[Manifest], kind: str) -> dict[str, Manifest]:
    """By name."""
    return {found["metadata"]["name"]: found for found in manifests if found["kind"] == kind}


def pod_specs(manifests: list[Manifest]) -> dict[str, Manifest]:
    """The pod templates of Deployments, Jobs and CronJobs, by the workload's name."""
    jobs = {found["metadata"]["name"]: found["spec"]["jobTemplate"] for found in manifests if found["kind"] == "CronJob"}
    jobs |= {found["metadata"]["name"]: found for found in manifests if found["kind"] in ("Deployment", "Job")}
    return {name: found["spec"]["template"] for name, found in jobs.items()}

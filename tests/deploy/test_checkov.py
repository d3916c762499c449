"""checkov finds nothing in what is deployed. Each skip stands with its reason beside what it is about, and is counted here.

Only in `make deploy-check` (see conftest.py): checkov has an environment of its own, build/checkov.
"""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.chart import render, values_file
from tests.deploy.pods import DOCKERFILE

CHECKOV = Path(os.environ.get("ZAMC_CHECKOV", "build/checkov/bin/checkov")).absolute()


def scan(file: Path, framework: str) -> dict[str, Any]:
    command = [str(CHECKOV), "--file", str(file), "--framework", framework, "--skip-download", "--output", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=file.parent)
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def failed(report: dict[str, Any]) -> list[tuple[str, str]]:
    return [(check["check_id"], check["resource"]) for check in report["results"]["failed_checks"]]


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_the_chart(environment: str, tmp_path: Path) -> None:
    """values-dev.yaml is not held against it: it is for a cluster of one's own, with its secrets in the file."""
    file = tmp_path / "rendered.yaml"
    file.write_text(yaml.safe_dump_all(render(values_file(environment))))
    report = scan(file, "kubernetes")
    assert failed(report) == []
    assert report["summary"]["passed"] > 500
    skipped = {(check["check_id"], check["resource"].rpartition(".")[2]) for check in report["results"]["skipped_checks"]}
    assert skipped == {("CKV_K8S_38", "zamc-daemon"), ("CKV_K8S_38", "zamc-webserver"), ("CKV_K8S_9", "zamc-daemon")}


def test_a_planted_fault_is_found(tmp_path: Path) -> None:
    manifests = render(values_file("production"))
    for found in manifests:
        if found["metadata"]["name"] == "zamc-api" and found["kind"] == "Deployment":
            found["spec"]["template"]["spec"]["containers"][0]["securityContext"]["readOnlyRootFilesystem"] = False
    file = tmp_path / "rendered.yaml"
    file.write_text(yaml.safe_dump_all(manifests))
    assert [check for check, _ in failed(scan(file, "kubernetes"))] == ["CKV_K8S_22"]


def test_the_dockerfile(tmp_path: Path) -> None:
    file = tmp_path / "Dockerfile"
    file.write_text(DOCKERFILE.read_text())
    report = scan(file, "dockerfile")
    assert failed(report) == []
    assert {check["check_id"] for check in report["results"]["skipped_checks"]} == {"CKV_DOCKER_7"}

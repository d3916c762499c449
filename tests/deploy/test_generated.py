"""What deploy/ says of settings and of dagster.yaml is what the code says today."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from cli.dagster_yaml import compose_settings, local_settings, shared_settings
from cli.deploy_files import FILES, FOLDER, env_example, variables


@pytest.mark.parametrize(("name", "make"), FILES.items())
def test_a_generated_file_is_not_stale(name: str, make: Callable[[], str]) -> None:
    assert (FOLDER / name).read_text() == make(), "run: python -m cli.reference"


def test_the_example_holds_every_plain_variable_and_no_secret() -> None:
    offered = {line[1:].split("=")[0] for line in env_example().splitlines() if line.startswith("#ZAMC_")}
    assert {name for name, secret in variables().items() if secret}.isdisjoint(offered)
    assert {"ZAMC_ENVIRONMENT", "ZAMC_LOOK_BACK_DAYS", "ZAMC_META_TOKEN_FILE"} <= offered


def test_local_and_compose_differ_in_launcher_queue_and_folder_alone() -> None:
    local, compose = local_settings(Path("/home/me/dagster")), compose_settings()
    assert local.keys() == compose.keys()
    differing = {key for key in local if local[key] != compose[key]}
    assert differing == {"run_launcher", "run_coordinator", "compute_logs", "local_artifact_storage"}


def test_the_chart_carries_the_shared_part() -> None:
    carried = yaml.safe_load((FOLDER / "helm/zamc/files/dagster.yaml").read_text())
    assert carried == {key: value for key, value in compose_settings().items() if key not in ("run_launcher", "run_coordinator")}
    assert carried == shared_settings(Path("/var/lib/zamc/dagster"))

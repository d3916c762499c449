"""The asset graph of both code locations as plain text, so that a review sees what a change does to it.

Write it anew after an intended change:  .venv/bin/python -m tests.zamc_pipelines.asset_graph
"""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
from dagster._core.definitions.repository_definition import RepositoryDefinition

from resources.dbt import prepare_manifest

FILE = Path(__file__).with_name("asset_graph.txt")


@dataclass(frozen=True)
class DataAsset:
    """A data asset that a code location can make; upstream also names what another location makes, or nobody."""

    group: str
    upstream: frozenset[str]
    partitioned: bool


@dataclass(frozen=True)
class Location:
    """One entry of workspace.yaml."""

    name: str
    assets: dict[str, DataAsset]
    repository: RepositoryDefinition


def locations() -> list[Location]:
    """Both code locations, loaded in this process."""
    prepare_manifest()
    with warnings.catch_warnings():
        # Single-run backfills are what the performance assets stand on, beta or not.
        warnings.simplefilter("ignore", dg.BetaWarning)
        from zamc_pipelines import definitions, reporting
    return [_location("zamc_pipelines", definitions.defs), _location("reporting", reporting.defs)]


def _location(name: str, defs: dg.Definitions) -> Location:
    graph = defs.resolve_asset_graph()
    nodes = {key.to_user_string(): graph.get(key) for key in graph.get_all_asset_keys()}
    assets = {
        key: DataAsset(node.group_name, frozenset(parent.to_user_string() for parent in node.parent_keys), node.partitions_def is not None)
        for key, node in nodes.items()
        if node.is_materializable
    }
    return Location(name, assets, defs.get_repository_def())


def text(of: list[Location]) -> str:
    """One paragraph per code location and group, one per kind of automation."""
    return "".join(f"{line}\n" for location in of for line in _lines(location))


def _lines(location: Location) -> Iterator[str]:
    yield f"code location {location.name}"
    for group in sorted({asset.group for asset in location.assets.values()}):
        yield f"  group {group}"
        for key, asset in sorted(location.assets.items()):
            if asset.group == group:
                yield f"    {key}{' [by day]' if asset.partitioned else ''} <- {', '.join(sorted(asset.upstream)) or '(nothing)'}"
    repository = location.repository
    for job in sorted(repository.get_all_jobs(), key=lambda job: job.name):
        if not job.name.startswith("__"):
            selected = sorted(key.to_user_string() for key in job.asset_layer.selected_asset_keys)
            yield f"  job {job.name}{' [by day]' if job.partitions_def else ''}: {', '.join(selected)}"
    for schedule in sorted(repository.schedule_defs, key=lambda schedule: schedule.name):
        yield f"  schedule {schedule.name}: {schedule.cron_schedule} {schedule.job_name} {schedule.default_status.value}"
    for sensor in sorted(repository.sensor_defs, key=lambda sensor: sensor.name):
        yield f"  sensor {sensor.name}: {', '.join(target.job_name for target in sensor.targets)} {sensor.default_status.value}"


if __name__ == "__main__":
    FILE.write_text(text(locations()))

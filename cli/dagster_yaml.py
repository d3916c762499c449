"""dagster.yaml of every deployment, from one template: the launcher, the folder and the bound on runs are all that differs.

The local stack writes its own at each start; `python -m cli.reference` writes what Compose and the Helm chart carry.
"""

from collections.abc import Mapping
from pathlib import PurePath, PurePosixPath

import yaml

# Where Dagster may write in the image. DAGSTER_HOME itself is /etc/zamc/dagster and read-only: it holds dagster.yaml.
IMAGE_STATE = PurePosixPath("/var/lib/zamc/dagster")
_KEEP_TICKS_DAYS = {"skipped": 1, "failure": 7, "success": 7}


def shared_settings(folder: PurePath) -> dict[str, object]:
    """What all deployments have in common. folder: where Dagster may write. The storage's address comes from the environment."""
    return {
        # One database for runs, events and schedules. psycopg2, by the URL's scheme: under psycopg 3 dagster-postgres fails on NOTIFY.
        "storage": {"postgres": {"postgres_url": {"env": "ZAMC_DAGSTER_DATABASE_URL"}}},
        "run_monitoring": {
            "enabled": True,
            "poll_interval_seconds": 10,
            # Counts from the launch, so that it covers waiting in a launcher's own queue, or for a node.
            "start_timeout_seconds": 1800,
            # Longer than the grace that a launcher gives a run to end by itself.
            "cancel_timeout_seconds": 180,
            "max_resume_run_attempts": 0,
            "max_runtime_seconds": 3600,
        },
        # Ticks in threads: otherwise a slow sensor holds up the others, and the daemon's 5 s grid slips.
        "sensors": {"use_threads": True, "num_workers": 4, "num_submit_workers": 10},
        # A sensor that looks every 5 s writes 17,000 ticks a day, and by default those that did something are kept for ever.
        "retention": {kind: {"purge_after_days": dict(_KEEP_TICKS_DAYS)} for kind in ("sensor", "schedule")},
        "compute_logs": {
            "module": "dagster._core.storage.local_compute_log_manager",
            "class": "LocalComputeLogManager",
            "config": {"base_dir": str(folder / "compute-logs")},
        },
        "local_artifact_storage": {
            "module": "dagster._core.storage.root",
            "class": "LocalArtifactStorage",
            "config": {"base_dir": str(folder / "artifacts")},
        },
        "telemetry": {"enabled": False},
        "nux": {"enabled": False},
    }


def local_settings(folder: PurePath) -> dict[str, object]:
    """One machine: runs are forked by the launcher's server."""
    return {
        # A queue would add its own daemon's interval to every run; the launcher bounds the runs at work.
        "run_coordinator": {"module": "dagster._core.run_coordinator", "class": "DefaultRunCoordinator"},
        "run_launcher": {
            "module": "zamc_pipelines.launcher",
            "class": "ForkingRunLauncher",
            "config": {"socket": {"env": "ZAMC_LAUNCHER_SOCKET"}},
        },
        **shared_settings(folder),
    }


def compose_settings() -> dict[str, object]:
    """Containers on one machine: a run is a process in its code location's container."""
    return {
        "run_coordinator": queue({"env": "ZAMC_MAX_RUNS"}),
        "run_launcher": {"module": "dagster._core.launcher", "class": "DefaultRunLauncher"},
        **shared_settings(IMAGE_STATE),
    }


def queue(most_runs: "int | Mapping[str, str]") -> dict[str, object]:
    """A coordinator that holds back what is more than `most_runs` at once."""
    return {
        "module": "dagster._core.run_coordinator.queued_run_coordinator",
        "class": "QueuedRunCoordinator",
        "config": {"max_concurrent_runs": most_runs, "dequeue_interval_seconds": 2},
    }


def workspace(servers: Mapping[str, tuple[str, int]]) -> dict[str, object]:
    """workspace.yaml: code locations that run by themselves, so that the webserver and the daemon never import our code.

    servers: location name to host and port.
    """
    return {
        "load_from": [
            {"grpc_server": {"host": host, "port": port, "location_name": location}} for location, (host, port) in servers.items()
        ]
    }


def to_yaml(settings: Mapping[str, object]) -> str:
    """As a file holds it, in the order given."""
    return yaml.safe_dump(dict(settings), sort_keys=False)

"""dagster.yaml and workspace.yaml of the embedded stack, written anew at each start: they follow the ports, and hold no password."""

from collections.abc import Mapping

import yaml

from cli.local.home import Home, write_atomically

CODE_LOCATIONS = {"zamc_pipelines": "code-pipelines", "reporting": "code-reporting"}
_KEEP_TICKS_DAYS = {"skipped": 1, "failure": 7, "success": 7}


def write_dagster_files(home: Home, ports: Mapping[str, int]) -> None:
    """DAGSTER_HOME/dagster.yaml and workspace.yaml. Raises OSError."""
    folder = home.folder("dagster")
    write_atomically(folder / "dagster.yaml", yaml.safe_dump(instance_settings(home), sort_keys=False))
    write_atomically(folder / "workspace.yaml", yaml.safe_dump(workspace(ports), sort_keys=False))


def instance_settings(home: Home) -> dict[str, object]:
    """What dagster.yaml says, as its schema wants it."""
    return {
        # One database for runs, events and schedules. psycopg2, by the URL's scheme: under psycopg 3 dagster-postgres fails on NOTIFY.
        "storage": {"postgres": {"postgres_url": {"env": "ZAMC_DAGSTER_DATABASE_URL"}}},
        # A queue would add its own daemon's interval to every run; the launcher bounds the runs at work.
        "run_coordinator": {"module": "dagster._core.run_coordinator", "class": "DefaultRunCoordinator"},
        "run_launcher": {
            "module": "zamc_pipelines.launcher",
            "class": "ForkingRunLauncher",
            "config": {"socket": {"env": "ZAMC_LAUNCHER_SOCKET"}},
        },
        "run_monitoring": {
            "enabled": True,
            "poll_interval_seconds": 10,
            # Counts from the launch, so that it covers waiting in the launcher's own queue.
            "start_timeout_seconds": 1800,
            # Longer than the grace that the launcher gives a run to end by itself.
            "cancel_timeout_seconds": 180,
            "max_resume_run_attempts": 0,
            "max_runtime_seconds": 3600,
        },
        # Ticks in threads: otherwise a slow sensor holds up the others, and the daemon's 5 s grid slips.
        "sensors": {"use_threads": True, "num_workers": 4, "num_submit_workers": 4},
        # A sensor that looks every 5 s writes 17,000 ticks a day, and by default those that did something are kept for ever.
        "retention": {kind: {"purge_after_days": dict(_KEEP_TICKS_DAYS)} for kind in ("sensor", "schedule")},
        "compute_logs": {
            "module": "dagster._core.storage.local_compute_log_manager",
            "class": "LocalComputeLogManager",
            "config": {"base_dir": str(home.folder("dagster") / "compute-logs")},
        },
        "local_artifact_storage": {
            "module": "dagster._core.storage.root",
            "class": "LocalArtifactStorage",
            "config": {"base_dir": str(home.folder("dagster") / "artifacts")},
        },
        "telemetry": {"enabled": False},
        "nux": {"enabled": False},
    }


def workspace(ports: Mapping[str, int]) -> dict[str, object]:
    """What workspace.yaml says: code locations that run by themselves, so that the webserver and the daemon never import our code."""
    return {
        "load_from": [
            {"grpc_server": {"host": "127.0.0.1", "port": ports[port], "location_name": location}}
            for location, port in CODE_LOCATIONS.items()
        ]
    }

"""What the server imports once so that no run has to: Dagster's run worker, its storage, and the modules asked for."""

import importlib
import logging
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from zamc_pipelines.launcher.forking import demand_single_thread
from zamc_pipelines.launcher.sources import files_of_error

_LOG = logging.getLogger("zamc.launcher")

OF_EVERY_RUN = (
    "dagster",
    "dagster._cli.api",
    "dagster._core.execution.api",
    "dagster._core.execution.plan.active",
    "dagster._core.executor.in_process",
    "dagster._core.instance.factory",
    "dagster._core.storage.fs_io_manager",
    "dagster._core.storage.local_compute_log_manager",
    "dagster._core.storage.root",
    "dagster._core.system_config.composite_descent",
    "dagster._core.utility_ops",
    "dagster._core.workspace.autodiscovery",
    "dagster._utils.test.definitions",
    "dagster_postgres",
    "fsspec.implementations.local",
    "psycopg2.extras",
    "sqlalchemy.dialects.postgresql.psycopg2",
    "upath.implementations.local",
)
"""Found by comparing sys.modules before and after a run of a trivial job on PostgreSQL storage (Dagster 1.13.27)."""

SINGLE_THREADED = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}
"""numpy's BLAS starts its threads while it is imported unless it may have only one."""


@dataclass
class Preloaded:
    """`mending` are files whose change makes another attempt at the failed imports worthwhile."""

    failed: list[str] = field(default_factory=list)
    mending: set[Path] = field(default_factory=set)


def preload(modules: Iterable[str]) -> Preloaded:
    """Import the modules and build their Definitions.

    A module that cannot be imported is logged and left to the runs, which fail on it with Dagster's own message.
    Raises NotSingleThreaded, naming the module, if an import starts a thread.
    """
    for name, value in SINGLE_THREADED.items():
        os.environ.setdefault(name, value)
    demand_single_thread("the start of the run launcher's server")
    outcome = Preloaded()
    for name in (*OF_EVERY_RUN, *modules):
        started = time.monotonic()
        try:
            module = importlib.import_module(name)
            _build_definitions(module)
        except Exception as error:  # noqa: BLE001 - whatever a project module raises while it is imported
            outcome.failed.append(name)
            outcome.mending |= files_of_error(error)
            _LOG.exception("preload_failed module=%s", name)
        else:
            level = logging.DEBUG if name in OF_EVERY_RUN else logging.INFO
            _LOG.log(level, "preloaded module=%s seconds=%.2f", name, time.monotonic() - started)
        demand_single_thread(f"--preload {name}")
    return outcome


def _build_definitions(module: object) -> None:
    from dagster import Definitions

    for value in tuple(vars(module).values()):
        if isinstance(value, Definitions):
            value.get_repository_def().get_all_jobs()

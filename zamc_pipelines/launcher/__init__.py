"""Runs on one machine, forked from a preloaded process: `ForkingRunLauncher` here, its server in `server`."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zamc_pipelines.launcher.launcher import ForkingRunLauncher

__all__ = ["ForkingRunLauncher"]


def __getattr__(name: str) -> Any:
    """The class is loaded on demand, so that the server listens before it imports Dagster."""
    if name == "ForkingRunLauncher":
        from zamc_pipelines.launcher.launcher import ForkingRunLauncher

        return ForkingRunLauncher
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""A launch on fake platforms, as the tests of zamc/deployments/ have it."""

from tests.zamc.deployments.conftest import stage

__all__ = ["stage"]

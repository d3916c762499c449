"""How old a data asset may become before somebody is told, for all of them in one place: by group, in each code location."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import dagster as dg

# The daily schedules run once a day; a day and a few hours means that one of them did not. Hours before it fails, it warns.
_DAILY = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=30), warn_window=timedelta(hours=26))
# Watched every quarter of an hour.
_WATCHED = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=2), warn_window=timedelta(hours=1))

# Groups that wait for people (planning, creatives) have none: no brief is no fault.
BY_GROUP = {"analytics": _DAILY, "reporting": _DAILY, "optimisation": _DAILY}
BY_NAME = {"deployment_status": _WATCHED}


def with_freshness(assets: Iterable[Any]) -> list[Any]:
    """The same data assets, with a policy on each that is made here and that has one."""
    return list(dg.map_asset_specs(_with_policy, assets))


def _with_policy(spec: dg.AssetSpec) -> dg.AssetSpec:
    policy = BY_NAME.get(spec.key.to_user_string()) or BY_GROUP.get(spec.group_name or "")
    return spec if policy is None else dg.apply_freshness_policy(spec, policy)

"""reporting: the dbt models, one data asset each; their tests are asset checks.

Imported by zamc_pipelines.reporting alone: dagster-dbt costs more to import than Dagster itself.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtCliResource, DbtProject, dbt_assets

from resources.dbt import manifest as prepared_manifest
from resources.dbt import use_database
from resources.platform import Zamc
from resources.tracing import data_asset, dbt_nodes

# Which data assets write the tables that dbt reads: what draws the lineage from brief to report. Others keep a key of their own.
_WRITTEN_BY = {
    "analytics": ("google_ads_performance", "meta_ads_performance"),
    "analytics_conversions": ("google_ads_performance", "meta_ads_performance"),
    "analytics_days": ("google_ads_performance", "meta_ads_performance"),
    "conversion_actions": ("google_ads_performance", "meta_ads_performance"),
    "fx_rates": ("exchange_rates",),
    "nowcasts": ("conversion_nowcasts",),
    "strategies": ("strategies",),
    "assets": ("ad_copy", "ad_images", "ad_videos"),
    "deployments": ("google_ads_deployments", "meta_ads_deployments"),
}


class ReportingTranslator(DagsterDbtTranslator):
    """dbt's nodes as data assets: one group, and sources that are the data assets which write them."""

    def __init__(self) -> None:
        super().__init__(DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True, enable_source_metadata=False))

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        writers = _WRITTEN_BY.get(dbt_resource_props["name"]) if dbt_resource_props["resource_type"] == "source" else None
        return dg.AssetKey(writers[0]) if writers else super().get_asset_key(dbt_resource_props)

    def get_asset_spec(self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None) -> dg.AssetSpec:
        """A source has one key in dagster-dbt; where two data assets write a table, the model depends on both."""
        spec = super().get_asset_spec(manifest, unique_id, project)
        keys = [dep.asset_key for dep in spec.deps]
        others = {writers[0]: writers[1:] for writers in _WRITTEN_BY.values()}
        more = {dg.AssetKey(other) for key in keys for other in others.get(key.to_user_string(), ())} - set(keys)
        return spec.replace_attributes(
            deps=[*spec.deps, *(dg.AssetDep(key) for key in sorted(more))], group_name="reporting", owners=["team:data"]
        )


class Build(dg.Config):
    """full: build everything from the facts again. everything: let the tests look at all days and not only at those that were touched."""

    full: bool = False
    everything: bool = False

    @property
    def arguments(self) -> list[str]:
        """Unit tests check formulas and not data: they run with the code's own tests."""
        check = ["--vars", '{"check": "everything"}'] if self.full or self.everything else []
        return ["build", "--exclude-resource-type", "unit_test", *check, *(["--full-refresh"] if self.full else [])]


@dbt_assets(manifest=prepared_manifest(), dagster_dbt_translator=ReportingTranslator(), name="reports")
def reports(context: dg.AssetExecutionContext, zamc: Zamc, dbt: DbtCliResource, config: Build) -> Iterator[Any]:
    """One `dbt build` over whatever is selected: the days that were read or revised since the last one."""
    from zamc.analytics.report_repository import one_build_at_a_time

    use_database(zamc.services.settings.database_url.get_secret_value())
    with data_asset("reports"), one_build_at_a_time(zamc.services.database):
        build = dbt.cli(config.arguments, context=context)
        try:
            yield from build.stream()
        finally:
            dbt_nodes(build.target_path / "run_results.json")

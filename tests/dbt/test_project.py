"""How the project connects, and that its manifest is made when and only when it is needed."""

import json
import os
import re
import time
from decimal import Decimal
from pathlib import Path

import pytest

from cli.metrics_page import PAGE, with_metrics
from resources import dbt
from resources.dbt import connection_environment
from tests.dbt.conftest import Reports
from zamc.analytics.metrics import metrics
from zamc.analytics.rules import Grain
from zamc.errors import ConfigurationError
from zamc.platforms.google_ads.report_queries import REPORTS as GOOGLE
from zamc.platforms.meta_ads.insight_queries import REPORTS as META


def test_a_connection_is_read_from_the_one_setting_that_the_core_has() -> None:
    found = dbt.connection_environment("postgresql+psycopg://zamc_app:p%40ss%2Fword@db.example:6543/zamc?sslmode=verify-full")
    assert found == {
        "ZAMC_REPORTING_HOST": "db.example",
        "ZAMC_REPORTING_PORT": "6543",
        "ZAMC_REPORTING_USER": "zamc_app",
        "DBT_ENV_SECRET_ZAMC_REPORTING_PASSWORD": "p@ss/word",
        "ZAMC_REPORTING_DATABASE": "zamc",
        "ZAMC_REPORTING_SSLMODE": "verify-full",
    }


def test_the_manifest_is_made_again_only_when_a_source_is_newer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = tmp_path / "dbt"
    (project / "models").mkdir(parents=True)
    (project / "dbt_project.yml").write_text("name: little\nversion: '1.0.0'\nprofile: zamc_reporting\n")
    (project / "profiles.yml").write_text((dbt.PROJECT / "profiles.yml").read_text())
    (project / "models" / "one.sql").write_text("select 1 as one")
    monkeypatch.setattr(dbt, "PROJECT", project)
    monkeypatch.setattr(dbt, "MANIFEST", project / "target" / "manifest.json")

    with pytest.raises(ConfigurationError, match=r"run `python -m resources\.dbt`"):
        dbt.manifest()
    assert dbt.prepare_manifest() == dbt.manifest()
    made = dbt.MANIFEST.stat().st_mtime_ns
    dbt.prepare_manifest()
    assert dbt.MANIFEST.stat().st_mtime_ns == made

    (project / "models" / "one.sql").write_text("select 1 as one from {{ ref('nowhere') }}")
    later = time.time() + 10
    os.utime(project / "models" / "one.sql", (later, later))
    with pytest.raises(ConfigurationError, match="nowhere"):
        dbt.prepare_manifest()


def test_the_reports_know_which_platform_answers_which_grain() -> None:
    """What is not asked of a platform must not stand in its reports as credited to nobody."""
    macro = (dbt.PROJECT / "macros" / "not_attributed.sql").read_text()
    only_google = set(re.findall(r"'(\w+)': \['google_ads'\]", macro))
    assert only_google == {grain.value for grain in set(GOOGLE) - set(META)}
    assert set(META) <= set(GOOGLE)
    assert set(GOOGLE) == set(Grain)


def test_every_metric_is_defined_once_and_explained_as_it_is_defined() -> None:
    page = PAGE.read_text()
    assert with_metrics(page) == page, "run `python -m cli.metrics_page`"
    formulas = [path for path in (dbt.PROJECT / "models").rglob("*.sql") if re.search(r"ratio\('(?!spent_micros)", path.read_text())]
    assert formulas == []
    found = metrics()
    sums = {"impressions", "clicks", "spend", "conversions", "conversions_expected", "value"}
    assert {name for name, metric in found.items() if not metric.is_ratio} == sums
    assert found["cpa"].of({"spend": Decimal(10), "conversions": Decimal(4)}) == Decimal("2.5")
    assert found["cpa"].of({"spend": Decimal(10), "conversions": 0}) is None


def test_the_docs_are_made_without_a_network(reports: Reports, tmp_path: Path) -> None:
    """No package is fetched and nothing is sent: the page is there with every model, metric and exposure in it."""
    environment = connection_environment(reports.urls.app_url) | {"https_proxy": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9"}
    done = dbt.dbt("--no-use-colors", "docs", "generate", environment=environment, target=tmp_path)
    assert done.returncode == 0, done.stdout
    found = json.loads((tmp_path / "manifest.json").read_text())
    assert {"metric.zamc_reporting.roas", "metric.zamc_reporting.cpa"} <= found["metrics"].keys()
    assert "exposure.zamc_reporting.dashboard_campaign" in found["exposures"]
    catalog = json.loads((tmp_path / "catalog.json").read_text())
    columns = catalog["nodes"]["model.zamc_reporting.campaign_daily"]["columns"]
    assert {"roas", "is_moving", "conversions_expected", "cpa_expected", "completeness", "spend_in_reporting_currency"} <= columns.keys()
    assert (tmp_path / "index.html").stat().st_size > 100_000
    described = found["nodes"]["model.zamc_reporting.campaign_daily"]["columns"]
    assert not [name for name, column in described.items() if not column["description"] and name not in ("platform", "strategy_id")]

"""How the project connects, and that its manifest is made when and only when it is needed."""

import os
import time
from pathlib import Path

import pytest

from resources import dbt
from zamc.errors import ConfigurationError


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

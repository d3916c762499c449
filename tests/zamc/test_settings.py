"""Where settings come from: the environment, and for secrets files too."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from zamc.errors import ConfigurationError
from zamc.settings import Settings, settings

SECRETS = {
    "ZAMC_DATABASE_URL": "postgresql+psycopg://zamc_app:from-a-file@db:5432/zamc",
    "ZAMC_NATS_URL": "nats://zamc:n@nats:4222",
    "ZAMC_REDIS_URL": "redis://:r@valkey:6379/0",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Secrets as a container finds them: a file each, with the newline that editors and `kubectl create secret` leave."""
    for name in Settings.model_fields:
        monkeypatch.delenv(f"ZAMC_{name.upper()}", raising=False)
    for name, value in SECRETS.items():
        (tmp_path / name).write_text(f"{value}\n")
    monkeypatch.setenv("ZAMC_SECRETS_DIR", str(tmp_path))
    monkeypatch.setenv("ZAMC_OBJECTS_URL", "file:///objects")
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


def test_secrets_may_lie_in_files(folder: Path) -> None:
    read = settings()
    assert read.database_url.get_secret_value() == SECRETS["ZAMC_DATABASE_URL"]
    assert read.redis_url.get_secret_value() == SECRETS["ZAMC_REDIS_URL"]
    assert read.secrets_dir == folder


def test_the_environment_wins_over_a_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZAMC_NATS_URL", "nats://elsewhere:4222")
    assert settings().nats_url.get_secret_value() == "nats://elsewhere:4222"


def test_a_secret_in_neither_place_is_named(folder: Path) -> None:
    (folder / "ZAMC_REDIS_URL").unlink()
    with pytest.raises(ConfigurationError, match="ZAMC_REDIS_URL: Field required"):
        settings()


def test_a_folder_that_is_not_there_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZAMC_SECRETS_DIR", str(folder / "missing"))
    with pytest.raises(ConfigurationError, match=r"ZAMC_SECRETS_DIR: .*missing is not a folder; mount the secrets there"):
        settings()


def test_no_value_stands_in_an_error(folder: Path) -> None:
    (folder / "ZAMC_LOOK_BACK_DAYS").write_text("hunter2")
    with pytest.raises(ConfigurationError, match="ZAMC_LOOK_BACK_DAYS") as told:
        settings()
    assert "hunter2" not in str(told.value)


def test_when_alerts_are_told_is_a_matter_of_settings(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import timedelta

    from zamc.bootstrap import Services

    for name, seconds in (("STOP_UNCONFIRMED", "60"), ("STUCK", "120"), ("SILENT", "180")):
        monkeypatch.setenv(f"ZAMC_ALERT_{name}_SECONDS", seconds)
    limits = Services(settings()).deployments.limits
    assert (limits.unconfirmed_for, limits.stuck_after, limits.silent_for) == tuple(timedelta(minutes=n) for n in (1, 2, 3))
    assert folder.is_dir()

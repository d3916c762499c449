"""The list of services, and the files that are written for them."""

from pathlib import Path

import pytest
import yaml
from dagster._core.instance.config import dagster_instance_config

from cli.local.dagster_files import write_dagster_files
from cli.local.environment import MODELS, PORT_NAMES, base_environment, stack_environment
from cli.local.home import Home
from cli.local.sandbox_files import sandbox_environment, write_credentials
from cli.local.secrets import Secrets
from cli.local.services import Service
from cli.local.stack import embedded_services
from tests.deploy.pods import image_environment

PORTS = {name: 20_000 + number for number, name in enumerate(PORT_NAMES)}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    home.prepare()
    return home


def build(home: Home, *wanted: str, **commands: list[str]) -> dict[str, Service]:
    secrets = Secrets(home.folder("secrets"))
    environment = {**base_environment(home), **stack_environment(home, PORTS, secrets)}
    services = embedded_services(
        home, ports=PORTS, secrets=secrets, environment=environment, wanted=wanted, commands=commands, durable=True
    )
    return {service.name: service for service in services}


def test_each_service_depends_on_services_that_exist(home: Home) -> None:
    services = build(home)
    assert {"initdb", "postgres", "nats", "valkey", "sandbox", "migrate", "relay", "launcher", "daemon", "api"} <= set(services)
    assert {name for service in services.values() for name in service.depends_on} <= set(services)


def test_a_part_of_the_list_stands_alone(home: Home) -> None:
    assert build(home, "relay", "nats")["relay"].depends_on == ("nats",)
    assert set(build(home, "postgres")) == {"initdb", "postgres"}


def test_a_command_can_be_replaced(home: Home) -> None:
    assert build(home, "sandbox", sandbox=["/bin/true"])["sandbox"].argv == ("/bin/true",)


def test_every_port_has_one_owner(home: Home) -> None:
    owned = [name for service in build(home).values() for name in service.port_names]
    assert sorted(owned) == sorted(PORT_NAMES)


def test_only_migrations_act_as_the_owner_of_the_tables(home: Home) -> None:
    holders = {name for name, service in build(home).items() if "ZAMC_DATABASE_OWNER_URL" in service.environment}
    assert holders == {"migrate"}


def test_the_servers_know_no_password_of_others_and_no_command_line_has_one(home: Home) -> None:
    services = build(home)
    secrets = {file.read_text().strip() for file in home.folder("secrets").iterdir()}
    assert len(secrets) > 5
    for service in services.values():
        assert not [word for word in service.argv if any(secret in word for secret in secrets)], service.name
    for name in ("initdb", "postgres", "nats", "valkey"):
        assert not [value for value in services[name].environment.values() if any(secret in value for secret in secrets)], name


def test_children_write_bytecode_and_know_whose_they_are(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    for service in build(home).values():
        assert "PYTHONDONTWRITEBYTECODE" not in service.environment
        assert service.environment["ZAMC_SUPERVISED_HOME"] == str(home.root)


def test_children_keep_as_little_freed_memory_as_they_do_in_a_container(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MALLOC_ARENA_MAX", raising=False)
    assert {service.environment["MALLOC_ARENA_MAX"] for service in build(home).values()} == {image_environment()["MALLOC_ARENA_MAX"]}
    monkeypatch.setenv("MALLOC_ARENA_MAX", "7")
    assert {service.environment["MALLOC_ARENA_MAX"] for service in build(home).values()} == {"7"}, "whoever says otherwise is heard"


def test_loopback_never_goes_through_a_proxy(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "intranet.example,localhost")
    environment = stack_environment(home, PORTS, Secrets(home.folder("secrets")))
    assert environment["NO_PROXY"] == "intranet.example,localhost,127.0.0.1"
    assert environment["no_proxy"] == "127.0.0.1,localhost"


def test_the_sandboxs_models_are_used_only_where_a_person_says_so(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = Secrets(home.folder("secrets"))
    monkeypatch.delenv(MODELS, raising=False)
    assert not [name for name in stack_environment(home, PORTS, secrets) if name.endswith("_API_KEY")]
    monkeypatch.setenv(MODELS, "sandbox")
    environment = stack_environment(home, PORTS, secrets)
    assert environment["ZAMC_ANTHROPIC_URL"] == f"http://127.0.0.1:{PORTS['sandbox-http']}/models/anthropic"
    assert {environment[f"ZAMC_{name}_API_KEY"] for name in ("OPENAI", "ANTHROPIC", "HUGGINGFACE")} == {secrets.get("sandbox-model-key")}
    assert sandbox_environment(secrets)["SANDBOX_MODEL_KEY"] == secrets.get("sandbox-model-key")


def test_dagster_accepts_its_settings(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    write_dagster_files(home, PORTS)
    monkeypatch.setenv("ZAMC_DAGSTER_DATABASE_URL", "postgresql+psycopg2://dagster:x@127.0.0.1:1/dagster")
    monkeypatch.setenv("ZAMC_LAUNCHER_SOCKET", str(home.launcher_socket))
    settings, custom = dagster_instance_config(str(home.folder("dagster")))
    assert custom is None
    assert settings["sensors"] == {"use_threads": True, "num_workers": 4, "num_submit_workers": 10}
    assert settings["run_launcher"]["class"] == "ForkingRunLauncher"
    assert settings["telemetry"] == {"enabled": False}
    assert "password" not in (home.folder("dagster") / "dagster.yaml").read_text()


def test_the_workspace_names_both_code_locations_by_port(home: Home) -> None:
    write_dagster_files(home, PORTS)
    workspace = yaml.safe_load((home.folder("dagster") / "workspace.yaml").read_text())
    servers = [entry["grpc_server"] for entry in workspace["load_from"]]
    assert {(server["host"], server["port"]) for server in servers} == {
        ("127.0.0.1", PORTS["code-pipelines"]),
        ("127.0.0.1", PORTS["code-reporting"]),
    }


def test_the_credentials_follow_the_ports_and_keep_their_key(home: Home) -> None:
    secrets = Secrets(home.folder("secrets"))
    write_credentials(secrets, PORTS)
    first = yaml.safe_load(secrets.path("service-account.json").read_text())
    write_credentials(secrets, {**PORTS, "sandbox-http": 31_999, "sandbox-google": 31_998})
    second = yaml.safe_load(secrets.path("service-account.json").read_text())
    assert second["private_key"] == first["private_key"]
    assert second["token_uri"] == "http://127.0.0.1:31999/oauth2/token"
    google = yaml.safe_load(secrets.path("google-ads.yaml").read_text())
    assert google["endpoint"] == "localhost:31998"
    assert google["developer_token"] == secrets.get("sandbox-developer-token")
    for file in ("service-account.json", "google-ads.yaml"):
        assert secrets.path(file).stat().st_mode & 0o777 == 0o600

"""docker-compose.yml: a model that Compose accepts, closed under every profile, hardened, and with the chart's commands."""

import copy
import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from tests.deploy.chart import pod_specs, render, values_file
from tests.deploy.compose import FILE, PROFILES, Model, faults, model, not_closed
from tests.deploy.needs import need

# compose-lint, rule by rule: what we know better. Anything else fails.
ACCEPTED = {
    "CL-0004": "zamc:dev is what `make compose-up` builds; a release names its own image in .env",
    "CL-0019": "no registry can be asked here for digests; docs/deploy.md says how a release pins them",
    "CL-0020": "ZAMC_SECRETS_DIR is a folder, and holds no secret itself",
}


@pytest.mark.parametrize("profiles", PROFILES, ids="+".join)
def test_every_profile_brings_what_its_services_depend_on(profiles: tuple[str, ...]) -> None:
    assert not_closed(model(), profiles) == []


def test_the_specification_accepts_it() -> None:
    parsed = need("compose_spec", "compose-spec").PyCompose.from_json(json.dumps(model()))
    assert {"postgres", "nats", "valkey", "api", "daemon", "sandbox"} <= set(parsed.service_names())


def test_it_is_held_to_our_own_rules() -> None:
    assert faults(model()) == []


def test_the_linter_finds_nothing_but_what_is_explained() -> None:
    need("compose_lint", "compose-lint")
    command = [sys.executable, "-m", "compose_lint", "check", "--no-env", "--format", "json", "--fail-on", "low", str(FILE)]
    findings = json.loads(subprocess.run(command, capture_output=True, text=True, check=False).stdout)
    found = findings if isinstance(findings, list) else findings["findings"]
    assert {finding["rule_id"] for finding in found} == ACCEPTED.keys()
    assert all("ZAMC_SECRETS_DIR" in finding["message"] for finding in found if finding["rule_id"] == "CL-0020")


def _set(path: str, value: object) -> Callable[[Model], None]:
    def change(found: Model) -> None:
        *parents, last = path.split("/")
        target: Any = found["services"]
        for parent in parents:
            target = target[parent]
        target[last] = value

    return change


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (_set("postgres/profiles", ["core"]), "migrate depends on postgres, which apps leaves out: add the profile of migrate to postgres"),
        (_set("relay/depends_on/kafka", {"condition": "service_healthy"}), "relay depends on kafka, which is no service"),
        (_set("api/environment/ZAMC_DATABASE_URL", "postgresql://x"), "api has ZAMC_DATABASE_URL in plain text: make it a file"),
        (_set("api/environment/CACHE", "redis://:hunter2@valkey:6379"), "api has CACHE in plain text"),
        (_set("api/secrets", ["missing"]), "api wants the secret missing, which is not declared"),
        (_set("webserver/ports", ["3000:3000"]), "webserver publishes 3000:3000 to every network: write 127.0.0.1:3000:3000"),
        (_set("daemon/deploy/replicas", 2), "more than one daemon"),
        (_set("nats/image", "nats"), "nats runs nats: name a version"),
        (_set("valkey/read_only", False), "valkey is not hardened"),
        (_set("relay/deploy", {}), "relay has no bound"),
        (_set("relay/healthcheck", None), "relay has no health check"),
        (_set("relay/restart", None), "relay has no restart policy"),
    ],
)
def test_a_planted_fault_is_refused_with_what_to_do(change: Callable[[Model], None], sentence: str) -> None:
    found = copy.deepcopy(model())
    change(found)
    told = [*faults(found), *not_closed(found, ["apps"])]
    assert [told_one for told_one in told if sentence in told_one], told


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (_set("api/comand", ["x"]), "comand"),
        (_set("api/ports", ["127.0.0.1:eighty:8000"]), "port"),
        (_set("api/profiles", {"apps": True}), "expected a set"),
        (_set("api/restart", "sometimes"), "unknown variant `sometimes`"),
    ],
)
def test_the_specification_refuses_a_planted_fault(change: Callable[[Model], None], word: str) -> None:
    found = copy.deepcopy(model())
    change(found)
    with pytest.raises(ValueError, match=word):
        need("compose_spec", "compose-spec").PyCompose.from_json(json.dumps(found))


def test_compose_and_the_chart_run_the_same_commands() -> None:
    """But for how options are written. So what the live test proves of the chart's commands holds here."""
    pods = pod_specs(render(values_file("dev")))
    for name in ("migrate", "archive", "relay", "notifier", "api", "webserver", "daemon", "code-pipelines", "code-reporting"):
        (container,) = pods[f"zamc-{name}"]["spec"]["containers"]
        assert _plain(model()["services"][name]["command"]) == _plain(container["args"]), name


def _plain(arguments: list[str]) -> list[str]:
    return [part for argument in arguments for part in argument.split("=")]


def test_stores_reach_nobody_outside() -> None:
    found = model()
    assert found["networks"]["inner"] == {"internal": True}
    for name in ("postgres", "nats", "valkey", "migrate", "relay", "daemon"):
        assert found["services"][name]["networks"] == ["inner"], name


def test_each_service_has_the_secrets_that_it_needs_and_only_migrations_and_the_archive_the_owners() -> None:
    services = model()["services"]
    owners = {name for name, service in services.items() if "ZAMC_DATABASE_OWNER_URL" in (service.get("secrets") or [])}
    assert owners == {"migrate", "archive"}
    assert services["archive"]["networks"] == ["inner"]
    # Who posts to addresses that customers have named can open nothing but these.
    assert set(services["notifier"]["secrets"]) == {
        *("ZAMC_DATABASE_URL", "ZAMC_NATS_URL", "ZAMC_REDIS_URL", "ZAMC_CREDENTIALS_KEY", "ZAMC_SMTP_URL", "ZAMC_OTLP_HEADERS")
    }
    # Whoever starts everything does not start it: cron does.
    assert services["archive"]["profiles"] == ["archive"]
    for name in ("webserver", "daemon"):
        assert services[name]["secrets"] == ["ZAMC_DAGSTER_DATABASE_URL"]

"""The chart: it renders for every values file, into objects that Kubernetes' own schemas accept, with the properties we rely on."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.deploy_files import variables
from tests.deploy.chart import CHART, Manifest, merged, of_kind, pod_specs, render, values_file
from tests.deploy.needs import need
from tests.deploy.pods import resolves
from tests.deploy.restricted import violations

ENVIRONMENTS = ("dev", "staging", "production")
# The oldest and the newest Kubernetes that the chart is for; kubernetes-validate has the schemas of both.
KUBERNETES = ("1.29", "1.37")
OWNER = "ZAMC_DATABASE_OWNER_URL"


@pytest.fixture(params=ENVIRONMENTS)
def manifests(request: pytest.FixtureRequest) -> list[Manifest]:
    return render(values_file(request.param))


def production(**changes: Any) -> list[Manifest]:
    return render(merged(values_file("production"), changes))


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_lint_is_strict_and_finds_nothing(environment: str) -> None:
    report = need("helm_python", "helm-python-sdk").chart.lint(CHART, values_file(environment), strict=True)
    # 1 is information: the chart has no icon.
    assert [message for message in report["messages"] if message["severity"] > 1] == []
    assert report["errors"] == []


@pytest.mark.parametrize("version", KUBERNETES)
def test_kubernetes_schemas_accept_every_object(manifests: list[Manifest], version: str, tmp_path: Path) -> None:
    need("kubernetes_validate", "kubernetes-validate")
    file = tmp_path / "rendered.yaml"
    file.write_text(yaml.safe_dump_all(manifests))
    done = _validated(file, version)
    lines = done.splitlines()
    # It ends well for a kind that it does not know, with a warning: that is a failure here.
    assert [line for line in lines if not line.startswith("INFO")] == []
    assert len(lines) == len(manifests)


def test_the_validator_would_see_a_fault(tmp_path: Path) -> None:
    need("kubernetes_validate", "kubernetes-validate")
    manifest = of_kind(production(), "Deployment")["zamc-api"]
    manifest["spec"]["replikas"] = 2
    file = tmp_path / "rendered.yaml"
    file.write_text(yaml.safe_dump(manifest))
    assert "replikas" in _validated(file, KUBERNETES[0])
    file.write_text(yaml.safe_dump({**manifest, "kind": "Deploiment"}))
    assert not _validated(file, KUBERNETES[0]).startswith("INFO")


def _validated(file: Path, version: str) -> str:
    command = [sys.executable, "-m", "kubernetes_validate", "--strict", "-k", version, str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).strip()


def test_every_pod_is_admitted_under_the_restricted_standard(manifests: list[Manifest]) -> None:
    found = pod_specs(manifests)
    assert len(found) == 9
    assert [(name, violations(template)) for name, template in found.items() if violations(template)] == []


def test_the_standard_would_see_a_fault() -> None:
    template = pod_specs(production())["zamc-relay"]
    template["spec"]["containers"][0]["securityContext"]["capabilities"] = {"add": ["NET_RAW"]}
    template["spec"]["securityContext"]["runAsUser"] = 0
    template["spec"]["volumes"].append({"name": "host", "hostPath": {"path": "/"}})
    assert len(violations(template)) == 3


def test_there_is_exactly_one_daemon_during_an_upgrade_too(manifests: list[Manifest]) -> None:
    daemon = of_kind(manifests, "Deployment")["zamc-daemon"]["spec"]
    assert daemon["replicas"] == 1
    assert daemon["strategy"] == {"type": "Recreate"}
    assert "zamc-daemon" not in of_kind(manifests, "HorizontalPodAutoscaler")


def test_every_container_runs_the_one_image_by_its_digest_and_has_its_probes() -> None:
    pods = pod_specs(production())
    containers = {name: template["spec"]["containers"][0] for name, template in pods.items()}
    assert len({container["image"] for container in containers.values()}) == 1
    assert "@sha256:" in containers["zamc-api"]["image"]
    for name, container in containers.items():
        if name not in {"zamc-migrate", "zamc-archive"}:
            assert {"startupProbe", "livenessProbe"} <= container.keys(), name


def test_only_migrations_and_the_archive_have_the_owners_address_and_only_dagster_its_own(manifests: list[Manifest]) -> None:
    mounted = {name: _secrets(template) for name, template in pod_specs(manifests).items()}
    assert {name for name, keys in mounted.items() if OWNER in keys} == {"zamc-migrate", "zamc-archive"}
    assert mounted["zamc-webserver"] == mounted["zamc-daemon"] == {"ZAMC_DAGSTER_DATABASE_URL"}
    ours = {name for name, secret in variables().items() if secret} - {OWNER}
    models = {name for name in ours if name.endswith("_API_KEY")}
    assert mounted["zamc-api"] == mounted["zamc-relay"] == ours - models
    assert mounted["zamc-code-pipelines"] == ours | {"ZAMC_DAGSTER_DATABASE_URL"}


def test_only_what_runs_strategies_and_creatives_has_the_keys_of_model_providers(manifests: list[Manifest]) -> None:
    keys = {f"ZAMC_{name}_API_KEY" for name in ("OPENAI", "ANTHROPIC", "HUGGINGFACE")}
    assert keys <= variables().keys()
    mounted = {name: _secrets(template) for name, template in pod_specs(manifests).items()}
    assert {name for name, found in mounted.items() if found & keys} <= {"zamc-code-pipelines", "zamc-code-reporting"}
    assert keys <= mounted["zamc-code-pipelines"]


def _secrets(template: Manifest) -> set[str]:
    return {item["key"] for volume in template["spec"]["volumes"] for item in volume.get("secret", {}).get("items", [])}


def test_no_secret_is_a_variable(manifests: list[Manifest]) -> None:
    for name, template in pod_specs(manifests).items():
        for variable in template["spec"]["containers"][0]["env"]:
            assert not variables().get(variable["name"]), (name, variable)
            assert "valueFrom" not in variable


def test_services_and_the_workspace_lead_to_the_ports_that_the_pods_open(manifests: list[Manifest]) -> None:
    workspace = yaml.safe_load(of_kind(manifests, "ConfigMap")["zamc-dagster"]["data"]["workspace.yaml"])
    for entry in workspace["load_from"]:
        server = entry["grpc_server"]
        labels, port = resolves(manifests, server["host"])
        assert labels["app.kubernetes.io/component"] == server["host"].removeprefix("zamc-")
        assert port == server["port"]
        (offered,) = of_kind(manifests, "Service")[server["host"]]["spec"]["ports"]
        assert offered["port"] == server["port"]
    assert resolves(manifests, "zamc-api")[1] == 8000


def test_migrations_run_before_anything_else(manifests: list[Manifest]) -> None:
    job = of_kind(manifests, "Job")["zamc-migrate"]
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    # A hook is there before the release's own objects, so it may lean on none of them but a Secret that comes before it.
    assert "serviceAccountName" not in job["spec"]["template"]["spec"]
    assert not [volume for volume in job["spec"]["template"]["spec"]["volumes"] if "configMap" in volume]
    for secret in of_kind(manifests, "Secret").values():
        assert int(secret["metadata"]["annotations"]["helm.sh/hook-weight"]) < int(job["metadata"]["annotations"]["helm.sh/hook-weight"])


def test_the_archive_runs_once_a_month_alone_with_no_more_than_it_needs() -> None:
    found = production()
    cron = of_kind(found, "CronJob")["zamc-archive"]["spec"]
    assert (cron["schedule"], cron["timeZone"], cron["concurrencyPolicy"], cron["suspend"]) == ("20 3 2 * *", "Etc/UTC", "Forbid", False)
    template = pod_specs(found)["zamc-archive"]
    (container,) = template["spec"]["containers"]
    assert container["args"] == ["zamc", "archive", "run"]
    # Both addresses of PostgreSQL, the two without which no program starts, and the storage's credentials: no platform's, no key.
    assert _secrets(template) == {"ZAMC_DATABASE_URL", OWNER, "ZAMC_NATS_URL", "ZAMC_REDIS_URL", "aws-credentials"}
    opened = of_kind(found, "NetworkPolicy")["zamc-archive"]["spec"]["egress"]
    assert {port["port"] for rule in opened for port in rule["ports"]} == {5432, 443}
    assert template["spec"]["automountServiceAccountToken"] is False
    assert next(volume for volume in template["spec"]["volumes"] if volume["name"] == "tmp")["emptyDir"] == {"sizeLimit": "10Gi"}
    tried = pod_specs(production(archive={"dryRun": True}))["zamc-archive"]["spec"]["containers"][0]
    assert tried["args"] == ["zamc", "archive", "run", "--dry-run"]
    off = production(archive={"enabled": False})
    assert not of_kind(off, "CronJob")


def test_the_notifier_has_the_secrets_of_its_channels_and_reaches_mail_servers_and_the_world_outside(manifests: list[Manifest]) -> None:
    assert _secrets(pod_specs(manifests)["zamc-notifier"]) == {
        *("ZAMC_DATABASE_URL", "ZAMC_NATS_URL", "ZAMC_REDIS_URL", "ZAMC_CREDENTIALS_KEY", "ZAMC_SMTP_URL", "ZAMC_OTLP_HEADERS")
    }
    opened = of_kind(manifests, "NetworkPolicy")["zamc-notifier"]["spec"]["egress"]
    assert {port["port"] for rule in opened for port in rule["ports"]} == {5432, 4222, 443, 587, 465}
    (block,) = [peer["ipBlock"] for rule in opened for peer in rule.get("to", ()) if "ipBlock" in peer]
    assert {"10.0.0.0/8", "169.254.0.0/16"} <= set(block["except"]), "the third wall behind the address rules"


def test_only_daemon_and_webserver_hold_a_token_of_the_cluster(manifests: list[Manifest]) -> None:
    holders = {name for name, template in pod_specs(manifests).items() if template["spec"]["automountServiceAccountToken"]}
    assert holders == {"zamc-daemon", "zamc-webserver"}
    rules = of_kind(manifests, "Role")["zamc-launcher"]["rules"]
    assert all("*" not in (*rule["verbs"], *rule["resources"], *rule["apiGroups"]) for rule in rules)
    assert not of_kind(manifests, "ClusterRole")


def test_nothing_talks_unless_a_policy_opens_it(manifests: list[Manifest]) -> None:
    policies = of_kind(manifests, "NetworkPolicy")
    deny = policies["zamc-default-deny"]["spec"]
    assert deny["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in deny
    for name, template in {**pod_specs(manifests), "zamc-run": _run_template(manifests)}.items():
        labels = template["metadata"]["labels"]
        assert deny["podSelector"]["matchLabels"].items() <= labels.items(), f"{name} is not under the default"
        own = [policy["spec"] for key, policy in policies.items() if key != "zamc-default-deny" and _selects(policy, labels)]
        assert len(own) == 1, f"{name} has {len(own)} openings of its own"
        assert 5432 in {port["port"] for rule in own[0]["egress"] for port in rule["ports"]}, name
    assert {name for name, policy in policies.items() if policy["spec"].get("ingress")} == {
        "zamc-api",
        "zamc-code-pipelines",
        "zamc-code-reporting",
    }


def _selects(policy: Manifest, labels: dict[str, str]) -> bool:
    return bool(policy["spec"]["podSelector"]["matchLabels"].items() <= labels.items())


def _run_template(manifests: list[Manifest]) -> Manifest:
    dagster = yaml.safe_load(of_kind(manifests, "ConfigMap")["zamc-dagster"]["data"]["dagster.yaml"])
    return {"metadata": {"labels": dagster["run_launcher"]["config"]["labels"]}}


def test_what_scales_by_itself_names_no_number_and_keeps_one_while_nodes_drain() -> None:
    found = production()
    scaled = of_kind(found, "HorizontalPodAutoscaler")
    assert scaled.keys() == {"zamc-api", "zamc-relay"}
    for name in scaled:
        assert "replicas" not in of_kind(found, "Deployment")[name]["spec"]
        assert of_kind(found, "PodDisruptionBudget")[name]["spec"]["maxUnavailable"] == 1
    fixed = production(api={"autoscaling": {"enabled": False}})
    assert of_kind(fixed, "Deployment")["zamc-api"]["spec"]["replicas"] == 3
    assert "zamc-api" not in of_kind(fixed, "HorizontalPodAutoscaler")


def test_the_api_is_reached_by_tls_alone() -> None:
    (ingress,) = of_kind(production(), "Ingress").values()
    assert ingress["spec"]["tls"] == [{"hosts": ["zamc.example.com"], "secretName": "zamc-tls"}]
    assert not of_kind(render(values_file("dev")), "Ingress")


def test_dagster_accepts_its_settings(manifests: list[Manifest], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dagster._core.instance.config import dagster_instance_config

    for name, text in of_kind(manifests, "ConfigMap")["zamc-dagster"]["data"].items():
        (tmp_path / name).write_text(text)
    monkeypatch.setenv("ZAMC_DAGSTER_DATABASE_URL", "postgresql+psycopg2://dagster:x@127.0.0.1:1/dagster")
    settings, _ = dagster_instance_config(str(tmp_path))
    assert settings["run_launcher"]["class"] == "K8sRunLauncher"
    assert settings["run_launcher"]["config"]["job_namespace"] == "marketing"

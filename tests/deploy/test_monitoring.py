"""What the chart brings for Prometheus and Grafana, where the operator is there."""

import json
import re
from pathlib import Path

import yaml

from cli.deploy_files import FOLDER
from tests.deploy.chart import Manifest, merged, of_kind, pod_specs, render, values_file

ON = {
    "monitoring": {"enabled": True, "labels": {"release": "prometheus"}},
    "settings": {"ZAMC_OTLP_ENDPOINT": "http://collector.tracing:4318"},
}
DOCS = Path("docs")


def rendered() -> list[Manifest]:
    return render(merged(values_file("production"), ON))


def test_nothing_of_it_is_there_unless_it_is_asked_for() -> None:
    kinds = {manifest["kind"] for manifest in render(values_file("production"))}
    assert not kinds & {"ServiceMonitor", "PrometheusRule"}
    assert {"ServiceMonitor", "PrometheusRule"} <= {manifest["kind"] for manifest in rendered()}


def test_prometheus_finds_the_api_and_shows_the_token_of_the_secret() -> None:
    found = rendered()
    monitor = of_kind(found, "ServiceMonitor")["zamc-api"]
    service = of_kind(found, "Service")["zamc-api"]
    assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    (endpoint,) = monitor["spec"]["endpoints"]
    assert (endpoint["port"], endpoint["path"]) == (service["spec"]["ports"][0]["name"], "/metrics")
    credentials = endpoint["authorization"]["credentials"]
    mounted = {
        (volume["secret"]["secretName"], item["key"])
        for volume in pod_specs(found)["zamc-api"]["spec"]["volumes"]
        for item in volume.get("secret", {}).get("items", [])
    }
    assert (credentials["name"], credentials["key"]) in mounted
    assert monitor["metadata"]["labels"]["release"] == "prometheus"


def test_only_the_named_pods_may_ask_and_only_whoever_traces_reaches_the_collector() -> None:
    policies = {name: policy["spec"] for name, policy in of_kind(rendered(), "NetworkPolicy").items()}
    asking = policies["zamc-api"]["ingress"][0]["from"]
    assert {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}} in asking
    sending = {name for name, spec in policies.items() if 4318 in {port["port"] for rule in spec["egress"] for port in rule["ports"]}}
    assert sending == {"zamc-api", "zamc-relay", "zamc-notifier", "zamc-run", "zamc-code-pipelines", "zamc-code-reporting"}
    without = of_kind(render(values_file("production")), "NetworkPolicy")
    assert not any(4318 in {port["port"] for rule in policy["spec"]["egress"] for port in rule["ports"]} for policy in without.values())
    assert len(without["zamc-api"]["spec"]["ingress"][0]["from"]) == len(asking) - 1


def test_the_rules_and_the_dashboard_arrive_as_they_are_written() -> None:
    found = rendered()
    rules = yaml.safe_load((FOLDER / "helm/zamc/files/alerts.yaml").read_text())
    assert of_kind(found, "PrometheusRule")["zamc-alerts"]["spec"] == rules
    shown = json.loads(of_kind(found, "ConfigMap")["zamc-dashboard"]["data"]["zamc.json"])
    assert shown == json.loads((FOLDER / "helm/zamc/files/dashboard.json").read_text())


def test_every_alert_names_a_page_and_the_place_on_it() -> None:
    (group,) = yaml.safe_load((FOLDER / "helm/zamc/files/alerts.yaml").read_text())["groups"]
    assert len({rule["alert"] for rule in group["rules"]}) == len(group["rules"]) >= 10
    for rule in group["rules"]:
        page, _, place = rule["annotations"]["runbook"].replace("{{ $labels.code }}", "general").partition("#")
        headings = re.findall(r"^#+ (.+)$", (DOCS / page).read_text(), re.MULTILINE)
        anchors = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
        assert not place or place in anchors, rule["alert"]
        assert rule["labels"]["severity"] in {"critical", "warning"}

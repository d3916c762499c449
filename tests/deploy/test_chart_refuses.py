"""Values that would do harm are refused before anything is installed, with the sentence that says what to do."""

import re
from typing import Any

import pytest

from tests.deploy.chart import DIGEST, merged, render, values_file
from tests.deploy.needs import need

KEYS = ("ZAMC_DATABASE_URL", "ZAMC_DATABASE_OWNER_URL", "ZAMC_DAGSTER_DATABASE_URL", "ZAMC_NATS_URL", "ZAMC_REDIS_URL")


def refusal(values: dict[str, Any]) -> str:
    errors = need("helm_python", "helm-python-sdk").HelmError
    with pytest.raises(errors) as told:
        render(values)
    return str(told.value)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"image": {"digest": ""}}, r"image\.digest is missing: production runs an image by its digest.* Set image\.digest=sha256:"),
        ({"secrets": {"existingSecret": ""}}, r"secrets\.existingSecret is missing: make a Secret with the keys"),
        ({"objects": {"url": ""}}, r"objects\.url is missing: name the bucket"),
        ({"objects": {"url": "file:///objects"}}, r"objects\.url is file:///objects, a folder that each pod has for itself: name a bucket"),
        ({"ingress": {"host": ""}}, r"ingress\.host is missing: name the host"),
        ({"ingress": {"tlsSecret": ""}}, r"ingress\.tlsSecret is missing: .*name the Secret with the certificate"),
        ({"daemon": {"replicas": 2}}, r"daemon\.replicas is 2: two daemons evaluate every schedule and sensor twice.* leave it at 1"),
        ({"daemon": {"replicas": 0}}, r"daemon\.replicas is 0: .* leave it at 1"),
        (
            {"secrets": {"existingSecret": "", "values": dict.fromkeys(KEYS, "x")}},
            r"secrets\.values holds secrets in plain text: remove it, make a Secret .* and name it in secrets\.existingSecret",
        ),
        (
            {"settings": {"ZAMC_DATABASE_URL": "postgresql://db/zamc"}},
            r"settings\.ZAMC_DATABASE_URL is a secret in plain text: put it into the Sec",
        ),
        (
            {"settings": {"ZAMC_META_GRAPH_URL": "https://me:hunter2@proxy"}},
            r"settings\.ZAMC_META_GRAPH_URL holds a password in plain text",
        ),
        ({"settings": {"ZAMC_LOOKBACK_DAYS": "7"}}, r"settings\.ZAMC_LOOKBACK_DAYS is no setting: docs/reference/settings\.md lists them"),
        ({"settings": {"ZAMC_OBJECTS_URL": "s3://x"}}, r"settings\.ZAMC_OBJECTS_URL is set by the chart: remove it"),
        (
            {"variables": {"AWS_SECRET_ACCESS_KEY": "hunter2"}},
            r"variables\.AWS_SECRET_ACCESS_KEY looks like a secret in plain text: name a file",
        ),
        ({"variables": {"ZAMC_LOOK_BACK_DAYS": "7"}}, r"variables\.ZAMC_LOOK_BACK_DAYS is ours: put it under settings"),
        ({"relay": {"autoscaling": {"minReplicas": 9}}}, r"relay\.autoscaling\.minReplicas is above maxReplicas: lower it"),
    ],
)
def test_by_a_check(changes: dict[str, Any], sentence: str) -> None:
    assert re.search(sentence, refusal(merged(values_file("production"), changes)))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"api": {"port": "8000"}}, "at '/api/port': got string, want integer"),
        ({"api": {"replicas": 0}}, "at '/api/replicas': minimum: got 0, want 1"),
        ({"apy": {}}, "additional properties 'apy' not allowed"),
        ({"runs": {"resources": {"limits": {"memory": "lots"}}}}, "at '/runs/resources/limits/memory': 'lots' does not match pattern"),
        ({"image": {"digest": "sha256:latest"}}, "at '/image/digest': 'sha256:latest' does not match pattern"),
        ({"environment": "prod"}, "at '/environment': value must be one of 'local', 'staging', 'production'"),
        ({"settings": {"ZAMC_LOOK_BACK_DAYS": 7}}, "at '/settings/ZAMC_LOOK_BACK_DAYS': got number, want string"),
        ({"daemon": {"replicas": "one"}}, "at '/daemon/replicas': got string, want integer"),
        ({"codeLocations": {"pipelines": {"module": ""}}}, "at '/codeLocations/pipelines/module': minLength: got 0, want 1"),
        ({"ingress": {"enabled": "yes"}}, "at '/ingress/enabled': got string, want boolean"),
    ],
)
def test_by_the_schema(changes: dict[str, Any], sentence: str) -> None:
    assert sentence in refusal(merged(values_file("production"), changes))


def test_a_value_that_is_left_out_is_named() -> None:
    """Helm merges over values.yaml, so only null takes a default away."""
    assert "missing property 'port'" in refusal(merged(values_file("production"), {"api": {"port": None}}))


def test_all_that_is_wrong_comes_at_once() -> None:
    told = refusal({"environment": "production"})
    for word in ("image.digest", "secrets.existingSecret", "objects.url", "ingress.host", "ingress.tlsSecret"):
        assert f"- {word} is missing" in told


def test_a_development_secret_must_be_whole() -> None:
    values = values_file("dev")
    del values["secrets"]["values"]["ZAMC_NATS_URL"]
    assert "secrets.values.ZAMC_NATS_URL is missing" in refusal(values)


def test_the_same_values_without_the_fault_are_taken() -> None:
    assert render(values_file("production"))
    assert values_file("production")["image"]["digest"] == DIGEST

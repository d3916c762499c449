"""Liveness says that the process answers, readiness that it can serve."""

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from api.app import create_app
from zamc.bootstrap import Services


def test_a_process_that_answers_is_alive(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}


def test_everything_there_is_ready(client: TestClient) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"postgres": "ok", "nats": "ok", "redis": "ok"})


@pytest.mark.parametrize(
    ("setting", "url", "name"),
    [("redis_url", "redis://127.0.0.1:9/0", "redis"), ("nats_url", "nats://127.0.0.1:9", "nats"),
     ("database_url", "postgresql+psycopg://x:y@127.0.0.1:9/z", "postgres")],
)  # fmt: skip
def test_what_is_down_is_named(wired: Services, setting: str, url: str, name: str) -> None:
    broken = Services(wired.settings.model_copy(update={setting: SecretStr(url)}))
    with TestClient(create_app(broken)) as client:
        answer = client.get("/readyz")
    assert answer.status_code == 503
    assert [service for service, state in answer.json().items() if state == "down"] == [name]
    assert url not in answer.text

"""The plain HTTP routes against their own description: schemathesis sends what the description allows and what it does not."""

from typing import Any

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.app import create_app
from zamc.bootstrap import Services
from zamc.identity import throttle
from zamc.throttling.rules import NO_NUMBER

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance, response_headers_conformance]
EXAMPLES = 12


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hundreds of attempts from one address: what throttling says to that has tests of its own."""
    for name in ("PAIR", "ACCOUNT", "ADDRESS", "MAILS", "MAILS_BY_ADDRESS", "CODES", "TOKENS_BY_ADDRESS"):
        monkeypatch.setattr(throttle, name, NO_NUMBER)


def test_every_route_keeps_to_its_description(wired: Services, free: None) -> None:
    app = create_app(wired)
    with wired.database.transaction() as session:
        project = wired.projects.create_project(session, "Mine", by="test")
        key = wired.identity.service.grant_key(session, email="ana@example.org", roles={project.id: "owner"})
    description = schemathesis.openapi.from_asgi("/openapi.json", app)
    tried = []
    for found in description.get_all_operations():
        assert isinstance(found, Ok), found.err()
        operation = found.ok()
        tried.append(operation.label)
        strategy = operation.as_strategy()

        @settings(max_examples=EXAMPLES, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
        @given(case=strategy)
        def one(case: Any) -> None:
            for headers in ({}, {"Authorization": f"Bearer {key}"}):
                case.call_and_validate(headers=headers, checks=CHECKS)

        one()
    assert {"POST /auth/sign-in", "POST /auth/refresh", "GET /files/{file}", "GET /healthz"} <= set(tried)


def test_production_hides_the_description(wired: Services) -> None:
    hidden = Services(wired.settings.model_copy(update={"environment": "production", "cookie_secure": True}))
    client = TestClient(create_app(hidden))
    assert [client.get(path).status_code for path in ("/openapi.json", "/docs", "/redoc")] == [404] * 3
    assert TestClient(create_app(wired)).get("/openapi.json").status_code == 200

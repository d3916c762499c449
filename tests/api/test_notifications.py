"""Endpoints, preferences and news through the API: secrets are shown once, what is a member's own is theirs alone."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from fastapi.testclient import TestClient
from sqlalchemy import select

from tests.api.conftest import Call
from zamc.bootstrap import Services
from zamc.notifications.delivery_tables import Delivery, Endpoint
from zamc.requests.tables import RememberedRequest

ADD = """mutation ($p: UUID!, $endpoint: NotificationEndpointInput!) { addNotificationEndpoint(projectId: $p, endpoint: $endpoint) {
    __typename ... on Failure { code message } ... on InvalidInputError { field }
    ... on NotificationEndpointAdded { signingSecret endpoint { id host wants { alert approval digest } } } } }"""
CHECK = """mutation ($id: UUID!) { checkNotificationEndpoint(endpointId: $id) {
    ... on Failure { code } ... on NotificationEndpointChecked { delivery { id state channel attempts } } } }"""
REMOVE = "mutation ($id: UUID!) { removeNotificationEndpoint(endpointId: $id) { __typename ... on Failure { code } } }"
CHOOSE = """mutation ($p: UUID!, $wants: WantsInput!) { chooseNotifications(projectId: $p, wants: $wants) {
    ... on Failure { code message } ... on NotificationsChosen { preferences { kind least chosen } } } }"""
MINE = "{ myNotificationPreferences { project kind least chosen } }"
LIST = "query ($p: UUID!) { notificationEndpoints(projectId: $p) { name host channel } }"
NEWS = "query ($p: UUID!) { notifications(projectId: $p) { edges { node { kind title deliveries { channel state count } } } } }"
HOOK = {"channel": "WEBHOOK", "name": "Desk", "url": "https://example.org/in?token=hunter2", "wants": {"digest": "INFO"}}
Grant = Callable[[str, dict[UUID, str]], str]


def answer(found: dict[str, Any]) -> Any:
    assert "errors" not in found, found
    ((_, value),) = found["data"].items()
    return value


def test_an_endpoint_is_added_tried_and_removed(call: Call, key: Grant, project: Callable[[str], UUID], wired: Services) -> None:
    padaria = project("Padaria")
    owner = key("olga@example.org", {padaria: "owner"})
    added = answer(call(owner, ADD, p=str(padaria), endpoint=HOOK))
    assert added["signingSecret"].startswith("whsec_")
    assert added["endpoint"]["host"] == "example.org"
    assert added["endpoint"]["wants"] == {"alert": "WARNING", "approval": "INFO", "digest": "INFO"}
    named = {"id": added["endpoint"]["id"]}
    assert answer(call(owner, LIST, p=str(padaria))) == [{"name": "Desk", "host": "example.org", "channel": "WEBHOOK"}]
    tried = answer(call(owner, CHECK, **named))["delivery"]
    assert (tried["state"], tried["channel"], tried["attempts"]) == ("PENDING", "WEBHOOK", 0)
    (edge,) = answer(call(owner, NEWS, p=str(padaria)))["edges"]
    assert edge["node"] == {
        "kind": "TEST", "title": "Desk works", "deliveries": [{"channel": "WEBHOOK", "state": "PENDING", "count": 1}],
    }  # fmt: skip
    assert answer(call(owner, REMOVE, **named)) == {"__typename": "NotificationEndpointRemoved"}
    assert answer(call(owner, REMOVE, **named)) == {"__typename": "NotFoundError", "code": "NOT_FOUND"}
    assert answer(call(owner, CHECK, **named)) == {"code": "NOT_FOUND"}
    assert answer(call(owner, LIST, p=str(padaria))) == []
    with wired.database.transaction() as session:
        assert session.scalars(select(Endpoint.sealed)).all() == [None]
        assert [str(row) for row in session.scalars(select(Delivery.id))] == [tried["id"]]


def test_the_same_key_again_is_one_endpoint_and_remembers_no_secret(
    client: TestClient, key: Grant, project: Callable[[str], UUID], wired: Services
) -> None:
    padaria = project("Padaria")
    headers = {"Authorization": f"Bearer {key('olga@example.org', {padaria: 'owner'})}", "Idempotency-Key": "add-the-desk"}
    body = {"query": ADD, "variables": {"p": str(padaria), "endpoint": HOOK}}
    first, second = (answer(client.post("/graphql", json=body, headers=headers).json()) for _ in range(2))
    assert first == second
    with wired.database.transaction() as session:
        (remembered,) = session.scalars(select(RememberedRequest)).all()
        assert set(remembered.outcome or {}) == {"id"}
        assert len(session.scalars(select(Endpoint.id)).all()) == 1


def test_an_address_inside_is_refused_and_nothing_of_it_is_repeated(call: Call, key: Grant, project: Callable[[str], UUID]) -> None:
    padaria = project("Padaria")
    owner = key("olga@example.org", {padaria: "owner"})
    for url in ("http://example.org/x", "https://127.0.0.1/x", "https://169.254.169.254/hunter2", "https://db.internal/x"):
        refused = answer(call(owner, ADD, p=str(padaria), endpoint={**HOOK, "url": url}))
        assert (refused["code"], refused["field"]) == ("INVALID_INPUT", "url")
        assert "hunter2" not in refused["message"]


def test_what_a_member_chooses_is_theirs_alone(call: Call, key: Grant, project: Callable[[str], UUID]) -> None:
    padaria = project("Padaria")
    olga, mia = key("olga@example.org", {padaria: "owner"}), key("mia@example.org", {padaria: "owner"})
    before = answer(call(mia, MINE))
    assert {(each["kind"], each["least"], each["chosen"]) for each in before} == {
        ("ALERT", "WARNING", False), ("APPROVAL", "INFO", False), ("DIGEST", "INFO", False),
    }  # fmt: skip
    chosen = answer(call(olga, CHOOSE, p=str(padaria), wants={"alert": "CRITICAL", "digest": "OFF"}))["preferences"]
    expected = {("ALERT", "CRITICAL", True), ("APPROVAL", "INFO", False), ("DIGEST", "OFF", True)}
    assert {(each["kind"], each["least"], each["chosen"]) for each in chosen} == expected
    assert {(each["kind"], each["least"], each["chosen"]) for each in answer(call(olga, MINE))} == expected
    assert answer(call(mia, MINE)) == before, "an owner like the other, and not the other"
    assert answer(call(olga, CHOOSE, p=str(padaria), wants={}))["code"] == "INVALID_INPUT"


def test_a_strangers_endpoint_is_not_there(call: Call, key: Grant, project: Callable[[str], UUID]) -> None:
    padaria, livraria = project("Padaria"), project("Livraria")
    olga, eve = key("olga@example.org", {padaria: "owner"}), key("eve@example.org", {livraria: "owner"})
    endpoint_id = answer(call(olga, ADD, p=str(padaria), endpoint=HOOK))["endpoint"]["id"]
    assert answer(call(eve, LIST, p=str(padaria))) == []
    assert answer(call(eve, CHECK, id=endpoint_id))["code"] == "NOT_FOUND"
    assert answer(call(eve, REMOVE, id=endpoint_id))["code"] == "NOT_FOUND"
    assert answer(call(eve, NEWS, p=str(padaria)))["edges"] == []

"""Every mutation of the schema keeps its Idempotency-Key: sent again it changes nothing more, and says the same."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.installation import Installation, installation
from tests.api.operations import Operation, operations

__all__ = ["installation"]

# A key of an API is shown once and kept nowhere, so that nothing could be said again; a plan of a change only looks; a key stays revoked
# however often; and stopping everything may be asked for again at any time.
NOTHING_KEPT = {"make_api_key", "plan_change", "revoke_api_key", "pause_everything"}
# Those that end what others need come last.
LAST = {"end_deployment": 1, "remove_notification_endpoint": 1, "remove_account": 2}
MUTATIONS = sorted(
    (each for each in operations() if each.is_mutation and each.name not in NOTHING_KEPT), key=lambda each: LAST.get(each.name, 0)
)


@pytest.fixture(scope="module")
def owner(installation: Installation) -> str:
    return installation.key("olga@example.org", mine="owner")


def _send(installation: Installation, operation: Operation, key: str, *, idempotency_key: str, **values: Any) -> Any:
    body = {"query": operation.document(), "variables": operation.variables(installation.mine.arguments(), **values)}
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": idempotency_key}
    return installation.client.post("/graphql", json=body, headers=headers).json()


def _keys() -> Iterator[str]:
    yield from (f"every-mutation-{number:04}" for number in range(1_000))


KEYS = _keys()


@pytest.mark.parametrize("operation", MUTATIONS, ids=lambda each: each.name)
def test_sent_again_it_changes_nothing_more(installation: Installation, owner: str, operation: Operation) -> None:
    key, before = next(KEYS), installation.traces()
    first = _send(installation, operation, owner, idempotency_key=key)
    after = installation.traces()
    again = _send(installation, operation, owner, idempotency_key=key)
    assert installation.traces() == after
    assert again == first
    (answer,) = (first["data"] or {"": {}}).values()
    if "code" in answer or first.get("errors"):
        assert after == before, "what was refused leaves nothing behind"
        return
    # The key stands for that very request: in another document it is refused.
    other = next(each for each in MUTATIONS if each.name in {"set_gates", "pause_project"} - {operation.name})
    ((_, refused),) = _send(installation, other, owner, idempotency_key=key)["data"].items()
    assert refused["code"] == "CONFLICT"
    assert installation.traces() == after


def test_most_of_them_did_something(installation: Installation, owner: str) -> None:
    """Or the test above would prove little."""
    kept = {"set_gates", "pause_project", "set_member_role", "choose_notifications", "add_account"}
    assert kept <= {each.name for each in MUTATIONS}
    for operation in MUTATIONS:
        if operation.name in kept:
            values = {"email": "another@example.org", "account": _account()}
            answer = _send(installation, operation, owner, idempotency_key=next(KEYS), **values)
            ((_, said),) = answer["data"].items()
            assert "code" not in said, answer


def _account() -> dict[str, str]:
    return {"platform": "GOOGLE_ADS", "externalId": "5550002222", "currency": "EUR", "timeZone": "Europe/Berlin"}

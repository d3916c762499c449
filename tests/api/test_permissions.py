"""Every operation of the schema, as every role, as a stranger with somebody else's ids, and as nobody: the table says what is expected."""

import json

import pytest

from tests.api import world
from tests.api.installation import Installation, installation
from tests.api.operations import Operation, operations
from zamc.identity.permission_rules import PERMISSIONS, PERSONAL, Role

__all__ = ["installation"]

EVERY = sorted(operations(), key=lambda each: (each.is_mutation, each.name))


def test_the_table_holds_every_operation_and_no_other() -> None:
    listed = {name for name in PERMISSIONS if name not in {"read", "pause"}} | PERSONAL
    assert {each.name for each in EVERY} == listed
    assert {each.name for each in EVERY if each.is_personal} == PERSONAL


@pytest.mark.parametrize("operation", EVERY, ids=lambda each: each.name)
def test_nobody_is_answered(installation: Installation, operation: Operation) -> None:
    for key in (None, "zamc_" + "0" * 43):
        answer = installation.ask(operation, installation.mine.arguments(), key)
        assert answer.status_code == 401
        assert answer.json()["data"] is None


@pytest.mark.parametrize("operation", [each for each in EVERY if not each.is_personal], ids=lambda each: each.name)
def test_a_stranger_learns_nothing_and_changes_nothing(installation: Installation, operation: Operation) -> None:
    """With ids that exist in another project the answer is, but for the id, the same as with ids that do not exist anywhere."""
    stranger, before = installation.key("eve@example.org", theirs="owner"), installation.traces()
    ids, nothing = installation.mine.arguments(), world.nowhere()
    seen = installation.ask(operation, ids, stranger).text
    for name, real in ids.items():
        seen = seen.replace(real, nothing[name])
    assert json.loads(seen) == installation.ask(operation, nothing, stranger).json()
    answer = json.loads(seen)
    (data,) = (answer["data"] or {"": None}).values()
    if operation.is_mutation:
        assert (data["__typename"], data["code"]) == ("NotFoundError", "NOT_FOUND")
    else:
        assert data in (None, [], {"__typename": data and data.get("__typename"), "edges": [], "pageInfo": data and data.get("pageInfo")})
    assert installation.traces() == before


@pytest.mark.parametrize("operation", [each for each in EVERY if not each.is_personal], ids=lambda each: each.name)
def test_a_member_may_what_the_table_says(installation: Installation, operation: Operation) -> None:
    for role in sorted(Role, reverse=True):  # those who may least first: a refused attempt changes nothing for the others
        member = installation.key(f"{role}@example.org", mine=role)
        answer = installation.ask(operation, installation.mine.arguments(), member).json()
        errors = [error["extensions"]["code"] for error in answer.get("errors", ())]
        if role not in PERMISSIONS[operation.name]:
            if operation.is_mutation:
                assert answer["data"][operation.field]["code"] == "FORBIDDEN"
            else:
                assert errors == ["FORBIDDEN"]
            continue
        assert not set(errors) - {"UNAVAILABLE"}, answer
        if operation.is_mutation and not errors:
            assert answer["data"][operation.field].get("code") not in {"FORBIDDEN", "NOT_FOUND"} or operation.name == "apply_change", answer

"""Every operation of the schema, as every role, as a stranger with somebody else's ids, and as nobody: the table says what is expected."""

import json

import pytest

from tests.api import world
from tests.api.installation import Installation, installation
from tests.api.operations import Operation, operations
from zamc.identity.permission_rules import ANYWHERE, PERMISSIONS, PERSONAL, Role

__all__ = ["installation"]

# They need what only another operation makes, and say that it is not there.
_NEEDS_MORE = {"apply_change", "remove_member"}
EVERY = sorted(operations(), key=lambda each: (each.is_mutation, each.name))


def test_the_table_holds_every_operation_and_no_other() -> None:
    listed = {name for name in PERMISSIONS if name not in {"read", "pause"}} | PERSONAL | ANYWHERE.keys()
    assert {each.name for each in EVERY} == listed
    assert len(PERSONAL) + len(ANYWHERE) + len(PERMISSIONS) - 2 == len(listed), "each stands in one of the tables"
    assert [each.name for each in EVERY if not each.is_in_a_project and "projectId" in each.definition.args] == []


@pytest.mark.parametrize("operation", EVERY, ids=lambda each: each.name)
def test_nobody_is_answered(installation: Installation, operation: Operation) -> None:
    for key in (None, "zamc_" + "0" * 43):
        answer = installation.ask(operation, installation.mine.arguments(), key)
        assert answer.status_code == 401
        assert answer.json()["data"] is None


@pytest.mark.parametrize("operation", [each for each in EVERY if each.is_in_a_project], ids=lambda each: each.name)
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


@pytest.mark.parametrize("operation", [each for each in EVERY if each.is_in_a_project], ids=lambda each: each.name)
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
            assert answer["data"][operation.field].get("code") not in {"FORBIDDEN", "NOT_FOUND"} or operation.name in _NEEDS_MORE, answer


def test_a_key_is_its_owners_alone(installation: Installation) -> None:
    ana, eve = installation.key("ana@example.org", mine="owner"), installation.key("eve@example.org", theirs="owner")
    listed = {key: installation.send("{ apiKeys { id prefix } }", {}, key).json()["data"]["apiKeys"] for key in (ana, eve)}
    assert not {each["id"] for each in listed[ana]} & {each["id"] for each in listed[eve]}
    assert "key_hash" not in str(listed)
    revoke = "mutation ($id: UUID!) { revokeApiKey(keyId: $id) { __typename ... on Failure { code } } }"
    mine = next(each["id"] for each in listed[ana] if ana.startswith(each["prefix"]))
    assert installation.send(revoke, {"id": mine}, eve).json()["data"]["revokeApiKey"]["code"] == "NOT_FOUND"
    assert installation.send(revoke, {"id": mine}, ana).json()["data"]["revokeApiKey"] == {"__typename": "ApiKeyRevoked"}
    made = installation.send('mutation { makeApiKey(name: "n") { ... on Failure { code } } }', {}, eve).json()["data"]["makeApiKey"]
    assert made == {"code": "INVALID_INPUT"}, "a key cannot make keys"


def test_a_role_is_given_changed_and_taken_away_and_one_owner_stays(installation: Installation) -> None:
    owner = installation.key("olga@example.org", theirs="owner")
    give = """mutation ($p: UUID!, $email: String!, $role: RoleName!) { setMemberRole(projectId: $p, email: $email, role: $role) {
        ... on Failure { code } ... on MemberRoleSet { member { email role } } } }"""
    take = "mutation ($p: UUID!, $email: String!) { removeMember(projectId: $p, email: $email) { __typename ... on Failure { code } } }"

    def send(document: str, email: str, **role: str) -> object:
        variables = {"p": str(installation.theirs.project), "email": email, **role}
        ((_, found),) = installation.send(document, variables, owner).json()["data"].items()
        return found

    assert send(give, "New@Example.org", role="VIEWER") == {"member": {"email": "new@example.org", "role": "VIEWER"}}
    assert send(give, "new@example.org", role="ANALYST") == {"member": {"email": "new@example.org", "role": "ANALYST"}}
    assert send(take, "new@example.org") == {"__typename": "MemberRemoved"}
    assert send(take, "new@example.org") == {"__typename": "NotFoundError", "code": "NOT_FOUND"}
    assert send(give, "not an address", role="VIEWER") == {"code": "INVALID_INPUT"}
    send(take, "eve@example.org")
    assert send(give, "olga@example.org", role="VIEWER") == {"code": "CONFLICT"}
    assert send(take, "olga@example.org") == {"__typename": "ConflictError", "code": "CONFLICT"}


@pytest.mark.parametrize("operation", [each for each in EVERY if each.is_anywhere], ids=lambda each: each.name)
@pytest.mark.parametrize("role", [None, *sorted(Role, reverse=True)], ids=str)
def test_who_is_something_in_some_project_may_what_the_table_says(
    installation: Installation, operation: Operation, role: Role | None
) -> None:
    key = installation.key(f"some-{role}@example.org", **({"theirs": role.value} if role else {}))
    before = installation.traces()
    said = installation.ask(operation, {"name": f"Of some {role}"}, key).json()["data"][operation.field]
    if role in ANYWHERE[operation.name]:
        assert "code" not in said, said
        assert installation.traces() > before
    else:
        assert (said["__typename"], said["code"]) == ("ForbiddenError", "FORBIDDEN")
        assert installation.traces() == before

"""A project that its owner begins by themselves: theirs from its first moment, and with no money in it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from tests.conftest import ManualClock
from tests.zamc.deployments.conftest import Stage
from tests.zamc.deployments.fake import FakePlatform
from zamc.bootstrap import Services
from zamc.database.engine import Database
from zamc.deployments.tables import Deployment
from zamc.identity import repository as people
from zamc.identity.service import IdentityService
from zamc.identity.tables import Membership
from zamc.projects.tables import AuditEntry, Project

CREATE = """mutation ($name: String!, $gates: GatesInput) { createProject(name: $name, gates: $gates) { __typename
    ... on ProjectCreated { project { id name role permissions gates { strategy creatives launch budget } } }
    ... on InvalidInputError { field } ... on Failure { code message } } }"""
MINE = "{ projects { edges { node { id name role } } } }"
ADD = """mutation ($p: UUID!, $a: AccountInput!) { addAccount(projectId: $p, account: $a) { __typename ... on Failure { message } } }"""
RETRY = """mutation ($d: UUID!) { retryDeployment(deploymentId: $d) { __typename ... on Failure { code message }
    ... on DeploymentRetried { deployment { status failure } } } }"""

Key = Callable[[str, dict[UUID, str]], str]
Make = Callable[[str], UUID]


class Api:
    """Asked with a key of one's own for each request."""

    def __init__(self, client: TestClient) -> None:
        self._client = client

    def send(self, key: str, document: str, *, once: str | None = None, **variables: Any) -> Any:
        headers = {"Authorization": f"Bearer {key}", **({"Idempotency-Key": once} if once else {})}
        answer = self._client.post("/graphql", json={"query": document, "variables": variables}, headers=headers)
        assert answer.status_code == 200, answer.text
        ((found,),) = (answer.json()["data"].values(),)
        return found

    def create(self, key: str, name: str, *, once: str | None = None, **gates: str) -> Any:
        return self.send(key, CREATE, once=once, name=name, gates=gates or None)

    def mine(self, key: str) -> dict[str, str]:
        return {each["node"]["name"]: each["node"]["role"] for each in self.send(key, MINE)["edges"]}


@pytest.fixture
def api(client: TestClient) -> Api:
    return Api(client)


@pytest.fixture
def ana(project: Make, key: Key) -> str:
    return key("ana@example.org", {project("Padaria"): "owner"})


def _left(wired: Services) -> tuple[int, int, int]:
    """Projects, memberships and entries of the audit log."""
    with wired.database.transaction() as session:
        first, second, third = (session.scalar(select(func.count()).select_from(table)) or 0 for table in (Project, Membership, AuditEntry))
        return first, second, third


def test_it_is_theirs_at_once_and_a_person_keeps_what_was_not_opened(
    wired: Services, api: Api, ana: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nobody has heard of it yet when they ask again.
    monkeypatch.setattr(people, "rights_changed", lambda *_: None)
    said = api.create(ana, "  Livraria  ", creatives="AUTO")
    assert said["__typename"] == "ProjectCreated", said
    made = said["project"]
    assert (made["name"], made["role"]) == ("Livraria", "owner")
    assert made["gates"] == {"strategy": "PERSON", "creatives": "AUTO", "launch": "PERSON", "budget": "PERSON"}
    assert {"add_account", "set_gates", "pause_project"} <= set(made["permissions"])
    assert api.mine(ana) == {"Livraria": "owner", "Padaria": "owner"}, "with the very next request"
    account = {"platform": "META_ADS", "externalId": "act_1", "currency": "EUR", "timeZone": "Europe/Lisbon"}
    assert api.send(ana, ADD, p=made["id"], a=account) == {"__typename": "AccountAdded"}
    with wired.database.transaction() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.project_id == UUID(made["id"])).order_by(AuditEntry.id)).all()
        assert [(each.action, each.actor) for each in entries] == [
            (action, "ana@example.org") for action in ("project.created", "member.role", "account.added")
        ]


def test_a_stranger_neither_sees_nor_touches_it(api: Api, ana: str, project: Make, key: Key) -> None:
    bea = key("bea@example.org", {project("Hers"): "owner"})
    made = api.create(ana, "Livraria")["project"]["id"]
    assert api.mine(bea) == {"Hers": "owner"}
    account = {"platform": "META_ADS", "externalId": "act_1", "currency": "EUR", "timeZone": "Europe/Lisbon"}
    assert api.send(bea, ADD, p=made, a=account)["__typename"] == "NotFoundError"


def test_the_same_key_twice_is_one_project(wired: Services, api: Api, ana: str) -> None:
    first = api.create(ana, "Livraria", once="create-livraria-1")
    left = _left(wired)
    assert api.create(ana, "Livraria", once="create-livraria-1") == first
    assert _left(wired) == left
    assert api.create(ana, "Another", once="create-livraria-1")["code"] == "CONFLICT"
    assert _left(wired) == left


def test_a_replay_shows_nothing_to_whoever_has_left_since(wired: Services, api: Api, ana: str, key: Key) -> None:
    made = UUID(api.create(ana, "Livraria", once="create-livraria-1")["project"]["id"])
    key("bea@example.org", {made: "owner"})
    with wired.database.transaction() as session:
        IdentityService().set_role(session, email="ana@example.org", project_id=made, role=None, by="bea@example.org")
    assert api.create(ana, "Livraria", once="create-livraria-1")["code"] == "NOT_FOUND"


def test_one_of_theirs_with_that_name_stays_as_it_is(wired: Services, api: Api, ana: str) -> None:
    first = api.create(ana, "Livraria", launch="AUTO")
    left = _left(wired)
    assert api.create(ana, "Livraria") == first
    assert api.create(ana, "Livraria", launch="AUTO") == first
    assert api.create(ana, "Livraria", launch="PERSON")["code"] == "CONFLICT"
    assert _left(wired) == left


def test_a_name_that_somebody_else_has_gives_nobody_a_role_in_it(wired: Services, api: Api, ana: str, project: Make, key: Key) -> None:
    bea = key("bea@example.org", {project("Hers"): "owner"})
    left = _left(wired)
    assert api.create(ana, "Hers")["code"] == "CONFLICT"
    assert _left(wired) == left
    assert (api.mine(ana), api.mine(bea)) == ({"Padaria": "owner"}, {"Hers": "owner"})


def test_of_two_who_ask_for_one_name_at_once_one_has_it(wired: Services, api: Api, project: Make, key: Key) -> None:
    keys = [key(f"{name}@example.org", {project(name): "owner"}) for name in ("a", "b", "c", "d")]
    with ThreadPoolExecutor(4) as pool:
        said = [each["__typename"] for each in pool.map(lambda mine: api.create(mine, "Livraria"), keys)]
    assert sorted(said) == ["ConflictError", "ConflictError", "ConflictError", "ProjectCreated"]
    with wired.database.transaction() as session:
        named = select(Project.id).where(Project.name == "Livraria")
        assert session.scalar(select(func.count()).where(Membership.project_id.in_(named))) == 1


def test_a_key_with_scopes_begins_nothing(wired: Services, api: Api, project: Make, key: Key) -> None:
    mine = project("Padaria")
    key("ana@example.org", {mine: "owner"})
    with wired.database.transaction() as session:
        user = people.user_by_email(session, "ana@example.org")
        assert user is not None
        service = wired.identity.service
        signed_in = service.caller(session, service.grant_key(session, email=user.email, roles={}))
        assert signed_in is not None
        vars(signed_in)["via"] = "session"
        narrow = service.make_key(session, signed_in, name="nightly", scopes={mine: "owner"})
        wide = service.make_key(session, signed_in, name="everything")
    left = _left(wired)
    said = api.create(narrow, "Livraria")
    assert (said["__typename"], said["code"]) == ("ForbiddenError", "FORBIDDEN")
    assert "scopes" in said["message"]
    assert _left(wired) == left
    assert api.create(wide, "Livraria")["__typename"] == "ProjectCreated"


def test_the_first_project_of_an_installation_is_whoevers_begins_it(api: Api, key: Key) -> None:
    first, second = key("first@example.org", {}), key("second@example.org", {})
    assert api.create(first, "Padaria")["project"]["role"] == "owner"
    said = api.create(second, "Livraria")
    assert (said["__typename"], said["code"]) == ("ForbiddenError", "FORBIDDEN")
    assert "owner" in said["message"]
    assert (api.mine(first), api.mine(second)) == ({"Padaria": "owner"}, {})


BAD = (
    "", " \t ", "x" * 201, "two\nlines", "\x1b[31mred", "a\x7fb", "\u202eevil", "a\u200bb", "\ufeffhidden", "x\u2028y", "\U000e0041",
    "\u2066x\u2069", "\u200d\u200c", "Padaria [zamc:1f2e3d4c:9a8b7c6d5e4f3a2b]", "ZAMC:x", "\u0301",
)  # fmt: skip


@pytest.mark.parametrize("name", BAD, ids=ascii)
def test_what_is_no_name_is_refused_and_leaves_nothing(wired: Services, api: Api, ana: str, name: str) -> None:
    left = _left(wired)
    said = api.create(ana, name)
    assert (said["__typename"], said["code"], said["field"]) == ("InvalidInputError", "INVALID_INPUT", "project.name")
    assert name.strip() == "" or name not in said["message"]
    assert _left(wired) == left


@pytest.mark.parametrize(
    "name", ["x" * 200, "名前　ブランド", "می‌خواهم", "👩‍👩‍👧 & Co.", "'; DROP TABLE projects; --", "<b>Bold</b>", "=1+1"], ids=ascii
)
def test_what_is_a_name_is_kept_as_it_is(api: Api, ana: str, name: str) -> None:
    assert api.create(ana, name)["project"]["name"] == name
    assert name in api.mine(ana)


def test_nothing_is_launched_in_it_before_an_operator_has_set_a_policy(
    wired: Services, api: Api, ana: str, database: Database, owner_database: Database, clock: ManualClock
) -> None:
    made = api.create(ana, "Livraria", launch="AUTO", strategy="AUTO", creatives="AUTO", budget="AUTO")["project"]["id"]
    for platform, external_id in (("GOOGLE_ADS", "1234567890"), ("META_ADS", "act_42")):
        account = {"platform": platform, "externalId": external_id, "currency": "EUR", "timeZone": "Europe/Berlin"}
        more = {"pageId": "77", "pixelId": "88", "conversionAction": "99"}
        assert api.send(ana, ADD, p=made, a={**account, **more})["__typename"] == "AccountAdded"
    assert api.send(ana, "query ($p: UUID!) { spendPolicies(projectId: $p) { currency } }", p=made) == []
    google, meta = FakePlatform(atomic=True), FakePlatform(atomic=False)
    stage = Stage(database, owner_database, clock, google, meta, UUID(made), [], {})
    stage.begin()
    stage.launch()
    stage.recover(rounds=2)
    with wired.database.transaction() as session:
        failures = {each.platform: (each.status, each.failure) for each in session.scalars(select(Deployment))}
    assert {status for status, _ in failures.values()} == {"failed"}
    assert all("no spend policy" in str(why) for _, why in failures.values()), failures
    assert (stage.reserved(), google.alive(), meta.alive()) == ({}, [], [])
    failed = str(stage.deployment("meta_ads").id)
    vars(wired)["clock"] = clock
    assert api.send(ana, RETRY, d=failed)["code"] == "SPEND_REFUSED"
    stage.allow()
    assert api.send(ana, RETRY, d=failed) == {"__typename": "DeploymentRetried", "deployment": {"status": "creating", "failure": None}}
    stage.launch()
    stage.both_live_once()

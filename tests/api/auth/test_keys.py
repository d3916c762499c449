"""API keys: their form, their bounds, and how they end."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text

from tests.api.auth.conftest import EMAIL, Person, SteppingClock
from zamc.bootstrap import Services
from zamc.identity.rules import hash_key, may_be_key, new_key
from zamc.identity.service import IdentityService

Browser = Callable[[], TestClient]


def _projects(client: TestClient, key: str) -> dict[str, str] | None:
    found = client.get("/auth/session", headers={"authorization": f"Bearer {key}"}).json()
    return {each["id"]: each["role"] for each in found["projects"]} if found["signed_in"] else None


def _forget(app: FastAPI) -> None:
    app.state.__dict__["_state"].pop("known_callers", None)


def test_a_person_makes_sees_and_revokes_a_key(signed_in: TestClient, browser: Browser, ana: Person) -> None:
    made = signed_in.post("/auth/keys", json={"name": "nightly report"})
    assert made.status_code == 201
    key = made.json()["key"]
    assert key.startswith("zamc_key_")
    (listed,) = signed_in.get("/auth/keys").json()
    assert (listed["name"], listed["prefix"], listed["last_used_at"]) == ("nightly report", key[:16], None)
    assert key not in signed_in.get("/auth/keys").text
    assert list((_projects(browser(), key) or {}).values()) == ["owner"]
    assert signed_in.get("/auth/keys").json()[0]["last_used_at"] is not None
    assert signed_in.delete(f"/auth/keys/{listed['id']}").status_code == 204
    assert _projects(browser(), key) is None
    assert signed_in.delete(f"/auth/keys/{listed['id']}").status_code == 404


def test_a_key_may_what_its_scopes_and_its_user_both_may(
    browser: Browser, person: Callable[..., Person], project: Callable[[str], UUID], app: FastAPI, wired: Services
) -> None:
    one, two = project("One"), project("Two")
    bob = person("bob@example.org", {one: "manager", two: "manager"})
    client = browser()
    client.post("/auth/sign-in", json=bob.credentials)
    key = client.post("/auth/keys", json={"name": "x", "scopes": {str(one): "viewer"}}).json()["key"]
    assert _projects(browser(), key) == {str(one): "viewer"}
    wired_roles = {one: "viewer", two: "viewer"}
    with wired.database.transaction() as session:
        wider = IdentityService(wired.identity.keyring)._add_key(session, bob.id, name="old", scopes={str(one): "manager"}, expires_at=None)
        for project_id, role in wired_roles.items():
            wired.identity.service.set_role(session, email="other@example.org", project_id=project_id, role="owner", by="test")
            wired.identity.service.set_role(session, email=bob.email, project_id=project_id, role=role, by="test")
    _forget(app)
    assert _projects(browser(), wider) == {str(one): "viewer"}, "who is made less takes their keys along"


@pytest.mark.parametrize("wanted", ["more", "stranger", "odd"])
def test_nobody_makes_a_key_that_may_more_than_they(
    browser: Browser, person: Callable[..., Person], project: Callable[[str], UUID], wanted: str
) -> None:
    mine, other = project("Mine"), project("Other")
    bob = person("bob@example.org", {mine: "analyst"})
    client = browser()
    client.post("/auth/sign-in", json=bob.credentials)
    scopes = {"more": {str(mine): "owner"}, "stranger": {str(other): "viewer"}, "odd": {str(mine): "emperor"}}[wanted]
    answer = client.post("/auth/keys", json={"name": "x", "scopes": scopes})
    assert answer.status_code == (404 if wanted == "stranger" else 422)
    assert client.get("/auth/keys").json() == []


def test_a_key_ends_by_itself(signed_in: TestClient, browser: Browser, stepping: SteppingClock) -> None:
    ends = datetime.now(UTC) + timedelta(days=1)
    key = signed_in.post("/auth/keys", json={"name": "x", "expires_at": ends.isoformat()}).json()["key"]
    assert _projects(browser(), key) is not None
    stepping.ahead = 86_401
    assert _projects(browser(), key) is None
    stepping.ahead = 0
    for wrong in ("2020-01-01T00:00:00Z", "2030-01-01T00:00:00", "tomorrow"):
        assert signed_in.post("/auth/keys", json={"name": "x", "expires_at": wrong}).status_code == 422


def test_a_key_makes_no_keys_and_sees_no_others(signed_in: TestClient, browser: Browser, person: Callable[..., Person]) -> None:
    key = signed_in.post("/auth/keys", json={"name": "x"}).json()["key"]
    (listed,) = signed_in.get("/auth/keys").json()
    headers = {"authorization": f"Bearer {key}"}
    assert browser().post("/auth/keys", json={"name": "y"}, headers=headers).status_code == 401
    assert browser().get("/auth/keys", headers=headers).status_code == 401
    eve = browser()
    eve.post("/auth/sign-in", json=person("eve@example.org").credentials)
    assert eve.delete(f"/auth/keys/{listed['id']}").status_code == 404
    assert eve.delete(f"/auth/keys/{uuid4()}").status_code == 404
    assert eve.get("/auth/keys").json() == []


def test_a_key_of_before_goes_on_and_is_kept_in_todays_way_once_it_is_used(wired: Services, browser: Browser, ana: Person) -> None:
    old = "zamc_" + "x" * 43
    assert may_be_key(old)
    with wired.database.transaction() as session:
        statement = text("INSERT INTO auth.api_keys (id, user_id, prefix, key_hash) VALUES (:id, :user, 'zamc_xxxxxxx', :hash)")
        session.execute(statement, {"id": uuid4(), "user": ana.id, "hash": hash_key(old)})
    assert _projects(browser(), old) is not None
    with wired.database.transaction() as session:
        (kept,) = session.scalars(text("SELECT key_hash FROM auth.api_keys")).all()
    assert kept == wired.identity.keyring.mac("api key", old.encode())
    assert _projects(browser(), old) is not None


def test_a_use_is_written_every_five_minutes_and_waits_for_no_disk(wired: Services, ana: Person) -> None:
    with wired.database.transaction() as session:
        key = wired.identity.service.grant_key(session, email=EMAIL, roles={})
    began, used, waits = datetime(2026, 11, 1, 12, tzinfo=UTC), [], []
    for minutes in (0, 4, 5, 6, 12):
        with wired.database.transaction() as session:
            assert wired.identity.service.caller(session, key, now=began + timedelta(minutes=minutes)) is not None
            waits.append(session.scalar(text("SHOW synchronous_commit")))
        with wired.database.transaction() as session:
            used.append(session.scalars(text("SELECT last_used_at FROM auth.api_keys")).one() - began)
            assert session.scalar(text("SHOW synchronous_commit")) == "on", "for that one commit alone"
    assert used == [timedelta(minutes=each) for each in (0, 0, 0, 6, 12)]
    assert [waits[at] for at in (0, 3, 4)] == ["off"] * 3


def test_what_is_stored_opens_nothing_without_the_servers_key(wired: Services, ana: Person) -> None:
    with wired.database.transaction() as session:
        key = wired.identity.service.grant_key(session, email=EMAIL, roles={})
        (kept,) = session.scalars(text("SELECT key_hash FROM auth.api_keys")).all()
        assert kept not in {key, hash_key(key)}
        assert wired.identity.service.caller(session, key) is not None
        assert IdentityService().caller(session, key) is None


def test_a_mistyped_key_is_refused_without_a_look(wired: Services) -> None:
    key = new_key().text
    assert may_be_key(key)
    for place in (10, 30, len(key) - 1):
        other = "A" if key[place] != "A" else "B"
        assert not may_be_key(key[:place] + other + key[place + 1 :])
    assert not any(may_be_key(odd) for odd in ("", "zamc_", key[:-1], key + "x", "zamc_key_" + "ä" * 46, "\x00" * 55))

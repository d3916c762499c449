"""connectAccount with credentials that the stand-ins have issued: they work at once, and are seen nowhere."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import yaml
from fastapi.testclient import TestClient
from sqlalchemy import select, text

from api.app import create_app
from sandbox.http import Credentials, start
from tests.otlp import Collector, collector
from tests.sandbox.google.world import TOKEN
from tests.services import Database as DatabaseUrls
from tests.services import Services as Servers
from tests.zamc.accounts.conftest import KEY, Place, place, stand_ins
from zamc import settings as settings_module
from zamc import telemetry
from zamc.accounts.vault import key_id
from zamc.bootstrap import Services
from zamc.identity.service import IdentityService
from zamc.projects.tables import AuditEntry

__all__ = ["place", "stand_ins"]

CONNECT = """mutation ($account: UUID!, $credentials: String!) { connectAccount(accountId: $account, credentials: $credentials) {
    __typename ... on AccountConnected { account { id connection ownCredentials credentialsExpireAt removed } }
    ... on InvalidInputError { field } ... on Failure { code message } } }"""
CHECK = """mutation ($account: UUID!) { checkAccount(accountId: $account) { __typename ... on Failure { code message }
    ... on AccountChecked { account { connection } findings { name good said todo } } } }"""
LIST = "query ($p: UUID!) { accounts(projectId: $p) { id platform externalId connection connectionReason ownCredentials } }"
AUDIT = "query ($p: UUID!) { audit(projectId: $p, first: 100) { edges { node { action actor details } } } }"


@dataclass
class Owner:
    """The owner of the project with both accounts. said: every answer as it came, with its headers."""

    client: TestClient
    key: str
    place: Place
    said: list[str] = field(default_factory=list)

    def ask(self, document: str, *, once: str | None = None, **variables: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.key}", **({"Idempotency-Key": once} if once else {})}
        answer = self.client.post("/graphql", json={"query": document, "variables": variables}, headers=headers)
        self.said.append(f"{answer.text} {answer.headers}")
        assert answer.status_code == 200, answer.text
        ((found,),) = (answer.json()["data"].values(),)
        return found

    def connect(self, platform: str, credentials: str, *, once: str | None = None) -> Any:
        return self.ask(CONNECT, once=once, account=str(self.place.accounts[platform]), credentials=credentials)

    def listed(self, platform: str) -> Any:
        (found,) = (each for each in self.ask(LIST, p=str(self.place.project_id)) if each["platform"] == platform.upper())
        return found


@pytest.fixture
def heard(services: Servers, urls: DatabaseUrls, monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """Spans and lines as the process `zamc api` sends and writes them."""
    with collector() as listening:
        for name, value in {**services.environment_for(urls), "ZAMC_OTLP_ENDPOINT": listening.url}.items():
            monkeypatch.setenv(name, value)
        settings_module.settings.cache_clear()
        telemetry.start("api", owned=False)
        yield listening
        telemetry.stop()
        settings_module.settings.cache_clear()


@pytest.fixture
def owner(place: Place) -> Iterator[Owner]:
    with place.services.database.transaction() as session:
        key = IdentityService().grant_key(session, email="ana@example.org", roles={place.project_id: "owner"})
    with TestClient(create_app(place.services), raise_server_exceptions=False) as client:
        yield Owner(client, key, place)


def _token(place: Place) -> str:
    issued = place.meta.post("meta/tokens")
    return str(issued.get("token") or issued["access_token"])


def test_what_meta_has_issued_works_at_once(owner: Owner, place: Place) -> None:
    assert owner.listed("meta_ads")["ownCredentials"] is False
    said = owner.connect("meta_ads", place.meta_text(access_token=_token(place)))
    assert said == {
        "__typename": "AccountConnected",
        "account": {
            "id": str(place.accounts["meta_ads"]), "connection": "connected", "ownCredentials": True, "credentialsExpireAt": None,
            "removed": False,
        },
    }  # fmt: skip
    listed = owner.listed("meta_ads")
    assert (listed["ownCredentials"], listed["connection"], listed["connectionReason"]) == (True, "connected", None)
    assert owner.listed("google_ads")["ownCredentials"] is False, "the other account keeps the installation's"
    checked = owner.ask(CHECK, account=str(place.accounts["meta_ads"]))
    assert [each["name"] for each in checked["findings"] if not each["good"]] == [], checked
    assert len(checked["findings"]) == 8, "the platform was asked with them: the installation has none of its own"


def test_what_google_has_issued_works_at_once(owner: Owner, place: Place) -> None:
    # A token endpoint that hands out what this stand-in's gRPC port takes.
    endpoint = start(place.google.store, place.google.clock, place.google.faults, credentials=Credentials(token=TOKEN))
    wired = Services(place.services.settings.model_copy(update={"google_token_url": f"http://127.0.0.1:{endpoint.port}/oauth2/token"}))
    with TestClient(create_app(wired), raise_server_exceptions=False) as client:
        asked = Owner(client, owner.key, place)
        assert asked.listed("google_ads")["ownCredentials"] is False
        assert asked.connect("google_ads", place.google_text())["__typename"] == "AccountConnected"
        assert asked.listed("google_ads")["ownCredentials"] is True
        checked = asked.ask(CHECK, account=str(place.accounts["google_ads"]))
        assert [each["name"] for each in checked["findings"] if not each["good"]] == [], checked
        assert {"token", "account", "rights"} <= {each["name"] for each in checked["findings"]}
    endpoint.stop()
    wired.database.close()


def test_a_revoked_token_is_told_and_another_one_connects_again(owner: Owner, place: Place) -> None:
    token = _token(place)
    owner.connect("meta_ads", place.meta_text(access_token=token))
    place.meta.post("meta/tokens", token=token, end="revoked")
    checked = owner.ask(CHECK, account=str(place.accounts["meta_ads"]))
    assert [(each["name"], each["good"]) for each in checked["findings"]] == [("token", False)]
    again = owner.connect("meta_ads", place.meta_text(access_token=_token(place)))
    assert again["account"]["connection"] == "connected"
    checked = owner.ask(CHECK, account=str(place.accounts["meta_ads"]))
    assert all(each["good"] for each in checked["findings"]), checked
    entries = [each["node"]["details"] for each in owner.ask(AUDIT, p=str(place.project_id))["edges"]]
    assert [each["replaced"] for each in entries if "replaced" in each] == [True, False], "newest first"


def test_the_same_key_twice_connects_once(owner: Owner, place: Place) -> None:
    first, other = place.meta_text(access_token=_token(place)), place.meta_text(access_token=_token(place))
    said = owner.connect("meta_ads", first, once="connect-meta-1")
    with place.services.database.transaction() as session:
        sealed = session.scalar(text("SELECT credentials FROM ad_accounts WHERE platform = 'meta_ads'"))
    assert owner.connect("meta_ads", first, once="connect-meta-1") == said
    assert owner.connect("meta_ads", other, once="connect-meta-1")["code"] == "CONFLICT"
    with place.services.database.transaction() as session:
        assert session.scalar(text("SELECT credentials FROM ad_accounts WHERE platform = 'meta_ads'")) == sealed


def test_no_credential_is_in_an_answer_a_line_a_span_an_audit_or_the_database(
    heard: Collector, owner: Owner, place: Place, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    token, refresh = _token(place), "canaryRefreshToken00000"
    owner.connect("meta_ads", place.meta_text(access_token=token), once="connect-meta-1")
    owner.ask(CHECK, account=str(place.accounts["meta_ads"]))
    place.meta.post("meta/tokens", token=token, end="revoked")
    owner.ask(CHECK, account=str(place.accounts["meta_ads"]))
    owner.connect("google_ads", place.google_text(refresh_token=refresh), once="connect-google-1")
    owner.ask(CHECK, account=str(place.accounts["google_ads"]))
    # What cannot be read, has too little, or is for another platform is refused without being quoted; also in a document with a mistake.
    broken = [f"access_token: [{token}", yaml.safe_dump({"app_secret": token}), f"&a [{token}, *a]", f"- {token}"]
    assert {owner.connect(platform, each)["code"] for each in broken for platform in place.accounts} == {"INVALID_INPUT"}
    mistaken = {"query": f'mutation {{ connectAccount(accountId: 5, credentials: "{token}") {{ nothing }} }}'}
    answer = owner.client.post("/graphql", json=mistaken, headers={"Authorization": f"Bearer {owner.key}"})
    owner.said.append(answer.text)
    owner.ask(LIST, p=str(place.project_id))
    owner.ask(AUDIT, p=str(place.project_id))
    telemetry.stop()

    with place.services.database.transaction() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "account.connected").order_by(AuditEntry.id)).all()
        tables = session.scalars(
            text("SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname IN ('public', 'events', 'auth')")
        )
        whole = [text(f"SELECT coalesce(json_agg(t), '[]')::text FROM {name} t") for name in tables if name != "public.alembic_version"]  # noqa: S608 - names of the catalogue
        dump = "\n".join(str(session.scalar(each)) for each in whole)
    assert [(each.actor, each.details) for each in entries] == [
        ("ana@example.org", {"kind": kind, "key": key_id(KEY), "replaced": False}) for kind in ("meta_token", "google_refresh_token")
    ]
    written = capfd.readouterr()
    places = {
        "answers": "\n".join(owner.said), "lines": caplog.text + written.err + written.out, "database": dump,
        "spans": b"".join(heard.raw).decode("utf-8", "replace"),
    }  # fmt: skip
    # Looking is no idle thing: what should be there is there.
    assert "account.connected" in places["answers"]
    assert "http.request" in places["lines"]
    assert str(place.accounts["meta_ads"]) in places["database"]
    assert "POST /graphql" in places["spans"]
    assert any(span.attributes.get("zamc.platform") == "meta_ads" for span in heard.spans())
    shown = place.meta.credentials
    secrets = {"token": token, "refresh": refresh, "key": KEY, "app": shown.app_secret, "client": shown.client_secret}
    assert [(name, where) for name, secret in secrets.items() for where, said in places.items() if secret in said] == []

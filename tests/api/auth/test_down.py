"""While PostgreSQL or Valkey is down: what needs it says when to come back, nothing is half-written, what does not need it goes on."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import text

from api.app import create_app
from tests.api.auth.conftest import Person
from zamc.bootstrap import Services

NOWHERE = "redis://127.0.0.1:9/0"


@pytest.fixture
def without_redis(wired: Services) -> Services:
    return Services(wired.settings.model_copy(update={"redis_url": SecretStr(NOWHERE)}))


@pytest.fixture
def without_postgres(wired: Services) -> Services:
    return Services(wired.settings.model_copy(update={"database_url": SecretStr("postgresql+psycopg://x:y@127.0.0.1:9/z")}))


def _client(wired: Services) -> TestClient:
    return TestClient(create_app(wired), raise_server_exceptions=False)


def test_without_redis_nobody_guesses_passwords(without_redis: Services, ana: Person, wired: Services) -> None:
    """Throttling fails closed: what cannot be counted is not tried."""
    client = _client(without_redis)
    for path, body in (
        ("/auth/sign-in", ana.credentials),
        ("/auth/token", ana.credentials),
        ("/auth/reset", {"email": ana.email}),
        ("/auth/refresh", {"refresh_token": "zamcr_x"}),
        ("/auth/link", {"token": "zamcl_x"}),
    ):
        answer = client.post(path, json=body)
        assert (answer.status_code, answer.json()["error"]) == (503, "unavailable"), path
        assert int(answer.headers["retry-after"]) >= 1
    with wired.database.transaction() as session:
        assert session.scalar(text("SELECT count(*) FROM auth.sessions")) == 0, "nothing is half-written"


def test_without_redis_a_session_is_503_and_keys_and_tokens_go_on(
    client: TestClient, without_redis: Services, wired: Services, ana: Person
) -> None:
    client.post("/auth/sign-in", json=ana.credentials)
    token = client.post("/auth/token", json=ana.credentials).json()["access_token"]
    with wired.database.transaction() as session:
        key = wired.identity.service.grant_key(session, email=ana.email, roles={})
    down = _client(without_redis)
    answer = down.get("/auth/session", headers={"cookie": f"zamc-insecure={client.cookies.get('zamc-insecure')}"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    for bearer in (key, token):
        assert down.get("/auth/session", headers={"authorization": f"Bearer {bearer}"}).json()["signed_in"]
    assert down.get("/healthz").status_code == 200


def test_a_session_whose_redis_fails_after_the_commit_signs_nobody_in(
    client: TestClient, ana: Person, wired: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    from redis.exceptions import ConnectionError as Gone

    def gone(*_: object, **__: object) -> None:
        raise Gone("gone")

    monkeypatch.setattr(type(wired.identity.sessions), "remember", gone)
    answer = client.post("/auth/sign-in", json=ana.credentials)
    assert answer.status_code == 503
    assert "set-cookie" not in answer.headers


def test_signing_out_everywhere_holds_although_redis_is_down(
    client: TestClient, browser: Callable[[], TestClient], ana: Person, without_redis: Services, wired: Services
) -> None:
    client.post("/auth/sign-in", json=ana.credentials)
    assert without_redis.identity.sign_in.end_everywhere(ana.id) == 1
    again = browser()
    headers = {"cookie": f"zamc-insecure={client.cookies.get('zamc-insecure')}"}
    assert not again.get("/auth/session", headers=headers).json()["signed_in"], "PostgreSQL has the last word"


def test_without_postgresql_everything_says_when_to_come_back(without_postgres: Services) -> None:
    client = _client(without_postgres)
    key = "zamc_" + "x" * 43
    for answer in (
        client.post("/auth/sign-in", json={"email": "ana@example.org", "password": "seventeen hedgehogs cross the bridge"}),
        client.get("/auth/session", headers={"authorization": f"Bearer {key}"}),
        client.get("/auth/jwks.json"),
        client.get("/auth/keys", headers={"authorization": f"Bearer {key}"}),
    ):
        assert (answer.status_code, answer.json()["error"], answer.headers["retry-after"]) == (503, "unavailable", "5")
        assert "127.0.0.1" not in answer.text
    assert client.get("/healthz").status_code == 200
    assert client.get("/auth/session").json() == {"signed_in": False, "email": None, "via": None, "expires_at": None, "projects": []}


def test_without_a_key_of_the_server_old_keys_go_on_and_signing_in_is_not_set_up(wired: Services, ana: Person) -> None:
    bare = Services(wired.settings.model_copy(update={"identity_key": None}))
    with bare.database.transaction() as session:
        key = bare.identity.service.grant_key(session, email=ana.email, roles={})
    client = _client(bare)
    assert client.get("/auth/session", headers={"authorization": f"Bearer {key}"}).json()["signed_in"]
    assert client.post("/auth/sign-in", json=ana.credentials).status_code == 503


def test_production_refuses_cookies_in_the_clear(wired: Services, ana: Person) -> None:
    unsafe = Services(wired.settings.model_copy(update={"environment": "production", "cookie_secure": False}))
    assert _client(unsafe).post("/auth/sign-in", json=ana.credentials).status_code == 503


def test_many_wrong_passwords_end_in_waiting(client: TestClient, ana: Person, browser: Callable[[], TestClient]) -> None:
    """Wherever the account is guessed: here from one address. The right password waits too, or guessing would go on."""
    wrong = {"email": ana.email, "password": "not my password at all"}
    answers = [client.post("/auth/sign-in", json=wrong).status_code for _ in range(11)]
    assert answers == [401] * 10 + [429]
    last = browser().post("/auth/sign-in", json=ana.credentials)
    assert (last.status_code, last.json()["error"], int(last.headers["retry-after"]) > 1) == (429, "too_many", True)
    nobody = {"email": "nobody@example.org", "password": "not my password at all"}
    assert [client.post("/auth/sign-in", json=nobody).status_code for _ in range(11)] == answers, "the same for who does not exist"

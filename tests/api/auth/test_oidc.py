"""Signing in with an OpenID provider over HTTP: what it takes, and what a lying provider or a planted answer does not get."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi.testclient import TestClient
from joserfc.jwk import RSAKey
from pydantic import SecretStr

from api.app import create_app
from tests.api.auth import provider as stand_in
from tests.api.auth.conftest import EMAIL, Person
from tests.api.auth.provider import CLIENT_ID, CLIENT_SECRET, Provider
from zamc.bootstrap import Services
from zamc.errors import ConfigurationError
from zamc.identity import oidc as identity_oidc
from zamc.identity import proof_repository, repository


@pytest.fixture
def provider() -> Iterator[Provider]:
    with stand_in.running() as running:
        yield running


@pytest.fixture
def visitor(wired: Services, provider: Provider) -> Callable[[], TestClient]:
    """A fresh browser of an installation that knows the provider."""
    changed = {"oidc_issuer": provider.issuer, "oidc_client_id": CLIENT_ID, "oidc_client_secret": SecretStr(CLIENT_SECRET)}
    app = create_app(Services(wired.settings.model_copy(update=changed)))
    return lambda: TestClient(app, raise_server_exceptions=False, follow_redirects=False)


def _go(client: TestClient, return_to: str = "/") -> str:
    """Begin here, agree there; where the provider sends the browser back to."""
    begun = client.get("/auth/oidc/start", params={"return_to": return_to})
    assert begun.status_code == 303, begun.text
    return str(httpx.get(begun.headers["location"], follow_redirects=False).headers["location"])


def _comes_back(client: TestClient, url: str) -> Any:
    parts = urlsplit(url)
    return client.get(f"{parts.path}?{parts.query}")


def _signed_in(client: TestClient) -> bool:
    return bool(client.get("/auth/session").json()["signed_in"])


def test_an_invited_person_signs_in_and_goes_on(
    visitor: Callable[[], TestClient], ana: Person, provider: Provider, wired: Services
) -> None:
    client = visitor()
    url = _go(client, "/projects?x=1")
    assert url.startswith("http://testserver/auth/oidc/callback?")
    answer = _comes_back(client, url)
    assert (answer.status_code, answer.headers["location"]) == (303, "/projects?x=1")
    assert client.get("/auth/session").json()["email"] == EMAIL
    (asked,) = provider.asked
    assert (asked["response_type"], asked["code_challenge_method"], len(asked["state"]) > 30, len(asked["nonce"]) > 30) == (
        "code",
        "S256",
        True,
        True,
    )
    with wired.database.transaction() as session:
        assert proof_repository.identity(session, provider.issuer, provider.subject) == ana.id
    # Known by subject from now on, whatever becomes of the address.
    provider.email, provider.claims = "renamed@example.org", {"email_verified": False}
    again = visitor()
    assert _comes_back(again, _go(again)).status_code == 303
    assert _signed_in(again)


@pytest.mark.parametrize("return_to", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_nobody_is_sent_elsewhere(visitor: Callable[[], TestClient], ana: Person, return_to: str) -> None:
    client = visitor()
    assert _comes_back(client, _go(client, return_to)).headers["location"] == "/"


_OTHER = RSAKey.generate_key(2048, {"kid": "one"})


@pytest.mark.parametrize(
    ("claims", "signed"),
    [
        pytest.param({"iss": "https://evil.example"}, {}, id="issuer"),
        pytest.param({"aud": "somebody-else"}, {}, id="audience"),
        pytest.param({"aud": [CLIENT_ID, "somebody-else"]}, {}, id="two audiences and no azp"),
        pytest.param({"azp": "somebody-else"}, {}, id="azp"),
        pytest.param({"nonce": "another"}, {}, id="nonce"),
        pytest.param({"nonce": None}, {}, id="no nonce"),
        pytest.param({"exp": 1}, {}, id="over"),
        pytest.param({"exp": None}, {}, id="without an end"),
        pytest.param({"iat": 2**40}, {}, id="of the future"),
        pytest.param({"sub": None}, {}, id="nobody"),
        pytest.param({"sub": 5}, {}, id="no text"),
        pytest.param({"email_verified": False}, {}, id="address not verified"),
        pytest.param({"email_verified": "true"}, {}, id="verified in words"),
        pytest.param({"email_verified": None}, {}, id="verified unsaid"),
        pytest.param({"email": "eve@example.org"}, {}, id="not invited"),
        pytest.param({"email": "ana@example.org\nbcc: eve@example.org"}, {}, id="line break"),
        pytest.param({}, {"alg": "none"}, id="unsigned"),
        pytest.param({}, {"sign_with": _OTHER}, id="another key"),
        pytest.param({}, {"alg": "HS256", "sign_with": stand_in.symmetric(CLIENT_SECRET)}, id="signed with the client's secret"),
    ],
)
def test_a_lie_signs_nobody_in(
    visitor: Callable[[], TestClient], ana: Person, provider: Provider, wired: Services, claims: dict[str, Any], signed: dict[str, Any]
) -> None:
    provider.claims = claims
    for name, value in signed.items():
        setattr(provider, name, value)
    client = visitor()
    answer = _comes_back(client, _go(client))
    assert (answer.status_code, answer.json()["error"]) == (401, "credentials")
    assert not _signed_in(client)
    with wired.database.transaction() as session:
        assert proof_repository.identity(session, provider.issuer, provider.subject) is None


def test_an_answer_counts_once_and_in_the_browser_that_asked(visitor: Callable[[], TestClient], ana: Person) -> None:
    """Else a stranger could sign a person in as themselves, or use an answer that they have seen."""
    client, other = visitor(), visitor()
    url = _go(client)
    assert _comes_back(other, url).status_code == 401
    _go(other)
    assert _comes_back(other, url).status_code == 401, "with a cookie of a sign-in of its own"
    url = _go(client)
    assert _comes_back(client, url).status_code == 303
    client.cookies.clear()
    assert _comes_back(client, url).status_code == 401


@pytest.mark.parametrize("query", ["", "state=x", "code=x&state=x", "error=access_denied&error_description=<script>", "code=&state="])
def test_an_answer_without_a_beginning_is_none(visitor: Callable[[], TestClient], query: str) -> None:
    client = visitor()
    _go(client)
    answer = client.get(f"/auth/oidc/callback?{query}")
    assert answer.status_code == 401
    assert "script" not in answer.text


def test_an_answer_of_another_provider_is_refused(visitor: Callable[[], TestClient], ana: Person) -> None:
    client = visitor()
    parts = urlsplit(_go(client))
    query = {name: values[0] for name, values in parse_qs(parts.query).items()} | {"iss": "https://evil.example"}
    assert client.get(parts.path, params=query).status_code == 401


def test_a_disabled_user_is_not_let_in(visitor: Callable[[], TestClient], ana: Person, wired: Services) -> None:
    with wired.database.transaction() as session:
        repository.change_user(session, ana.id, disabled_at=wired.clock.now())
    client = visitor()
    assert _comes_back(client, _go(client)).status_code == 401


def test_a_provider_with_a_new_key_is_believed(
    visitor: Callable[[], TestClient], ana: Person, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = visitor()
    assert _comes_back(first, _go(first)).status_code == 303
    provider.key = RSAKey.generate_key(2048, {"kid": "two", "use": "sig"})
    monkeypatch.setattr(identity_oidc, "_KEYS_AGAIN", identity_oidc._STATE_FOR * 0)
    second = visitor()
    assert _comes_back(second, _go(second)).status_code == 303


def test_a_provider_that_does_not_answer_is_503(visitor: Callable[[], TestClient], provider: Provider) -> None:
    provider.down = True
    answer = visitor().get("/auth/oidc/start")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


def test_without_a_provider_there_is_no_way(client: TestClient) -> None:
    assert client.get("/auth/oidc").json() == {"password": True, "oidc": None}
    assert client.get("/auth/oidc/start").status_code == 404


def test_a_provider_in_the_clear_is_not_taken() -> None:
    with pytest.raises(ConfigurationError, match="https"):
        identity_oidc.Provider("http://provider.example.org", "a", "b")

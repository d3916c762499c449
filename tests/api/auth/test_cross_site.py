"""What another site makes a browser send is not let in; what it may be sent to is a path of ours."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from api.security import origins_of
from tests.api.auth.conftest import Person
from zamc.identity.oidc import local_path

OWN = "http://testserver"


@pytest.mark.parametrize(
    ("headers", "let_in"),
    [
        pytest.param({}, True, id="a program"),
        pytest.param({"sec-fetch-site": "same-origin"}, True, id="our page"),
        pytest.param({"sec-fetch-site": "none"}, True, id="typed by the person"),
        pytest.param({"origin": OWN}, True, id="an older browser on our page"),
        pytest.param({"sec-fetch-site": "cross-site"}, False, id="another site"),
        pytest.param({"sec-fetch-site": "same-site"}, False, id="a neighbour"),
        pytest.param({"sec-fetch-site": "cross-site", "origin": OWN}, False, id="another site that says it is us"),
        pytest.param({"sec-fetch-site": "nonsense"}, False, id="nonsense"),
        pytest.param({"origin": "https://evil.example"}, False, id="another origin"),
        pytest.param({"origin": "null"}, False, id="a sandboxed frame"),
        pytest.param({"origin": "http://testserver.evil.example"}, False, id="a name that begins like ours"),
        pytest.param({"origin": "https://testserver"}, False, id="another scheme"),
        pytest.param({"origin": "http://testserver:81"}, False, id="another port"),
    ],
)
def test_only_our_own_pages_change_something(client: TestClient, ana: Person, headers: dict[str, str], let_in: bool) -> None:
    answer = client.post("/auth/sign-in", json=ana.credentials, headers=headers)
    assert (answer.status_code == 200) == let_in
    assert ("set-cookie" in answer.headers) == let_in
    if not let_in:
        assert answer.json()["error"] == "cross_site"


def test_another_site_cannot_use_a_persons_session(signed_in: TestClient) -> None:
    for path in ("/auth/sign-out-everywhere", "/auth/keys", "/graphql"):
        answer = signed_in.post(path, json={"query": "{ projects { name } }"}, headers={"sec-fetch-site": "cross-site"})
        assert answer.status_code == 403, path
    assert signed_in.get("/auth/session").json()["signed_in"]


def test_a_form_of_another_site_is_no_json(client: TestClient, ana: Person) -> None:
    body = '{"email": "ana@example.org", "password": "seventeen hedgehogs cross the bridge"}'
    assert client.post("/auth/sign-in", content=body, headers={"content-type": "text/plain"}).status_code == 422


def test_a_bearer_token_is_not_a_cookie(signed_in: TestClient) -> None:
    """Beside a bearer token, which no other site can add, the cookie is not read."""
    headers = {"authorization": "Bearer zamc_nobody", "sec-fetch-site": "cross-site"}
    assert signed_in.post("/auth/sign-out-everywhere", headers=headers).status_code == 401
    assert signed_in.get("/auth/session").json()["signed_in"]


def test_our_address_on_this_machine_has_three_names() -> None:
    assert origins_of("http://127.0.0.1:8000") == {"http://127.0.0.1:8000", "http://localhost:8000", "http://[::1]:8000"}
    assert origins_of("https://zamc.example.org") == {"https://zamc.example.org"}


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "\\\\evil",
        "/a\r\nset-cookie: x=1",
        "",
        "evil",
        "/\t/evil",
    ],
)
def test_nobody_is_sent_elsewhere_after_signing_in(path: str) -> None:
    assert local_path(path) == "/"


@pytest.mark.parametrize("path", ["/", "/#project=1", "/projects?x=1&y=%2F"])
def test_a_path_of_ours_is_kept(path: str) -> None:
    assert local_path(path) == path


def test_every_answer_tells_browsers_to_be_careful(client: TestClient) -> None:
    for path in ("/healthz", "/auth/session", "/nowhere"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["referrer-policy"] == "no-referrer"


Make = Callable[..., Person]


def test_a_websocket_of_another_site_is_refused(signed_in: TestClient) -> None:
    from starlette.websockets import WebSocketDisconnect

    with pytest.raises(WebSocketDisconnect) as refused, signed_in.websocket_connect("/graphql", headers={"origin": "https://evil.example"}):
        pass
    assert refused.value.code == 4403

"""Signing in with a browser: who is let in, what a session is, and how it ends."""

from collections.abc import Callable

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pwdlib import PasswordHash
from sqlalchemy import text

from tests.api.auth.conftest import EMAIL, PASSWORD, Person, SteppingClock
from zamc.bootstrap import Services

Browser = Callable[[], TestClient]


def _is_signed_in(client: TestClient, **headers: str) -> bool:
    return bool(client.get("/auth/session", headers=headers).json()["signed_in"])


def _nobody_remembered(app: FastAPI) -> None:
    """As another process sees it, or this one a second later."""
    if hasattr(app.state, "known_callers"):
        del app.state.known_callers


def test_a_person_signs_in_and_sees_their_projects(client: TestClient, ana: Person) -> None:
    answer = client.post("/auth/sign-in", json=ana.credentials)
    assert answer.status_code == 200
    assert (answer.json()["email"], [found["role"] for found in answer.json()["projects"]]) == (EMAIL, ["owner"])
    assert client.get("/auth/session").json() == answer.json()


def test_the_cookie_is_kept_from_scripts_and_other_sites(client: TestClient, ana: Person) -> None:
    cookie = client.post("/auth/sign-in", json=ana.credentials).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie


def test_with_tls_the_cookie_is_this_hosts_alone(wired: Services, ana: Person) -> None:
    from api.app import create_app

    secure = Services(wired.settings.model_copy(update={"cookie_secure": True}))
    with TestClient(create_app(secure), base_url="https://testserver") as client:
        answer = client.post("/auth/sign-in", json=ana.credentials, headers={"sec-fetch-site": "same-origin"})
        assert answer.headers["set-cookie"].startswith("__Host-zamc=")
        assert "Secure" in answer.headers["set-cookie"]
        assert "max-age=31536000" in answer.headers["strict-transport-security"]
        assert _is_signed_in(client)


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"password": "seventeen hedgehogs cross the river"}, id="password"),
        pytest.param({"email": "eve@example.org"}, id="nobody"),
        pytest.param({"email": "not an address"}, id="no-address"),
        pytest.param({"email": "ana@example.org\nBcc: eve@example.org"}, id="line-break"),
        pytest.param({"password": PASSWORD * 100}, id="very-long"),
        pytest.param({"password": PASSWORD + "\x00"}, id="nul"),
        pytest.param({"email": "'; DROP TABLE auth.users; --"}, id="sql"),
    ],
)
def test_who_is_refused_learns_nothing(client: TestClient, ana: Person, changed: dict[str, str]) -> None:
    answer = client.post("/auth/sign-in", json={**ana.credentials, **changed})
    assert answer.status_code == 401
    assert answer.json() == {"error": "credentials", "message": "the address, the password or the code is wrong"}
    assert "set-cookie" not in answer.headers


def test_nobody_reads_from_the_work_done_who_exists(
    client: TestClient, ana: Person, wired: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not the time, which a busy machine blurs: a hash is verified in either case."""
    hasher = wired.identity.sign_in._hasher._argon
    verified: list[str] = []
    real = type(hasher).verify_and_update

    def counted(self: PasswordHash, password: str, known: str) -> tuple[bool, str | None]:
        verified.append(known)
        return real(self, password, known)

    monkeypatch.setattr(type(hasher), "verify_and_update", counted)
    for email in (EMAIL, "nobody@example.org"):
        client.post("/auth/sign-in", json={"email": email, "password": "wrong and long enough"})
    assert [known.split("$")[:4] for known in verified] == [verified[0].split("$")[:4]] * 2


def test_an_address_is_the_same_in_capitals_and_a_password_in_another_normal_form(
    client: TestClient, person: Callable[..., Person]
) -> None:
    person(password="Zwölf Bären lesen Ägyptisch 北京")
    decomposed = "Zwo\u0308lf Ba\u0308ren lesen A\u0308gyptisch 北京"
    assert client.post("/auth/sign-in", json={"email": " ANA@Example.org", "password": decomposed}).status_code == 200


def test_lone_surrogates_are_refused_and_nothing_breaks(client: TestClient, ana: Person) -> None:
    body = '{"email": "ana@example.org", "password": "\\ud800 seventeen hedgehogs"}'
    answer = client.post("/auth/sign-in", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in {401, 422}


def test_every_sign_in_is_a_session_of_its_own_and_none_is_planted(client: TestClient, ana: Person, app: FastAPI) -> None:
    """Session fixation: what the browser brought along is never taken over, and the old session is over."""
    client.cookies.set("zamc-insecure", "planted-by-somebody-else")
    client.post("/auth/sign-in", json=ana.credentials)
    first = client.cookies.get("zamc-insecure", domain="testserver.local")
    assert first != "planted-by-somebody-else"
    client.cookies.clear()
    client.cookies.set("zamc-insecure", str(first))
    client.post("/auth/sign-in", json=ana.credentials)
    second = client.cookies.get("zamc-insecure", domain="testserver.local")
    assert second not in {None, first}
    _nobody_remembered(app)
    client.cookies.clear()
    assert not _is_signed_in(client, cookie=f"zamc-insecure={first}")
    assert _is_signed_in(client, cookie=f"zamc-insecure={second}")


def test_two_cookies_of_one_name_are_none(signed_in: TestClient) -> None:
    """Cookie tossing: a neighbouring host has planted the other one, and nobody can say which is ours."""
    own = signed_in.cookies.get("zamc-insecure")
    signed_in.cookies.clear()
    assert not _is_signed_in(signed_in, cookie=f"zamc-insecure=planted; zamc-insecure={own}")
    assert not _is_signed_in(signed_in, cookie=f"zamc-insecure={own}; zamc-insecure=planted")
    assert _is_signed_in(signed_in, cookie=f"other=1; zamc-insecure={own}")


def test_sign_out_ends_the_session_on_the_server(signed_in: TestClient, app: FastAPI) -> None:
    own = signed_in.cookies.get("zamc-insecure")
    assert signed_in.post("/auth/sign-out").status_code == 204
    assert not _is_signed_in(signed_in)
    assert not _is_signed_in(signed_in, cookie=f"zamc-insecure={own}")


def test_sign_out_everywhere_ends_browsers_and_tokens_and_keeps_nothing(browser: Browser, ana: Person, app: FastAPI) -> None:
    first, second = browser(), browser()
    for each in (first, second):
        each.post("/auth/sign-in", json=ana.credentials)
    pair = browser().post("/auth/token", json=ana.credentials).json()
    assert len(first.get("/auth/sessions").json()) == 3
    assert first.post("/auth/sign-out-everywhere").status_code == 204
    assert not _is_signed_in(second)
    assert not _is_signed_in(browser(), authorization=f"Bearer {pair['access_token']}")
    assert browser().post("/auth/refresh", json={"refresh_token": pair["refresh_token"]}).status_code == 401


def test_one_session_can_be_ended_from_another_and_a_strangers_cannot(browser: Browser, ana: Person, person: Callable[..., Person]) -> None:
    eve = person("eve@example.org")
    phone, laptop, strangers = browser(), browser(), browser()
    for each, who in ((phone, ana), (laptop, ana), (strangers, eve)):
        each.post("/auth/sign-in", json=who.credentials)
    theirs = next(found["id"] for found in strangers.get("/auth/sessions").json())
    (other,) = [found["id"] for found in laptop.get("/auth/sessions").json() if not found["current"]]
    assert laptop.delete(f"/auth/sessions/{theirs}").status_code == 404
    assert laptop.delete(f"/auth/sessions/{other}").status_code == 204
    assert [_is_signed_in(each) for each in (phone, laptop, strangers)] == [False, True, True]


def test_a_session_that_nobody_uses_ends_and_so_does_an_old_one(
    client: TestClient, ana: Person, app: FastAPI, wired: Services, stepping: SteppingClock
) -> None:
    client.post("/auth/sign-in", json=ana.credentials)
    store = wired.identity.sessions._redis
    (key,) = store.keys("zamc:session:*")
    assert 0 < store.ttl(key) <= wired.settings.session_idle_seconds
    store.expire(key, 60)
    _nobody_remembered(app)
    assert _is_signed_in(client)
    assert store.ttl(key) > 60, "being used puts the end off"
    stepping.ahead = wired.settings.session_seconds + 1
    assert not _is_signed_in(client), "but not for ever"
    stepping.ahead = 0
    store.delete(key)
    _nobody_remembered(app)
    assert not _is_signed_in(client)


def test_a_disabled_user_is_out_at_once(signed_in: TestClient, app: FastAPI, wired: Services, ana: Person) -> None:
    with wired.database.transaction() as session:
        session.execute(text("UPDATE auth.users SET disabled_at = now()"))
    _nobody_remembered(app)
    assert not _is_signed_in(signed_in)
    assert signed_in.post("/auth/sign-in", json=ana.credentials).status_code == 401


def test_what_is_stored_signs_nobody_in(signed_in: TestClient, wired: Services) -> None:
    own = str(signed_in.cookies.get("zamc-insecure"))
    store = wired.identity.sessions._redis
    assert all(own not in key.decode() for key in store.keys("*"))
    with wired.database.transaction() as session:
        stored = session.scalars(text("SELECT token_hash FROM auth.sessions")).all()
        (hashed,) = session.scalars(text("SELECT password_hash FROM auth.users")).all()
    signed_in.cookies.clear()
    assert not any(_is_signed_in(signed_in, cookie=f"zamc-insecure={found}") for found in stored)
    assert hashed.startswith("$argon2id$")


def test_production_hashes_as_the_rfc_recommends() -> None:
    from zamc.identity.hashing import PasswordHasher

    assert PasswordHasher().hash(PASSWORD).startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_a_new_password_ends_the_other_sessions(browser: Browser, ana: Person) -> None:
    here, there = browser(), browser()
    for each in (here, there):
        each.post("/auth/sign-in", json=ana.credentials)
    wrong = here.post("/auth/password", json={"old": "not my password at all", "new": "forty two umbrellas in a lift"})
    weak = here.post("/auth/password", json={"old": PASSWORD, "new": "passwordpassword"})
    assert (wrong.status_code, weak.status_code, weak.json()["field"]) == (401, 422, "password")
    assert here.post("/auth/password", json={"old": PASSWORD, "new": "forty two umbrellas in a lift"}).status_code == 204
    assert [_is_signed_in(each) for each in (here, there)] == [True, False]
    assert there.post("/auth/sign-in", json=ana.credentials).status_code == 401
    assert there.post("/auth/sign-in", json={"email": EMAIL, "password": "forty two umbrellas in a lift"}).status_code == 200


def test_an_answer_never_quotes_what_was_sent(client: TestClient) -> None:
    answer = client.post("/auth/sign-in", json={"email": EMAIL, "password": {"hunter2": "hunter2"}, "extra": "hunter2"})
    assert answer.status_code == 422
    assert "hunter2" not in answer.text

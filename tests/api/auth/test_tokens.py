"""Tokens of other clients: what is believed, what is not, and what happens to a stolen one."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text

from tests.api.auth.conftest import Person, SteppingClock
from zamc.bootstrap import Services
from zamc.identity import repository

Browser = Callable[[], TestClient]


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _believed(client: TestClient, token: str) -> bool:
    return bool(client.get("/auth/session", headers={"authorization": f"Bearer {token}"}).json()["signed_in"])


@pytest.fixture
def pair(client: TestClient, ana: Person) -> dict[str, Any]:
    answer = client.post("/auth/token", json=ana.credentials)
    assert answer.status_code == 200, answer.text
    read: dict[str, Any] = answer.json()
    return read


def test_a_token_is_believed_and_the_published_keys_prove_it(client: TestClient, pair: dict[str, Any], ana: Person) -> None:
    assert _believed(client, pair["access_token"])
    keys = jwt.PyJWKSet.from_dict(client.get("/auth/jwks.json").json())
    kid = jwt.get_unverified_header(pair["access_token"])["kid"]
    claims = jwt.decode(pair["access_token"], keys[kid], algorithms=["EdDSA"], audience="zamc-api", issuer="http://testserver")
    assert claims["sub"] == str(ana.id)
    assert claims["exp"] - claims["iat"] == pair["expires_in"] == 600
    assert {"jti", "sid", "pv"} <= set(claims)
    assert "d" not in client.get("/auth/jwks.json").json()["keys"][0]


def _forged(wired: Services, pair: dict[str, Any]) -> dict[str, str]:
    """Tokens that must not be believed, by what is wrong with them."""
    header = jwt.get_unverified_header(pair["access_token"])
    claims = jwt.decode(pair["access_token"], options={"verify_signature": False})
    kid, private = wired.identity.signing_keys.signer()
    other = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    body = _b64(json.dumps(claims).encode())

    def by_hand(head: dict[str, Any], sign: Callable[[bytes], bytes]) -> str:
        start = f"{_b64(json.dumps(head).encode())}.{body}"
        return f"{start}.{_b64(sign(start.encode()))}"

    def ours(head: dict[str, Any] | None = None, **changed: Any) -> str:
        kept = {name: value for name, value in {**claims, **changed}.items() if value is not None}
        return jwt.encode(kept, private, algorithm="EdDSA", headers={"kid": kid, "typ": "at+jwt", **(head or {})})

    head, _, _ = pair["access_token"].split(".")
    now = claims["iat"]
    return {
        "none": by_hand({**header, "alg": "none"}, lambda _: b""),
        "None": by_hand({**header, "alg": "None"}, lambda _: b""),
        "hmac with the public key": by_hand({**header, "alg": "HS256"}, lambda data: hmac.digest(public, data, "sha256")),
        "hmac with the key as a JWK": by_hand(
            {**header, "alg": "HS256"}, lambda data: hmac.digest(_b64(public).encode(), data, hashlib.sha256)
        ),
        "another key": jwt.encode(claims, other, algorithm="EdDSA", headers=header),
        "a key of its own": jwt.encode(
            claims, other, algorithm="EdDSA", headers={**header, "jwk": {"kty": "OKP", "crv": "Ed25519", "x": _b64(public)}}
        ),
        "a key elsewhere": jwt.encode(
            claims, other, algorithm="EdDSA", headers={**header, "jku": "http://127.0.0.1:1/keys", "x5u": "http://127.0.0.1:1/x"}
        ),
        "kid is a path": ours({"kid": "../../../../dev/null"}),
        "kid is sql": ours({"kid": "x' UNION SELECT 'a"}),
        "kid is nul": ours({"kid": "\x00"}),
        "kid is missing": by_hand({"alg": "EdDSA", "typ": "at+jwt"}, private.sign),
        "kid is a list": by_hand({"alg": "EdDSA", "typ": "at+jwt", "kid": [kid]}, private.sign),
        "typ of an identity": ours({"typ": "JWT"}),
        "crit": by_hand({**header, "crit": ["exp"]}, private.sign),
        "changed": f"{head}.{_b64(json.dumps({**claims, 'sub': str(uuid4())}).encode())}.{pair['access_token'].split('.')[2]}",
        "over": ours(exp=now - 1),
        "not yet": ours(nbf=now + 3600),
        "of the future": ours(iat=now + 3600),
        "another audience": ours(aud="somebody-else"),
        "several audiences": ours(aud=["zamc-api", "somebody-else"]),
        "another issuer": ours(iss="http://testserver.evil.example"),
        "part of the issuer": ours(iss="http://test"),
        **{f"without {name}": ours(**{name: None}) for name in ("exp", "iat", "aud", "iss", "sub", "jti", "sid", "pv")},
        "sid is no id": ours(sid="x"),
        "sid of nobody": ours(sid=str(uuid4())),
        "older rights": ours(pv=claims["pv"] - 1),
        "newer rights": ours(pv=claims["pv"] + 1),
        "huge": ours(padding="x" * 4000),
        "encrypted": f"{pair['access_token']}.a.b",
        "cut": pair["access_token"][:-3],
        "dots": "..",
    }


def test_no_forged_token_is_believed(client: TestClient, wired: Services, pair: dict[str, Any]) -> None:
    believed = [name for name, token in _forged(wired, pair).items() if _believed(client, token)]
    assert believed == []
    assert _believed(client, pair["access_token"])


def test_a_token_is_over_when_it_says_so(client: TestClient, pair: dict[str, Any], stepping: SteppingClock) -> None:
    assert _believed(client, pair["access_token"])
    stepping.ahead = 601
    assert not _believed(client, pair["access_token"])


def test_a_token_in_the_query_string_is_none(client: TestClient, pair: dict[str, Any]) -> None:
    for name in ("access_token", "token", "authorization"):
        assert not client.get("/auth/session", params={name: pair["access_token"]}).json()["signed_in"]


def test_a_change_of_rights_is_not_waited_for(client: TestClient, app: FastAPI, wired: Services, pair: dict[str, Any], ana: Person) -> None:
    with wired.database.transaction() as session:
        repository.raise_version(session, ana.id)
    app.state.known_callers = None
    del app.state.known_callers
    assert not _believed(client, pair["access_token"])
    fresh = client.post("/auth/refresh", json={"refresh_token": pair["refresh_token"]}).json()
    assert _believed(client, fresh["access_token"])


def test_a_refresh_token_used_again_ends_the_family(client: TestClient, app: FastAPI, pair: dict[str, Any]) -> None:
    second = client.post("/auth/refresh", json={"refresh_token": pair["refresh_token"]})
    assert second.status_code == 200
    again = client.post("/auth/refresh", json={"refresh_token": pair["refresh_token"]})
    assert again.status_code == 401
    app.state.__dict__["_state"].pop("known_callers", None)
    assert client.post("/auth/refresh", json={"refresh_token": second.json()["refresh_token"]}).status_code == 401
    assert not _believed(client, second.json()["access_token"])


def test_of_two_at_the_same_time_one_gets_a_pair_and_the_family_ends(wired: Services, ana: Person) -> None:
    """As two processes would: each with its own transaction, begun before the other has committed."""
    tokens, database = wired.identity.tokens, wired.database
    for _ in range(5):
        with database.transaction() as session:
            first = tokens.begin(session, ana.id, agent="test")

        def refresh(shown: str = first.refresh_token) -> Any:
            with database.transaction() as session:
                return tokens.refresh(session, shown)

        with ThreadPoolExecutor(2) as pool:
            results = [done.result() for done in [pool.submit(refresh) for _ in range(2)]]
        won = [result for result in results if result is not None]
        assert len(won) == 1
        with database.transaction() as session:
            why = session.scalar(text("SELECT ended_why FROM auth.sessions WHERE id = :id"), {"id": won[0].session_id})
            assert why == "reuse"
            assert tokens.refresh(session, won[0].refresh_token) is None


@pytest.mark.parametrize("shape", ["{token}x", "zamcr_", "x", "zamcr_////", "zamcr_" + "A" * 75, "\x00", "zamcr_%F0%9F"])
def test_an_invented_refresh_token_ends_nobodys_family(client: TestClient, pair: dict[str, Any], shape: str) -> None:
    """Nor does one that names the right family, which stands in every access token."""
    claims = jwt.decode(pair["access_token"], options={"verify_signature": False})
    named = "zamcr_" + base64.urlsafe_b64encode(bytes.fromhex(claims["sid"].replace("-", "")) + b"x" * 40).decode()
    for invented in (shape.format(token=pair["refresh_token"]), named):
        assert client.post("/auth/refresh", json={"refresh_token": invented}).status_code in {401, 422}
        assert client.post("/auth/revoke", json={"refresh_token": invented}).status_code in {204, 422}
    assert client.post("/auth/refresh", json={"refresh_token": pair["refresh_token"]}).status_code == 200


def test_revoking_a_family_takes_any_of_its_tokens(client: TestClient, app: FastAPI, pair: dict[str, Any]) -> None:
    second = client.post("/auth/refresh", json={"refresh_token": pair["refresh_token"]}).json()
    assert client.post("/auth/revoke", json={"refresh_token": pair["refresh_token"]}).status_code == 204
    app.state.__dict__["_state"].pop("known_callers", None)
    assert not _believed(client, second["access_token"])


def test_keys_rotate_and_what_the_old_one_signed_stays_good(client: TestClient, wired: Services, pair: dict[str, Any], ana: Person) -> None:
    with wired.database.transaction() as session:
        wired.identity.signing_keys.rotate(session)
    fresh = client.post("/auth/token", json=ana.credentials).json()
    old, new = (jwt.get_unverified_header(each["access_token"])["kid"] for each in (pair, fresh))
    assert old != new
    assert [key["kid"] for key in client.get("/auth/jwks.json").json()["keys"]] == [new, old]
    assert _believed(client, pair["access_token"])
    assert _believed(client, fresh["access_token"])


def test_a_key_is_made_anew_every_month_and_the_old_one_vanishes(
    client: TestClient, pair: dict[str, Any], ana: Person, stepping: SteppingClock
) -> None:
    old = jwt.get_unverified_header(pair["access_token"])["kid"]
    stepping.ahead = 31 * 86_400
    new = jwt.get_unverified_header(client.post("/auth/token", json=ana.credentials).json()["access_token"])["kid"]
    assert new != old
    stepping.ahead = 33 * 86_400
    assert [key["kid"] for key in client.get("/auth/jwks.json").json()["keys"]] == [new]


def test_private_keys_and_refresh_tokens_are_not_in_the_database(wired: Services, pair: dict[str, Any]) -> None:
    _, private = wired.identity.signing_keys.signer()
    with wired.database.transaction() as session:
        stored = str(session.execute(text("SELECT private_key, public_key FROM auth.signing_keys")).all())
        stored += str(session.execute(text("SELECT * FROM auth.sessions")).all())
    raw = private.private_bytes_raw()
    assert raw.hex() not in stored
    assert base64.b64encode(raw).decode() not in stored
    assert pair["refresh_token"] not in stored


def test_unknown_kids_do_not_hammer_the_database(wired: Services, pair: dict[str, Any], stepping: SteppingClock) -> None:
    keys, looks = wired.identity.signing_keys, []
    real = keys._published
    keys._published = lambda now: looks.append(now) or real(now)  # type: ignore[method-assign, func-returns-value]  # counts
    for number in range(50):
        keys.public(f"{number:016x}")
    assert len(looks) <= 1

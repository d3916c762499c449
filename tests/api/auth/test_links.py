"""Links in mails: good once, for a short time, to one purpose; nobody learns from them who is a user."""

import email
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from tests.api.auth.conftest import EMAIL, PASSWORD, Person, SteppingClock
from zamc.bootstrap import Services
from zamc.identity.recovery import Purpose, make_link

Browser = Callable[[], TestClient]
FRESH = "forty two umbrellas in a lift"


@pytest.fixture
def mails(wired: Services) -> Callable[[], list[Any]]:
    folder = wired.settings.mail_folder
    assert folder is not None
    return lambda: [email.message_from_bytes(path.read_bytes()) for path in sorted(Path(folder).glob("*.eml"))]


def _token(mail: Any) -> str:
    found = re.search(r"#link=[a-z_]+:(\S+)", mail.get_payload(decode=True).decode())
    assert found
    return found[1]


def _link(wired: Services, person: Person, purpose: Purpose) -> str:
    with wired.database.transaction() as session:
        return make_link(session, wired.clock, user_id=person.id, purpose=purpose, public_url="http://testserver").token


def test_a_forgotten_password_is_chosen_anew(client: TestClient, browser: Browser, ana: Person, mails: Callable[[], list[Any]]) -> None:
    before = browser()
    before.post("/auth/sign-in", json=ana.credentials)
    assert client.post("/auth/reset", json={"email": "Ana@Example.org"}).status_code == 202
    (mail,) = mails()
    assert (mail["to"], mail["auto-submitted"]) == (EMAIL, "auto-generated")
    choose = {"token": _token(mail), "password": FRESH}
    assert client.post("/auth/reset/password", json={**choose, "password": "short"}).status_code == 422, "the link stays good"
    assert client.post("/auth/reset/password", json=choose).status_code == 204
    assert client.post("/auth/reset/password", json=choose).status_code == 400, "once"
    assert not before.get("/auth/session").json()["signed_in"]
    assert client.post("/auth/sign-in", json=ana.credentials).status_code == 401
    assert client.post("/auth/sign-in", json={"email": EMAIL, "password": FRESH}).status_code == 200


def test_nobody_learns_who_is_a_user(client: TestClient, ana: Person, mails: Callable[[], list[Any]]) -> None:
    known, unknown, odd = (client.post("/auth/reset", json={"email": each}) for each in (EMAIL, "eve@example.org", "x\ny"))
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content) == (odd.status_code, odd.content)
    assert [mail["to"] for mail in mails()] == [EMAIL]


def test_a_link_is_made_of_our_address_and_not_of_what_a_request_says(
    client: TestClient, ana: Person, mails: Callable[[], list[Any]]
) -> None:
    headers = {"host": "evil.example", "x-forwarded-host": "evil.example", "forwarded": "host=evil.example"}
    client.post("/auth/reset", json={"email": EMAIL}, headers=headers)
    (mail,) = mails()
    words = mail.get_payload(decode=True).decode()
    assert "evil.example" not in words
    assert "http://testserver/#link=reset:zamcl_" in words


def test_a_newer_link_makes_the_older_worthless(client: TestClient, ana: Person, mails: Callable[[], list[Any]]) -> None:
    for _ in range(2):
        client.post("/auth/reset", json={"email": EMAIL})
    older, newer = (_token(mail) for mail in mails())
    assert client.post("/auth/reset/password", json={"token": older, "password": FRESH}).status_code == 400
    assert client.post("/auth/reset/password", json={"token": newer, "password": FRESH}).status_code == 204


def test_a_link_is_too_old_after_its_time(client: TestClient, ana: Person, wired: Services, stepping: SteppingClock) -> None:
    token = _link(wired, ana, Purpose.RESET)
    stepping.ahead = 31 * 60
    assert client.post("/auth/reset/password", json={"token": token, "password": FRESH}).status_code == 400


@pytest.mark.parametrize("purpose", list(Purpose))
def test_a_link_is_good_for_its_purpose_alone(browser: Browser, ana: Person, wired: Services, purpose: Purpose) -> None:
    good = {"/auth/verify": [Purpose.VERIFY], "/auth/link": [Purpose.SIGN_IN], "/auth/reset/password": [Purpose.RESET, Purpose.INVITE]}
    for path, purposes in good.items():
        body = {"token": _link(wired, ana, purpose), **({"password": FRESH} if path.endswith("password") else {})}
        answer = browser().post(path, json=body)
        assert (answer.status_code < 300) == (purpose in purposes), path


def test_an_address_is_confirmed(signed_in: TestClient, wired: Services, mails: Callable[[], list[Any]]) -> None:
    assert signed_in.post("/auth/verify/send").status_code == 202
    (mail,) = mails()
    for status in (204, 400):
        assert signed_in.post("/auth/verify", json={"token": _token(mail)}).status_code == status
    with wired.database.transaction() as session:
        assert session.scalar(text("SELECT email_verified_at FROM auth.users")) is not None


def test_an_operators_link_signs_in_once(browser: Browser, ana: Person, wired: Services) -> None:
    token = _link(wired, ana, Purpose.SIGN_IN)
    first, second = browser(), browser()
    assert first.post("/auth/link", json={"token": token}).json()["email"] == EMAIL
    assert first.get("/auth/session").json()["signed_in"]
    assert second.post("/auth/link", json={"token": token}).status_code == 400
    assert not second.get("/auth/session").json()["signed_in"]


def test_opening_a_link_uses_nothing_up(client: TestClient, ana: Person, wired: Services) -> None:
    """Mail scanners fetch every address; the secret stands behind the # and is posted by the page."""
    with wired.database.transaction() as session:
        link = make_link(session, wired.clock, user_id=ana.id, purpose=Purpose.SIGN_IN, public_url="http://testserver")
    client.get(link.url)
    assert client.get("/auth/link", params={"token": link.token}).status_code == 405
    assert client.post("/auth/link", json={"token": link.token}).status_code == 200


def test_a_reset_does_not_pass_by_the_second_factor(client: TestClient, signed_in: TestClient, wired: Services, ana: Person) -> None:
    import pyotp

    secret = signed_in.post("/auth/totp/begin", json={"password": PASSWORD}).json()["secret"]
    signed_in.post("/auth/totp/confirm", json={"code": pyotp.TOTP(secret).now()})
    client.post("/auth/reset/password", json={"token": _link(wired, ana, Purpose.RESET), "password": FRESH})
    answer = client.post("/auth/sign-in", json={"email": EMAIL, "password": FRESH})
    assert (answer.status_code, answer.json()["error"]) == (401, "second_factor")


def test_what_is_stored_is_no_link(client: TestClient, ana: Person, wired: Services) -> None:
    token = _link(wired, ana, Purpose.SIGN_IN)
    with wired.database.transaction() as session:
        stored = session.scalars(text("SELECT token_hash FROM auth.one_time_tokens")).all()
    assert token not in stored
    assert [client.post("/auth/link", json={"token": each}).status_code for each in stored] == [400]

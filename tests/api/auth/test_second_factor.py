"""The second factor: asked for after the password, taken once, and recovered from."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from tests.api.auth.conftest import PASSWORD, Person, SteppingClock
from zamc.bootstrap import Services

Browser = Callable[[], TestClient]


@pytest.fixture
def enrolled(signed_in: TestClient, stepping: SteppingClock) -> dict[str, Any]:
    """Ana's secret and recovery codes; the code of the current step is used up."""
    secret = signed_in.post("/auth/totp/begin", json={"password": PASSWORD}).json()["secret"]
    answer = signed_in.post("/auth/totp/confirm", json={"code": _code(secret, stepping)})
    assert answer.status_code == 200, answer.text
    return {"secret": secret, **answer.json()}


def _code(secret: str, stepping: SteppingClock) -> str:
    return pyotp.TOTP(secret).at(stepping.now())


def _sign_in(client: TestClient, person: Person, code: str | None = None) -> tuple[int, str | None]:
    answer = client.post("/auth/sign-in", json={**person.credentials, **({"code": code} if code else {})})
    return answer.status_code, answer.json().get("error")


def test_the_right_password_alone_is_not_enough_any_more(
    browser: Browser, ana: Person, enrolled: dict[str, Any], stepping: SteppingClock
) -> None:
    assert _sign_in(browser(), ana) == (401, "second_factor")
    assert _sign_in(browser(), ana, "000000") == (401, "second_factor")
    stepping.ahead += 30
    assert _sign_in(browser(), ana, _code(enrolled["secret"], stepping)) == (200, None)


def test_a_wrong_password_does_not_tell_that_there_is_a_second_factor(browser: Browser, ana: Person, enrolled: dict[str, Any]) -> None:
    wrong = {"email": ana.email, "password": "not my password at all"}
    assert browser().post("/auth/sign-in", json=wrong).json()["error"] == "credentials"


def test_a_code_is_taken_once(browser: Browser, ana: Person, enrolled: dict[str, Any], stepping: SteppingClock) -> None:
    assert _sign_in(browser(), ana, _code(enrolled["secret"], stepping)) == (401, "second_factor"), "it turned the factor on"
    stepping.ahead += 60
    newer = _code(enrolled["secret"], stepping)
    assert _sign_in(browser(), ana, newer) == (200, None)
    assert _sign_in(browser(), ana, newer) == (401, "second_factor")
    older = pyotp.TOTP(enrolled["secret"]).at(stepping.now() - timedelta(seconds=30))
    assert _sign_in(browser(), ana, older) == (401, "second_factor"), "nor one from before the newest"


@pytest.mark.parametrize("code", ["12345", "1234567", "١٢٣٤٥٦", "abcdef", "-12345", "12 34", "\x00" * 6, "½½½½½½"])
def test_what_is_no_code_is_refused(browser: Browser, ana: Person, enrolled: dict[str, Any], code: str) -> None:
    assert _sign_in(browser(), ana, code) == (401, "second_factor")


def test_a_recovery_code_opens_once(browser: Browser, ana: Person, enrolled: dict[str, Any], wired: Services) -> None:
    code = enrolled["recovery_codes"][0]
    assert len(set(enrolled["recovery_codes"])) == 10
    assert _sign_in(browser(), ana, code.upper().replace("-", " ")) == (200, None)
    assert _sign_in(browser(), ana, code) == (401, "second_factor")
    with wired.database.transaction() as session:
        stored = session.scalars(text("SELECT code_hash FROM auth.recovery_codes")).all()
        secret = session.scalar(text("SELECT secret FROM auth.totp"))
    assert code.replace("-", "") not in str(stored)
    assert enrolled["secret"] not in str(secret)


def test_guessing_codes_ends_soon_although_the_password_is_right(browser: Browser, ana: Person, enrolled: dict[str, Any]) -> None:
    answers = [browser().post("/auth/sign-in", json={**ana.credentials, "code": f"{number:06d}"}) for number in range(8)]
    assert [answer.status_code for answer in answers].count(401) <= 6
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) > 0


def test_it_begins_and_ends_with_the_password(signed_in: TestClient, enrolled: dict[str, Any], stepping: SteppingClock) -> None:
    assert signed_in.post("/auth/totp/begin", json={"password": PASSWORD}).status_code == 409, "none is put over another"
    stepping.ahead += 30
    code = _code(enrolled["secret"], stepping)
    assert signed_in.post("/auth/totp/remove", json={"password": "not my password at all", "code": code}).status_code == 401
    assert signed_in.post("/auth/totp/remove", json={"password": PASSWORD, "code": "000000"}).status_code == 401
    assert signed_in.post("/auth/totp/remove", json={"password": PASSWORD, "code": code}).status_code == 204
    assert signed_in.post("/auth/totp/begin", json={"password": PASSWORD}).status_code == 200


def test_sessions_of_before_end_when_it_is_turned_on(browser: Browser, ana: Person, stepping: SteppingClock) -> None:
    here, there = browser(), browser()
    for each in (here, there):
        each.post("/auth/sign-in", json=ana.credentials)
    secret = here.post("/auth/totp/begin", json={"password": PASSWORD}).json()["secret"]
    here.post("/auth/totp/confirm", json={"code": _code(secret, stepping)})
    assert [each.get("/auth/session").json()["signed_in"] for each in (here, there)] == [True, False]


def test_a_key_cannot_touch_it(browser: Browser, ana: Person, wired: Services) -> None:
    with wired.database.transaction() as session:
        key = wired.identity.service.grant_key(session, email=ana.email, roles={})
    answer = browser().post("/auth/totp/begin", json={"password": PASSWORD}, headers={"authorization": f"Bearer {key}"})
    assert answer.status_code == 401

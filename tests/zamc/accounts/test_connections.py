"""Tokens that are renewed once for everybody, and accounts that a platform refuses: told once, asked by one."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from tests.conftest import ManualClock
from tests.services import Services as Servers
from tests.zamc.accounts.conftest import CUSTOMER, Place
from zamc.accounts import repository
from zamc.accounts.connections import Connections
from zamc.accounts.credentials import GoogleRefreshToken, content_of
from zamc.accounts.standing import Standing
from zamc.accounts.tokens import Granted, TokenEndpoints
from zamc.accounts.vault import Vault
from zamc.database.engine import Database
from zamc.errors import AccountBlocked, CredentialsRefused, HeldBack, Later, NotFound
from zamc.events.tables import OutboxRow
from zamc.projects.tables import AdAccount
from zamc.throttling.lane import urgent
from zamc.throttling.rules import Kind
from zamc.throttling.store import Store

REFRESH = GoogleRefreshToken(client_id="c", client_secret="canary-client", refresh_token="canary-refresh")


class Endpoint(TokenEndpoints):
    """Counts what it is asked, and answers as a test says."""

    def __init__(self, clock: ManualClock, answer: Callable[[], Granted] | None = None) -> None:
        super().__init__(google_url="http://nowhere", graph_url="http://nowhere", timeout_seconds=1)
        self.asked = 0
        self.answer = answer or (lambda: Granted(f"canary-access-{self.asked}", clock.now() + timedelta(hours=1)))
        self.lock = threading.Lock()

    def google(self, credentials: Any) -> Granted:  # noqa: ARG002 - the endpoint's own signature
        with self.lock:
            self.asked += 1
        time.sleep(0.3)  # everybody else arrives meanwhile
        return self.answer()


def _connect(database: Database, vault: Vault, account_id: UUID, credentials: GoogleRefreshToken = REFRESH) -> None:
    with database.transaction() as session:
        repository.put(session, account_id, {"credentials": vault.seal(account_id, content_of(credentials))})


def _process(database: Database, clock: ManualClock, services: Servers, vault: Vault, endpoint: TokenEndpoints) -> Connections:
    store = Store(services.redis_url)
    return Connections(database, clock, store, vault, endpoints=endpoint, standing=Standing(database, clock, store))


def _alerts(database: Database) -> list[dict[str, Any]]:
    with database.transaction() as session:
        rows = session.scalars(select(OutboxRow).where(OutboxRow.subject == "zamc.alert.raised").order_by(OutboxRow.sequence)).all()
    return [row.envelope["data"] for row in rows]


def _row(database: Database, account_id: UUID) -> AdAccount:
    with database.transaction() as session:
        found = repository.account(session, account_id)
    assert found is not None
    return found


def _together(work: Callable[[], str], times: int) -> list[str]:
    answers: list[str] = []
    start = threading.Barrier(times)

    def run() -> None:
        start.wait()
        try:
            answers.append(work())
        except CredentialsRefused:
            answers.append("refused")

    threads = [threading.Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


def test_a_token_is_renewed_by_one_and_kept_encrypted_for_all(
    database: Database, clock: ManualClock, services: Servers, vault: Vault, accounts: dict[str, UUID]
) -> None:  # fmt: skip
    account, endpoint = accounts["google_ads"], Endpoint(clock)
    _connect(database, vault, account)
    processes = [_process(database, clock, services, vault, endpoint) for _ in range(6)]

    def use() -> str:
        token = processes.pop().usable(account).access_token
        return token.get_secret_value() if token else ""

    assert set(_together(use, 6)) == {"canary-access-1"}
    assert endpoint.asked == 1
    sealed = _row(database, account).credentials
    assert sealed is not None
    assert "canary" not in sealed
    # Shortly before it ends it is renewed again.
    clock.advance(minutes=54)
    again = _process(database, clock, services, vault, endpoint)
    again.usable(account)
    assert endpoint.asked == 1
    clock.advance(minutes=2)
    again.usable(account)
    assert endpoint.asked == 2


def test_a_revoked_token_is_asked_for_once_and_told_once(
    database: Database, clock: ManualClock, services: Servers, vault: Vault, accounts: dict[str, UUID]
) -> None:  # fmt: skip
    def refuse() -> Granted:
        raise CredentialsRefused("Google refused the credentials (invalid_grant)", code="invalid_grant")

    account, endpoint = accounts["google_ads"], Endpoint(clock, refuse)
    _connect(database, vault, account)
    processes = [_process(database, clock, services, vault, endpoint) for _ in range(6)]
    assert _together(lambda: str(processes.pop().usable(account)), 6) == ["refused"] * 6
    assert endpoint.asked == 1
    assert _row(database, account).connection == "refused"
    [alert] = _alerts(database)
    assert alert["code"] == "token-revoked"
    assert "zamc accounts add" in alert["title"]


def test_a_bad_day_of_the_endpoint_is_not_felt_while_the_token_is_good(
    database: Database, clock: ManualClock, services: Servers, vault: Vault, accounts: dict[str, UUID]
) -> None:  # fmt: skip
    def busy() -> Granted:
        raise Later("503", outage=True)

    account, endpoint = accounts["google_ads"], Endpoint(clock, busy)
    good = REFRESH.model_validate({**content_of(REFRESH), "access_token": "canary-old", "expires_at": clock.now() + timedelta(minutes=2)})
    _connect(database, vault, account, good)
    process = _process(database, clock, services, vault, endpoint)
    token = process.usable(account).access_token
    assert token is not None
    assert token.get_secret_value() == "canary-old"
    clock.advance(minutes=3)
    with pytest.raises(Later):
        process.usable(account)
    with pytest.raises(NotFound):
        process.usable(accounts["meta_ads"])


def test_a_renewal_does_not_overwrite_what_a_person_has_just_connected(
    database: Database, clock: ManualClock, services: Servers, vault: Vault, accounts: dict[str, UUID]
) -> None:  # fmt: skip
    account = accounts["google_ads"]
    other = GoogleRefreshToken(client_id="new", client_secret="s", refresh_token="r")

    def meanwhile() -> Granted:
        _connect(database, vault, account, other)
        return Granted("canary-late", clock.now() + timedelta(hours=1))

    _connect(database, vault, account)
    _process(database, clock, services, vault, Endpoint(clock, meanwhile)).usable(account)
    sealed = _row(database, account).credentials
    assert sealed is not None
    assert vault.open(account, sealed)["client_id"] == "new"


def test_a_refused_account_holds_back_what_is_not_urgent_and_lets_one_read_try(
    database: Database, clock: ManualClock, services: Servers, accounts: dict[str, UUID]
) -> None:  # fmt: skip
    account = accounts["meta_ads"]
    standing = Standing(database, clock, Store(services.redis_url))
    standing.check(account, Kind.MUTATE)
    for _ in range(3):
        standing.failed(account, AccountBlocked("Meta 368: blocked", code="368"))
    standing.failed(account, Later("busy"))
    assert [alert["code"] for alert in _alerts(database)] == ["account-suspended"]
    with pytest.raises(HeldBack, match=r"a person must settle it .*account-suspended\.md"):
        standing.check(account, Kind.MUTATE)
    with urgent():
        standing.check(account, Kind.MUTATE)
    standing.check(account, Kind.READ)
    with pytest.raises(HeldBack):
        standing.check(account, Kind.READ)
    standing.answered(account)
    assert _row(database, account).connection == "connected"
    standing.check(account, Kind.MUTATE)
    standing.failed(account, AccountBlocked("again", code="368"))
    assert len(_alerts(database)) == 2, "it was over in between"


def test_token_endpoints_of_both_platforms(place: Place) -> None:
    from zamc.accounts import credentials as forms

    endpoints = place.services.token_endpoints
    assert endpoints.google(forms.read("google_ads", place.google_text())).token == place.meta.credentials.token  # type: ignore[arg-type]
    with pytest.raises(CredentialsRefused, match="invalid_grant"):
        endpoints.google(forms.read("google_ads", place.google_text(refresh_token="canary-gone")))  # type: ignore[arg-type]
    mine = forms.read("meta_ads", place.meta_text())
    granted = endpoints.meta(mine)  # type: ignore[arg-type]
    assert granted.token != place.meta.credentials.token
    assert granted.expires_at is not None
    assert granted.token not in repr(granted)
    state = endpoints.meta_state(mine)  # type: ignore[arg-type]
    assert state.valid
    assert "ads_management" in state.scopes
    with pytest.raises(CredentialsRefused) as said:
        endpoints.meta(forms.read("meta_ads", place.meta_text(app_secret="canary-wrong-secret")))  # type: ignore[arg-type]
    assert "canary" not in str(said.value)


def test_a_service_account_signs_for_its_token(place: Place) -> None:
    import json

    from cli.local.sandbox_files import _private_key
    from zamc.accounts import credentials as forms

    key = {"client_email": "a@b.c", "private_key": _private_key(), "token_uri": f"{place.meta.url}/oauth2/token", "type": "service_account"}
    endpoints = place.services.token_endpoints
    assert endpoints.google(forms.read("google_ads", json.dumps(key))).token  # type: ignore[arg-type]
    with pytest.raises(CredentialsRefused, match="PEM"):
        endpoints.google(forms.read("google_ads", json.dumps({**key, "private_key": "canary"})))  # type: ignore[arg-type]


@pytest.mark.parametrize("fault", ["unavailable", "reset", "rate_limited"])
def test_a_bad_day_of_google_s_endpoint_is_later(place: Place, fault: str) -> None:
    from sandbox.faults import Fault
    from zamc.accounts import credentials as forms

    place.meta.faults.add(Fault.parse({"platform": "google", "method": "oauth2/token", "fault": fault}))
    with pytest.raises(Later):
        place.services.token_endpoints.google(forms.read("google_ads", place.google_text()))  # type: ignore[arg-type]


def test_an_account_s_own_credentials_speak_to_google_and_a_revoked_one_marks_it(place: Place) -> None:
    shown = place.meta.credentials.token
    account = place.connect("google_ads", place.google_text())
    with place.services.database.transaction() as session:
        row = repository.account(session, account)
    assert row is not None
    # This stand-in's gRPC port takes another token than its token endpoint hands out: it is refused, as a revoked one is.
    assert shown != "test-token"
    with pytest.raises(CredentialsRefused):
        list(place.services.clients.google(row).search(CUSTOMER, "SELECT customer.id FROM customer"))
    assert _row(place.services.database, account).connection == "refused"
    with pytest.raises(HeldBack, match="connect it again"):
        place.services.clients.google(row).mutate(CUSTOMER, [])
    assert len(_alerts(place.services.database)) == 1


def test_an_account_s_own_credentials_are_redeemed_and_kept_for_the_next_process(place: Place) -> None:
    from sandbox.http import Credentials, start
    from tests.sandbox.google.world import TOKEN
    from zamc.bootstrap import Services

    google = place.google
    endpoint = start(google.store, google.clock, google.faults, credentials=Credentials(token=TOKEN))
    own = place.services.settings.model_copy(update={"google_token_url": f"http://127.0.0.1:{endpoint.port}/oauth2/token"})
    wired = Services(own)
    account = place.connect("google_ads", place.google_text())
    row = _row(wired.database, account)
    assert len(list(wired.clients.google(row).search(CUSTOMER, "SELECT customer.id FROM customer"))) == 1
    assert [each.name for each in wired.accounts.check(account, by="ana") if not each.good] == []
    sealed = _row(wired.database, account).credentials
    assert sealed is not None
    assert wired.vault.open(account, sealed)["access_token"] == TOKEN
    # The endpoint is gone; another process goes on with what was kept.
    endpoint.stop()
    another = Services(own)
    assert len(list(another.clients.google(_row(wired.database, account)).search(CUSTOMER, "SELECT customer.id FROM customer"))) == 1
    for each in (wired, another):
        each.database.close()

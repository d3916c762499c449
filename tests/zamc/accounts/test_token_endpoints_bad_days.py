"""Token endpoints on bad days, through the whole wiring: each answer becomes one typed error, and no secret or traceback is logged."""

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml
from sqlalchemy import func, select

from sandbox import oauth
from sandbox.faults import Fault
from sandbox.http import Credentials, start
from tests.sandbox.google.test_samples import _service_account
from tests.sandbox.google.world import DEVELOPER_TOKEN, TOKEN
from tests.zamc.accounts.conftest import CUSTOMER, Place
from zamc.accounts import repository
from zamc.accounts.credentials import MetaToken, content_of
from zamc.bootstrap import Services
from zamc.errors import CredentialsRefused, HeldBack, Later, OutsideError
from zamc.events.tables import OutboxRow
from zamc.projects.tables import AdAccount
from zamc.throttling.lane import urgent

SECRETS = ("sandbox-client-secret", "sandbox-refresh-token", TOKEN, "PRIVATE KEY", "sandbox-app-secret")
_SHORT = 2.0
"""Seconds that a call may take where it is to be too slow; elsewhere it has all the time that a machine standing still may need."""
# fault -> the class of the error, the code that it carries, whether it counts as an outage.
GOOGLE: dict[str, tuple[type[OutsideError], str, bool]] = {
    "unavailable": (Later, "503", True),
    "html": (Later, "502", True),
    "html_200": (Later, "200", True),
    "error_with_200": (Later, "200", True),
    "rate_limited": (Later, "429", True),
    "reset": (Later, "token", True),
    "slow": (Later, "token", True),
    "token_revoked": (CredentialsRefused, "invalid_grant", False),
}
META: dict[str, tuple[type[OutsideError], str, bool]] = {
    "unavailable": (Later, "503", True),
    "html": (Later, "502", True),
    "html_200": (Later, "200", True),
    "reset": (Later, "token", True),
    "slow": (Later, "token", True),
    "token_revoked": (CredentialsRefused, "190/460", False),
}


@dataclass
class Wiring:
    """One process's services, whose token endpoint stands apart from the platforms."""

    services: Services
    place: Place
    endpoint: Any
    caplog: pytest.LogCaptureFixture
    capfd: pytest.CaptureFixture[str]

    def account(self, platform: str = "google_ads") -> AdAccount:
        with self.services.database.transaction() as session:
            found = repository.account(session, self.place.accounts[platform])
        assert found is not None
        return found

    def order(self, fault: str, *, times: int = 1, method: str = "oauth2/token", platform: str = "google") -> None:
        faults = self.place.google.faults if platform == "google" else self.place.meta.faults
        faults.add(Fault(platform, method, fault, times=times, seconds=_SHORT + 0.6 if fault == "slow" else 0.0))

    def read(self) -> list[Any]:
        return list(self.services.clients.google(self.account()).search(CUSTOMER, "SELECT customer.id FROM customer"))

    def write(self) -> None:
        client = self.services.clients.google(self.account())
        operation = client.message("MutateOperation")
        made = operation.campaign_budget_operation.create
        made.name, made.amount_micros, made.explicitly_shared = "zamc token", 10_000_000, False
        client.mutate(CUSTOMER, [operation])

    def alerts(self) -> list[str]:
        with self.services.database.transaction() as session:
            rows = session.scalars(select(OutboxRow).where(OutboxRow.subject == "zamc.alert.raised").order_by(OutboxRow.sequence)).all()
        return [row.envelope["data"]["code"] for row in rows]

    def nothing_leaked(self) -> None:
        """Neither in logs, nor in what was printed, nor in any text of the database."""
        out, err = self.capfd.readouterr()
        with self.services.database.transaction() as session:
            outbox = session.scalar(select(func.string_agg(func.cast(OutboxRow.envelope, _text()), "")))
        told = "\n".join((self.caplog.text, out, err, str(outbox), str(self.account().connection_reason)))
        assert "Traceback" not in told
        assert [secret for secret in SECRETS if secret in told] == []


def _text() -> Any:
    from sqlalchemy import Text

    return Text()


@pytest.fixture
def wire(
    place: Place, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., Wiring]]:
    """Whose credentials ("person" or "service_account" of the google-ads.yaml, or the account's "own"), and for which bad day."""
    caplog.set_level(logging.DEBUG)
    google = place.google
    endpoint = start(google.store, google.clock, google.faults, credentials=Credentials(token=TOKEN))
    url = f"http://127.0.0.1:{endpoint.port}/oauth2/token"
    made: list[Services] = []

    def wiring(whose: str, fault: str = "") -> Wiring:
        known: dict[str, Any] = {"endpoint": f"localhost:{google.port}", "developer_token": DEVELOPER_TOKEN}
        if whose == "person":
            known |= {"client_id": "sandbox-client", "client_secret": "sandbox-client-secret", "refresh_token": "sandbox-refresh-token"}
        elif whose == "service_account":
            known |= {"json_key_file_path": str(_service_account(tmp_path, url))}
        else:
            place.connect("google_ads", place.google_text(client_id="sandbox-client", client_secret="sandbox-client-secret"))
        file = tmp_path / f"{whose}.yaml"
        file.write_text(yaml.safe_dump(known))
        changed = {"google_token_url": url, "google_ads_yaml": file, "call_timeout_seconds": _SHORT if fault == "slow" else 20.0}
        services = Services(place.services.settings.model_copy(update=changed))
        made.append(services)
        return Wiring(services, place, endpoint, caplog, capfd)

    yield wiring
    with google.store.transaction() as tx:
        oauth.change(tx, {"restore": True})
    endpoint.stop()
    for services in made:
        services.database.close()


@pytest.mark.parametrize("whose", ["person", "service_account", "own"])
@pytest.mark.parametrize("fault", GOOGLE)
def test_googles_token_endpoint_on_a_bad_day(wire: Callable[..., Wiring], whose: str, fault: str) -> None:
    wired, (kind, code, outage) = wire(whose, fault), GOOGLE[fault]
    before = len(wired.place.google.calls())
    wired.order(fault)
    with pytest.raises(OutsideError) as said:
        wired.write()  # a change that has no token was surely not sent: never in doubt
    assert (type(said.value), said.value.code, said.value.outage) == (kind, code, outage)
    assert len(wired.place.google.calls()) == before
    assert wired.alerts() == (["token-revoked"] if kind is CredentialsRefused else [])
    assert (wired.account().connection == "refused") == (kind is CredentialsRefused)
    wired.place.google.faults.clear()
    with urgent():  # the one that tries again: it was a bad day, and all is well by itself
        assert len(wired.read()) == 1
    assert wired.account().connection != "refused"
    wired.nothing_leaked()


@pytest.mark.parametrize("whose", ["person", "service_account", "own"])
def test_a_consent_that_was_taken_back_is_told_once_and_not_asked_for_by_everybody(wire: Callable[..., Wiring], whose: str) -> None:
    wired = wire(whose)
    with wired.place.google.store.transaction() as tx:
        oauth.change(tx, {"revoke": ["refresh", "service_account"]})
    with pytest.raises(CredentialsRefused, match="invalid_grant"):
        wired.write()
    for _ in range(3):
        with pytest.raises(OutsideError) as said:
            wired.write()
        assert isinstance(said.value, HeldBack | CredentialsRefused)
    with urgent(), pytest.raises(CredentialsRefused, match="invalid_grant"):
        wired.write()
    assert wired.alerts() == ["token-revoked"]
    with wired.place.google.store.transaction() as tx:
        oauth.change(tx, {"restore": True})
    with urgent():
        wired.write()
    assert wired.account().connection == "connected"
    wired.nothing_leaked()


def test_a_token_that_ends_in_the_middle_is_renewed_before_the_call(wire: Callable[..., Wiring]) -> None:
    wired = wire("person")
    assert len(wired.read()) == 1
    client = wired.services.clients.google(wired.account())
    client.sdk.credentials.expiry = client.sdk.credentials.expiry - timedelta(hours=2)
    wired.order("html")
    with pytest.raises(Later):
        wired.write()
    wired.write()
    wired.nothing_leaked()


def test_a_token_that_took_long_is_kept_and_the_change_sent_again(wire: Callable[..., Wiring], monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left of a lease covers one call, not a slow renewal and a call."""
    monkeypatch.setattr("zamc.platforms.google_ads.client._LONGEST_RENEWAL_SECONDS", 0.0)
    wired = wire("person")
    before = len(wired.place.google.calls())
    with pytest.raises(Later) as said:
        wired.write()
    assert said.value.code == "token-slow"
    assert len(wired.place.google.calls()) == before
    wired.write()


def test_what_grpc_says_of_a_token_is_never_in_doubt_and_never_logged(
    wire: Callable[..., Wiring], monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    """A token may end between our look and gRPC's own: then gRPC asks for it, and wraps what it hears."""
    wired = wire("person")
    client = wired.services.clients.google(wired.account())
    monkeypatch.setattr(type(client), "_renew", _never)
    for fault, kind in (("html", Later), ("token_revoked", CredentialsRefused)):
        wired.order(fault)
        with urgent(), pytest.raises(OutsideError) as said:
            wired.write()
        assert type(said.value) is kind
    wired.nothing_leaked()


def _never(_client: Any, *, write: bool) -> None:
    """As if the token had been good a moment ago."""


def _meta_token(wired: Wiring, *, ends_in: timedelta) -> UUID:
    """A token that is to be exchanged for a new one before the next call."""
    shown = wired.place.meta.credentials
    token = MetaToken.model_validate(
        {"access_token": shown.token, "app_id": shown.app_id, "app_secret": shown.app_secret,
         "expires_at": wired.services.clock.now() + ends_in}
    )  # fmt: skip
    account_id = wired.place.accounts["meta_ads"]
    with wired.services.database.transaction() as session:
        repository.put(session, account_id, {"credentials": wired.services.vault.seal(account_id, content_of(token))})
    return account_id


def _account_of_meta(wired: Wiring) -> Any:
    account = wired.account("meta_ads")
    return wired.services.clients.meta(account).call("GET", (account.external_id,), {"fields": "id"}, account=account.external_id)


@pytest.mark.parametrize("fault", META)
def test_metas_token_endpoint_on_a_bad_day(wire: Callable[..., Wiring], fault: str) -> None:
    wired, (kind, code, outage) = wire("person", fault), META[fault]
    account_id = _meta_token(wired, ends_in=-timedelta(hours=1))
    wired.order(fault, method="POST oauth/access_token", platform="meta")
    with pytest.raises(OutsideError) as said:
        _account_of_meta(wired)
    assert (type(said.value), said.value.outage) == (kind, outage)
    if kind is Later:
        assert said.value.code == code
    assert wired.alerts() == (["token-revoked"] if kind is CredentialsRefused else [])
    wired.place.meta.faults.clear()
    if kind is Later:
        assert _account_of_meta(wired)["id"] == wired.place.advertiser.id
        assert json.dumps(content_of(wired.services.connections.usable(account_id))).count(wired.place.meta.credentials.token) == 0
    wired.nothing_leaked()


@pytest.mark.parametrize("fault", sorted(set(META) - {"token_revoked"}))
def test_a_bad_day_of_metas_endpoint_is_not_felt_while_the_token_is_good(wire: Callable[..., Wiring], fault: str) -> None:
    wired = wire("person", fault)
    _meta_token(wired, ends_in=timedelta(days=2))
    wired.order(fault, method="POST oauth/access_token", platform="meta")
    assert _account_of_meta(wired)["id"] == wired.place.advertiser.id


def test_a_meta_token_that_was_taken_back_is_told_once(wire: Callable[..., Wiring]) -> None:
    wired = wire("person")
    _meta_token(wired, ends_in=timedelta(days=50))
    wired.place.meta.faults.add(Fault("meta", "*", "token_revoked", times=3))
    with pytest.raises(CredentialsRefused) as said:
        _account_of_meta(wired)
    assert said.value.code.startswith("190")
    for _ in range(2):
        with urgent(), pytest.raises(CredentialsRefused):
            _account_of_meta(wired)
    assert wired.alerts() == ["token-revoked"]
    with urgent():
        assert _account_of_meta(wired)["id"] == wired.place.advertiser.id
    assert wired.account("meta_ads").connection == "connected"
    wired.nothing_leaked()

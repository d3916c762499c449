"""Ad accounts as people deal with them, against both stand-ins: add, list, check, remove, encrypt anew; and no secret anywhere."""

import logging
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select, text
from typer.testing import CliRunner

import cli.main
import zamc.bootstrap
from tests.services import Database as DatabaseUrls
from tests.zamc.accounts.conftest import CUSTOMER, KEY, Place
from zamc.accounts import repository
from zamc.accounts.vault import key_id
from zamc.bootstrap import Services
from zamc.errors import Conflict, HeldBack, NotFound
from zamc.projects.tables import AuditEntry


@pytest.fixture
def run(place: Place, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    monkeypatch.setattr(zamc.bootstrap, "services", lambda: place.services)

    def invoke(*arguments: str, stdin: str | None = None) -> Any:
        return CliRunner().invoke(cli.main.app, list(arguments), input=stdin)

    return invoke


def _findings(place: Place, platform: str) -> dict[str, tuple[bool, str, str]]:
    found = place.services.accounts.check(place.accounts[platform], by="ana")
    return {each.name: (each.good, each.said, each.todo) for each in found}


def test_meta_s_check_goes_through_everything_that_a_launch_needs(place: Place) -> None:
    place.connect("meta_ads", place.meta_text())
    found = _findings(place, "meta_ads")
    assert list(found) == ["token", "rights", "account", "currency", "time zone", "active", "page", "pixel"]
    assert all(good for good, _, _ in found.values()), found


def test_meta_s_check_says_what_to_do_about_each_thing_that_is_wrong(place: Place) -> None:
    weak = place.meta.post("meta/tokens", scopes=["ads_read"])
    place.connect("meta_ads", place.meta_text(access_token=weak["token"] if "token" in weak else weak["access_token"]))
    place.meta.post("meta/status", account=place.advertiser.id, account_status=2)
    with place.services.database.transaction() as session:
        repository.put(session, place.accounts["meta_ads"], {"currency": "USD", "pixel_id": "999999"})
    found = _findings(place, "meta_ads")
    assert not found["rights"][0]
    assert "ads_management" in found["rights"][1]
    bad = {name for name, (good, _, _) in found.items() if not good}
    assert {"rights", "currency", "active", "pixel"} <= bad
    assert all(todo for good, _, todo in found.values() if not good)
    assert "USD here" in found["currency"][1]


def test_a_revoked_meta_token_is_a_finding_that_says_how_to_go_on(place: Place) -> None:
    issued = place.meta.post("meta/tokens")
    token = issued.get("token") or issued["access_token"]
    place.connect("meta_ads", place.meta_text(access_token=token))
    place.meta.post("meta/tokens", token=token, end="revoked")
    found = _findings(place, "meta_ads")
    assert list(found) == ["token"]
    assert "zamc accounts add" in found["token"][2]


def test_google_s_check_goes_through_everything_too(place: Place) -> None:
    from zamc.accounts import checks
    from zamc.platforms.google_ads.client import GoogleClient

    speaking = GoogleClient(place.google.client(), version="v26", timeout_seconds=20)
    with place.services.database.transaction() as session:
        account = repository.account(session, place.accounts["google_ads"])
    assert account is not None
    account.conversion_action = f"customers/{CUSTOMER}/conversionActions/404"
    found = {each.name: each for each in checks.google(account, speaking)}
    assert list(found) == ["token", "account", "currency", "time zone", "active", "conversion action", "rights"]
    assert [name for name, each in found.items() if not each.good] == ["conversion action"]
    assert "Goals" in found["conversion action"].todo
    account.conversion_action, account.currency = "nonsense", "JPY"
    wrong = {each.name for each in checks.google(account, speaking) if not each.good}
    assert wrong == {"conversion action", "currency"}


def test_the_commands_add_list_check_and_remove(run: Callable[..., Any], place: Place) -> None:
    name = ["--platform", "meta_ads", "--external-id", place.advertiser.id, "--currency", "EUR", "--time-zone", "Europe/Berlin"]
    added = run("accounts", "add", "Padaria", *name, "--credentials", "-", "--page-id", place.advertiser.page, stdin=place.meta_text())
    assert added.exit_code == 0, added.output
    assert "zamc accounts check" in added.output
    checked = run("accounts", "check", place.advertiser.id)
    assert checked.exit_code == 0, checked.output
    assert "ok    token" in checked.output
    with place.services.database.transaction() as session:
        [mine] = [each for each in place.services.accounts.listed(session) if each.platform == "meta_ads"]
    assert (mine.key, mine.connection) == (key_id(KEY), "connected")
    assert run("accounts", "list").exit_code == 0
    assert run("accounts", "remove", place.advertiser.id).exit_code == 0
    gone = run("accounts", "check", place.advertiser.id)
    assert isinstance(gone.exception, NotFound)
    assert run("accounts", "list", "--all").exit_code == 0
    assert run("accounts", "add", "Padaria", *name).exit_code == 0, "and it can come back"
    bad = run("accounts", "add", "Padaria", *name, "--credentials", "-", stdin="[canary]")
    assert bad.exception is not None
    assert "canary" not in str(bad.exception)


def test_a_check_that_fails_ends_with_code_1(run: Callable[..., Any], place: Place) -> None:
    place.connect("meta_ads", place.meta_text(access_token="EAAcanary" + "x" * 30))
    checked = run("accounts", "check", place.advertiser.id)
    assert checked.exit_code == 1
    assert "FAIL" in checked.output


def test_an_account_that_still_runs_something_cannot_be_removed(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repository, "runs", lambda *_: True)
    with pytest.raises(Conflict, match="nobody could pause"), place.services.database.transaction() as session:
        place.services.accounts.remove(session, place.accounts["meta_ads"], by="ana")


def test_keys_rotate_without_connecting_anything_again(place: Place) -> None:
    account = place.connect("meta_ads", place.meta_text())
    newer = "n" * 40
    settings = place.services.settings.model_copy(update={"credentials_key": SecretStr(f"{newer},{KEY}")})
    rotated = Services(settings)
    with rotated.database.transaction() as session:
        assert rotated.accounts.encrypt_anew(session, by="ana") == 1
        assert rotated.accounts.encrypt_anew(session, by="ana") == 0
    alone = Services(settings.model_copy(update={"credentials_key": SecretStr(newer)}))
    assert alone.connections.usable(account).kind == "meta_token"
    rotated.database.close()
    alone.database.close()


def test_a_reconnected_account_works_at_once(place: Place) -> None:
    issued = place.meta.post("meta/tokens")
    token = issued.get("token") or issued["access_token"]
    account = place.connect("meta_ads", place.meta_text(access_token=token))
    with place.services.database.transaction() as session:
        row = repository.account(session, account)
    assert row is not None
    client = place.services.clients.meta(row)
    client.call("GET", (place.advertiser.id,), {"fields": "id"}, account=place.advertiser.id)
    place.meta.post("meta/tokens", token=token, end="revoked")
    for _ in range(3):
        with pytest.raises(Exception, match=r"190|refused") as said:
            client.call("POST", (place.advertiser.id, "campaigns"), {"name": "x"}, account=place.advertiser.id)
    assert isinstance(said.value, HeldBack), "only the first was sent"
    place.connect("meta_ads", place.meta_text())
    with place.services.database.transaction() as session:
        row = repository.account(session, account)
    assert row is not None
    assert place.services.clients.meta(row).call("GET", (place.advertiser.id,), {"fields": "id"}, account=place.advertiser.id)["id"]


def test_no_secret_reaches_a_log_an_event_an_audit_or_the_database(
    run: Callable[..., Any], place: Place, urls: DatabaseUrls, caplog: pytest.LogCaptureFixture
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG)
    secret, refresh = "canaryAppSecret000000", "canaryRefreshToken00000"
    issued = place.meta.post("meta/tokens")
    token = issued.get("token") or issued["access_token"]
    said = []
    name = ["--platform", "meta_ads", "--external-id", place.advertiser.id, "--currency", "EUR", "--time-zone", "Europe/Berlin"]
    said.append(run("accounts", "add", "Padaria", *name, "--credentials", "-", stdin=place.meta_text(access_token=token)))
    said.append(run("accounts", "check", place.advertiser.id))
    place.meta.post("meta/tokens", token=token, end="revoked")
    said.append(run("accounts", "check", place.advertiser.id))
    said.append(run("accounts", "add", "Padaria", *name, "--credentials", "-", stdin=place.meta_text(app_secret=secret)))
    said.append(run("accounts", "check", place.advertiser.id))
    other = ["--platform", "google_ads", "--external-id", CUSTOMER, "--currency", "EUR", "--time-zone", "Europe/Berlin"]
    said.append(run("accounts", "add", "Padaria", *other, "--credentials", "-", stdin=place.google_text(refresh_token=refresh)))
    said.append(run("accounts", "check", CUSTOMER))
    said.append(run("accounts", "list", "--all"))
    spoken = "\n".join(f"{each.output}{each.exception!r}" for each in said)
    with place.services.database.transaction() as session:
        audited = [entry.details for entry in session.scalars(select(AuditEntry))]
        tables = session.execute(
            text("SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname IN ('public', 'events', 'auth')")
        )
        names = [row[0] for row in tables if row[0] != "public.alembic_version"]
        whole = [text("SELECT coalesce(json_agg(t), '[]'::json)::text FROM " + each + " t") for each in names]  # noqa: S608 - names of the catalogue
        dump = "\n".join(str(session.execute(each).scalar_one()) for each in whole)
    assert len(audited) >= 6
    assert place.advertiser.id in dump, "the dump holds the rows"
    heard = caplog.text + spoken + dump
    for canary in (token, secret, refresh, KEY, place.meta.credentials.app_secret, place.meta.credentials.client_secret):
        assert canary not in heard

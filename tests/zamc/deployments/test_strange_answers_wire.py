"""Answers that are half, in unknown words, or of impossible money, over the wire: each has an end, nothing runs that should not."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from sqlalchemy import select

from tests.zamc.deployments.test_bad_answers_wire import LIVE, _ended_live_once, _order
from tests.zamc.deployments.test_sandbox import Wired, _plan, wired
from zamc.deployments.watch_tables import Drift
from zamc.errors import InvalidInput, Later, SpendRefused
from zamc.platforms.google_ads.client import GoogleClient

__all__ = ["wired"]
SEARCH = "GoogleAdsService/SearchStream"
MUTATE = "GoogleAdsService/Mutate"


@pytest.fixture
def live(wired: Wired) -> Wired:
    wired.stage.begin(_plan())
    wired.launch()
    assert wired.stage.statuses() == LIVE
    return wired


def _pause_all(wired: Wired) -> None:
    with wired.stage.database.transaction() as session:
        wired.service.pause_all(session, by="anna")


def _dark_at_last(wired: Wired) -> None:
    _stopped(wired)
    assert wired.stage.statuses() == {"google_ads": "paused", "meta_ads": "paused"}
    assert wired.enabled() == (0, 0)


def test_words_of_googles_that_nobody_knows_enable_nothing_and_a_later_look_goes_on(wired: Wired) -> None:
    _order(wired, "google", SEARCH, "unknown_enum", times=100_000)
    wired.stage.begin(_plan())
    wired.launch()
    assert wired.enabled() == (0, 0), "what is not surely read back is not enabled, and the other platform waits for it"
    wired.google.faults.clear()
    _ended_live_once(wired)


def test_words_of_googles_that_nobody_ever_knows_end_with_nothing_on_and_nothing_held(wired: Wired) -> None:
    _order(wired, "google", SEARCH, "unknown_enum", times=100_000)
    wired.stage.begin(_plan())
    wired.launch()
    for _ in range(6):
        wired.recover()
    wired.google.faults.clear()
    _stopped(wired)
    assert wired.stage.statuses() == {"google_ads": "failed", "meta_ads": "failed"}
    assert wired.enabled() == (0, 0)
    assert set(wired.stage.reserved().values()) == {0}


def _stopped(wired: Wired) -> None:
    for _ in range(6):
        wired.stage.clock.advance(minutes=2)
        wired.service.run_stops()


def test_words_of_googles_that_nobody_knows_confirm_no_pause(live: Wired) -> None:
    _order(live, "google", SEARCH, "unknown_enum", times=100_000)
    _pause_all(live)
    for _ in range(3):
        live.stage.clock.advance(minutes=2)
        live.service.run_stops()
    assert live.stage.statuses() == {"google_ads": "pausing", "meta_ads": "paused"}
    live.google.faults.clear()
    _dark_at_last(live)


def test_half_an_answer_of_googles_is_looked_up_and_made_once(wired: Wired) -> None:
    _order(wired, "google", MUTATE, "half_batch", skip=1)
    wired.stage.begin(_plan())
    wired.launch()
    assert wired.stage.statuses()["google_ads"] != "live"
    assert [row.state for row in wired.stage.operations(verb="create") if row.ever_in_doubt]
    _ended_live_once(wired)


@pytest.mark.parametrize("fault", ["error_with_200", "html_200", "html", "timeout_after_commit"])
def test_a_pause_of_metas_that_was_answered_badly_is_sent_until_it_is_believed(live: Wired, fault: str) -> None:
    for method in ("POST campaign", "POST batch"):
        _order(live, "meta", method, fault, times=2, seconds=0.1)
    _pause_all(live)
    live.service.run_stops()
    _dark_at_last(live)


@pytest.mark.parametrize("fault", ["internal", "timeout_after_commit", "concurrent_modification", "rate_limited"])
def test_a_pause_of_googles_that_was_answered_badly_is_sent_until_it_is_believed(live: Wired, fault: str) -> None:
    _order(live, "google", MUTATE, fault, times=2, seconds=0.1)
    _pause_all(live)
    live.service.run_stops()
    _dark_at_last(live)


@pytest.mark.parametrize("fault", ["error_with_200", "html_200", "html"])
def test_an_enable_of_metas_that_was_answered_badly_ends_live(wired: Wired, fault: str) -> None:
    for method in ("POST campaign", "POST adset", "POST ad"):
        _order(wired, "meta", method, fault, seconds=0.1)
    wired.stage.begin(_plan())
    wired.launch()
    _ended_live_once(wired)


def _set(wired: Wired, platform: str, kind: str, **values: Any) -> None:
    """Somebody's edit, in values that the platform itself would hardly take."""
    world = wired.google if platform == "google" else wired.meta
    with world.store.transaction() as tx:
        account = wired.google.customer if platform == "google" else wired.account
        for obj in tx.find(platform, account, kind):
            tx.update(obj, body={**obj.body, **values})
            return
    raise AssertionError(f"no {kind}")


def _budgets(wired: Wired) -> list[int]:
    return [wired.stage.deployment(platform).daily_budget_micros for platform in LIVE]


@pytest.mark.parametrize(
    ("platform", "kind", "values"),
    [
        ("google", "campaign_budget", {"amount_micros": 2**63 - 1}),
        ("google", "campaign_budget", {"amount_micros": 0}),
        ("meta", "adset", {"daily_budget": str(10**30)}),
        ("meta", "adset", {"daily_budget": str(2**63 - 1)}),
    ],
)
def test_money_out_of_range_is_recorded_and_can_be_put_back_but_not_accepted(
    live: Wired, platform: str, kind: str, values: dict[str, Any]
) -> None:  # fmt: skip
    live.service.watch()
    held, before = live.stage.reserved(), _budgets(live)
    _set(live, platform, kind, **values)
    live.stage.clock.advance(minutes=15)
    assert live.service.reconcile().counts["silent"] == 0
    with live.stage.database.transaction() as session:
        drift = session.scalars(select(Drift).where(Drift.field == "budget", Drift.state == "open")).one()
    with pytest.raises((SpendRefused, InvalidInput)), live.stage.database.transaction() as session:
        live.service.accept_drift(session, drift.id, by="anna")
    assert live.stage.reserved() == held
    assert _budgets(live) == before
    with live.stage.database.transaction() as session:
        live.service.revert_drift(session, drift.id, by="anna")
    live.service.carry_changes()
    live.stage.clock.advance(minutes=15)
    live.service.reconcile()
    with live.stage.database.transaction() as session:
        assert set(session.scalars(select(Drift.state))) == {"reverted"}


@pytest.fixture
def proxy() -> Iterator[int]:
    """The port of something that answers everything with a page."""

    class Page(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = b"<html><body>Sign in to the network</body></html>"
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Nobody reads it."""

    server = HTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_proxys_page_instead_of_google_is_no_answer_and_nothing_was_sent(proxy: int) -> None:
    from google.ads.googleads.client import GoogleAdsClient
    from google.oauth2.credentials import Credentials

    sdk = GoogleAdsClient(Credentials(token="t"), "d", endpoint=f"localhost:{proxy}", version="v26", use_proto_plus=False)
    client = GoogleClient(sdk, version="v26", timeout_seconds=20)
    with pytest.raises(Later) as read:
        list(client.search("1234567890", "SELECT customer.id FROM customer"))
    operation = client.message("MutateOperation")
    operation.campaign_budget_operation.create.name = "never"
    with pytest.raises(Later) as write:
        client.mutate("1234567890", [operation])
    assert (read.value.outage, write.value.outage) == (True, True)

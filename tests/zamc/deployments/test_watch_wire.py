"""What platforms think of what runs, seen over the wire by the watch: an event and an alert when it changes, each told once."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from sandbox.faults import Fault
from sandbox.google.admin import GoogleAdmin
from tests.sandbox.google.campaigns import request
from tests.services import Services as Servers
from tests.zamc.deployments.test_sandbox import LIMITS, Pictures, Wired, _plan, wired
from zamc.accounts.gates import AccountGate
from zamc.accounts.standing import Standing
from zamc.deployments.service import DeploymentService
from zamc.deployments.watch_tables import Verdict
from zamc.events.tables import OutboxRow
from zamc.notifications.tables import Alert
from zamc.platforms.google_ads.adapter import GoogleAdsPlatform
from zamc.platforms.google_ads.client import GoogleClient
from zamc.platforms.meta_ads.adapter import MetaAdsPlatform
from zamc.platforms.meta_ads.client import MetaClient
from zamc.platforms.meta_ads.gate import around, observer
from zamc.projects.tables import AdAccount
from zamc.throttling.breaker import Breaker
from zamc.throttling.gate import SharedGate
from zamc.throttling.limiter import Limiter
from zamc.throttling.quotas import GoogleQuotas, MetaQuotas
from zamc.throttling.store import Store

__all__ = ["wired"]


def _order(wired: Wired, path: str, **body: Any) -> None:
    """An order to Google's stand-in, as its admin API takes it."""
    GoogleAdmin(wired.google.store, wired.google.faults).routes["POST", f"google/{path}"](body)


def _later(wired: Wired, seconds: int) -> None:
    """Time passes for both stand-ins and for us, and the watch comes by twice."""
    wired.google.clock.advance(seconds)
    wired.meta.clock.advance(seconds)
    wired.stage.clock.advance(seconds=seconds)
    wired.service.watch()
    wired.stage.clock.advance(seconds=1)
    wired.service.watch()


def _told(wired: Wired, platform: str, aspect: str) -> list[tuple[str | None, str, list[str]]]:
    """(before, verdict, topics) of every event about an aspect of a platform's deployment, in order."""
    key = str(wired.stage.deployment(platform).id)
    with wired.stage.database.transaction() as session:
        rows = session.scalars(select(OutboxRow).where(OutboxRow.subject == "zamc.deployment.reviewed").order_by(OutboxRow.sequence))
        data = [row.envelope["data"] for row in rows]
    mine = [each for each in data if each["deployment_id"] == key and each["aspect"] == aspect]
    return [(each["before"], each["verdict"], each["topics"]) for each in mine]


def _alerts(wired: Wired, code: str) -> tuple[int, int]:
    """How often it was told, and how many of it last."""
    with wired.stage.database.transaction() as session:
        rows = session.scalars(select(Alert).where(Alert.code == code)).all()
        events = session.scalars(select(OutboxRow).where(OutboxRow.subject == "zamc.alert.raised")).all()
    assert len(rows) == len([each for each in events if each.envelope["data"]["code"] == code])
    return len(rows), len([each for each in rows if each.cleared_at is None])


def _verdict(wired: Wired, platform: str, aspect: str) -> str:
    with wired.stage.database.transaction() as session:
        key = wired.stage.deployment(platform).id
        return session.scalars(select(Verdict.verdict).where(Verdict.deployment_id == key, Verdict.aspect == aspect)).one()


def _launch(wired: Wired) -> None:
    wired.stage.begin(_plan())
    wired.launch()
    assert set(wired.stage.statuses().values()) == {"live"}
    _later(wired, 60)


def test_a_review_takes_its_time_and_its_end_is_told_once(wired: Wired) -> None:
    _order(wired, "settings", review_seconds=3600)
    wired.meta.post("meta/settings", review_seconds=3600)
    _launch(wired)
    for platform in ("google_ads", "meta_ads"):
        assert _verdict(wired, platform, "review") == "in_review"
        assert _told(wired, platform, "review") == []
    _later(wired, 1800)
    _later(wired, 3600)
    for platform in ("google_ads", "meta_ads"):
        assert _told(wired, platform, "review") == [("in_review", "approved", [])]
    assert _alerts(wired, "ads-disapproved") == (0, 0)


def test_a_disapproval_is_told_with_its_topics_and_over_when_it_is_taken_back(wired: Wired) -> None:
    _launch(wired)
    [google_ad, *_] = wired.google.search("SELECT ad_group_ad.resource_name FROM ad_group_ad")
    name = google_ad.ad_group_ad.resource_name
    meta_ad = wired.meta.api().call("GET", (wired.account, "ads"), params={"fields": "id"}).json()["data"][0]["id"]
    _order(wired, "review", resource_name=name, verdict="DISAPPROVED", topics=["ALCOHOL"])
    wired.meta.post("meta/review", id=meta_ad, verdict="DISAPPROVED", feedback={"Tobacco": "No."})
    _later(wired, 900)
    assert _told(wired, "google_ads", "review") == [("approved", "disapproved", ["ALCOHOL"])]
    assert _told(wired, "meta_ads", "review") == [("approved", "disapproved", ["Tobacco"])]
    assert _alerts(wired, "ads-disapproved") == (2, 2)
    _order(wired, "review", resource_name=name, verdict="APPROVED")
    wired.meta.post("meta/review", id=meta_ad, verdict="APPROVED")
    _later(wired, 900)
    assert _alerts(wired, "ads-disapproved") == (2, 0)
    assert [verdict for _, verdict, _ in _told(wired, "google_ads", "review")] == ["disapproved", "approved"]


def test_learning_ends_with_an_event_for_each_platform(wired: Wired) -> None:
    _order(wired, "settings", learning_seconds=86_400)
    asked = request(wired.google)
    asked.conversion_action()
    asked.send()
    with wired.stage.database.transaction() as session:
        for account in session.scalars(select(AdAccount).where(AdAccount.platform == "google_ads")):
            account.conversion_action = "99"  # bidding for clicks has nothing to learn
    _launch(wired)
    assert {_verdict(wired, platform, "learning") for platform in ("google_ads", "meta_ads")} == {"learning"}
    _later(wired, 8 * 86_400)
    [(before, after, _)] = _told(wired, "google_ads", "learning")
    assert (before, after) == ("learning", "stable")
    [(before, after, _)] = _told(wired, "meta_ads", "learning")
    assert (before, after in ("stable", "limited")) == ("learning", True)


def test_a_budget_that_is_too_small_is_told_when_it_becomes_so(wired: Wired) -> None:
    _launch(wired)
    campaign = wired.google.search("SELECT campaign.resource_name FROM campaign")[0].campaign.resource_name
    _order(wired, "constrain", campaign=campaign)
    _later(wired, 900)
    assert _told(wired, "google_ads", "budget") == [("ok", "constrained", [])]
    _order(wired, "constrain", campaign=campaign, on=False)
    _later(wired, 900)
    assert [verdict for _, verdict, _ in _told(wired, "google_ads", "budget")] == ["constrained", "ok"]


def test_a_suspended_account_is_told_once_and_over_when_it_is_lifted(wired: Wired) -> None:
    _launch(wired)
    for round_ in (1, 2):
        _order(wired, "status", customer=wired.google.customer, status="SUSPENDED")
        wired.meta.post("meta/status", account=wired.account, account_status=2)
        _later(wired, 900)
        assert _alerts(wired, "account-suspended") == (2 * round_, 2)
        _order(wired, "status", customer=wired.google.customer, status="ENABLED")
        wired.meta.post("meta/status", account=wired.account, account_status=1)
        _later(wired, 900)
        assert _alerts(wired, "account-suspended") == (2 * round_, 0)


@pytest.fixture
def guarded(wired: Wired, services: Servers) -> Iterator[Wired]:
    """The same with what stands before the adapters in production: limits, breakers, and what is known of each account."""
    store = Store(services.redis_url)
    store.run("return redis.call('FLUSHALL')", [], [])
    standing = Standing(wired.stage.database, wired.stage.clock, store)
    quotas = MetaQuotas(app="app", tier="standard_access")
    gates = {
        "google_ads": AccountGate(
            SharedGate(Limiter(store), Breaker(store), GoogleQuotas(developer_token="t", level="standard")), standing
        ),
        "meta_ads": AccountGate(SharedGate(Limiter(store), Breaker(store), quotas), standing),
    }
    google = GoogleClient(wired.google.client(), version="v26", timeout_seconds=LIMITS.call, gate=gates["google_ads"])
    meta = MetaClient(
        token=wired.meta.credentials.token, graph_url=wired.meta.url, version="v25.0", timeout_seconds=LIMITS.call,
        observer=observer(gates["meta_ads"], quotas), around=around(gates["meta_ads"]),
    )  # fmt: skip

    def platform(account: AdAccount) -> Any:
        gates[account.platform].know(account)
        if account.platform == "google_ads":
            return GoogleAdsPlatform(google, account, wired.stage.clock, Pictures())
        return MetaAdsPlatform(meta, account, wired.stage.clock, Pictures())

    wired.service = DeploymentService(
        wired.stage.database, wired.stage.clock, {"google_ads": platform, "meta_ads": platform}, limits=LIMITS,
        sleep=lambda seconds: wired.stage.clock.advance(seconds=seconds),
    )  # fmt: skip
    yield wired
    meta.close()
    store.close()


def test_a_revoked_token_is_told_once_for_each_platform_and_what_runs_goes_on(guarded: Wired) -> None:
    _launch(guarded)
    for platform in ("google", "meta"):
        world: Any = guarded.google if platform == "google" else guarded.meta
        world.faults.add(Fault.parse({"platform": platform, "method": "*", "fault": "token_revoked", "times": 1_000}))
    _later(guarded, 900)
    _later(guarded, 900)
    assert _alerts(guarded, "token-revoked") == (2, 2)
    assert set(guarded.stage.statuses().values()) == {"live"}
    guarded.stage.clock.advance(hours=1)
    guarded.service.watch()
    assert _alerts(guarded, "account-silent") == (2, 2)
    assert _alerts(guarded, "token-revoked") == (2, 2)

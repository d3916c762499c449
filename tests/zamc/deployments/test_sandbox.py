"""The whole launch over the wire: both official SDKs against the sandbox, on good days and bad ones."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.sandbox import world as meta_world
from tests.sandbox.google import world as google_world
from tests.zamc.deployments.conftest import EUR, Stage, plan_of
from zamc.deployments.ports import AdPlatform, Limits
from zamc.deployments.service import DeploymentService
from zamc.deployments.tables import PlatformObject
from zamc.errors import NotFound
from zamc.platforms.google_ads.adapter import GoogleAdsPlatform
from zamc.platforms.google_ads.client import GoogleClient
from zamc.platforms.meta_ads.adapter import MetaAdsPlatform
from zamc.platforms.meta_ads.client import MetaClient
from zamc.projects.tables import AdAccount
from zamc.strategies.schema import Plan

LIMITS = Limits(call=20, lease=30, quiet=60, read_back_gap=0.01, most_attempts=4)


class Pictures:
    """Object storage that holds one honest PNG."""

    def get(self, sha256: str, media_type: str) -> bytes:
        if sha256 == "00" * 32:
            raise NotFound("no such picture")
        assert (len(sha256), media_type) == (64, "image/png")
        return meta_world.png(1080, 1080)


@dataclass
class Wired:
    """The stage with the real adapters between it and two sandboxes whose clocks stand where the stage's does."""

    stage: Stage
    google: google_world.World
    meta: meta_world.World
    account: str
    service: DeploymentService
    meta_client: MetaClient

    @contextmanager
    def impatient(self, seconds: float) -> Iterator[None]:
        """Meta's calls are given up after so long, and no longer after what a machine that stands still may need."""
        session = self.meta_client.api._session
        before, session.timeout = session.timeout, seconds
        yield
        session.timeout = before

    def launch(self) -> None:
        self.service.launch("google_ads")
        self.service.launch("meta_ads")

    def recover(self) -> None:
        for _ in range(5):
            self.stage.clock.advance(seconds=LIMITS.lease + LIMITS.quiet + 1)
            self.launch()

    def google_campaigns(self) -> list[Any]:
        fields = "campaign.id, campaign.name, campaign.status, campaign_budget.amount_micros"
        return self.google.search(f"SELECT {fields} FROM campaign WHERE campaign.status != 'REMOVED'")  # noqa: S608 - GAQL

    def meta_campaigns(self) -> list[dict[str, Any]]:
        found = self.meta.api().call("GET", (self.account, "campaigns"), params={"fields": "id,name,status,effective_status"})
        return list(found.json()["data"])

    def enabled(self) -> tuple[int, int]:
        """How many campaigns are on, on Google and on Meta."""
        google = [row for row in self.google_campaigns() if row.campaign.status == 2]
        return len(google), len([row for row in self.meta_campaigns() if row["status"] == "ACTIVE"])


@pytest.fixture
def wired(stage: Stage, tmp_path: Path) -> Iterator[Wired]:
    stage.clock.wall = stage.clock.business = google_world.NOW
    (tmp_path / "meta").mkdir()
    with google_world.running(tmp_path / "google.sqlite") as google, meta_world.running(tmp_path / "meta", at=google_world.NOW) as meta:
        google.customer = google.add_customer("1234567890")
        advertiser = meta.advertiser()
        with stage.database.transaction() as session:
            for row in session.scalars(select(AdAccount)):
                row.conversion_action = None
                if row.platform == "meta_ads":
                    row.external_id, row.page_id, row.pixel_id = advertiser.id, advertiser.page, advertiser.pixel
        google_client = GoogleClient(google.client(), version="v26", timeout_seconds=LIMITS.call)
        meta_client = MetaClient(token=meta.credentials.token, graph_url=meta.url, version="v25.0", timeout_seconds=LIMITS.call)
        platforms: dict[str, Callable[[AdAccount], AdPlatform]] = {
            "google_ads": lambda account: GoogleAdsPlatform(google_client, account, stage.clock, Pictures()),
            "meta_ads": lambda account: MetaAdsPlatform(meta_client, account, stage.clock, Pictures()),
        }
        service = DeploymentService(
            stage.database, stage.clock, platforms, limits=LIMITS, sleep=lambda seconds: stage.clock.advance(seconds=seconds)
        )
        yield Wired(stage, google, meta, advertiser.id, service, meta_client)
        meta_client.close()


def _plan(**changes: Any) -> Plan:
    return plan_of(**{"starts_on": "2027-03-01", "ends_on": "2027-04-01", **changes})


def test_a_launch_over_the_wire_ends_live_with_what_was_planned(wired: Wired) -> None:
    wired.stage.begin(_plan())
    wired.launch()
    assert wired.stage.statuses() == {"google_ads": "live", "meta_ads": "live"}
    [google] = wired.google_campaigns()
    assert google.campaign_budget.amount_micros == 60 * EUR
    [meta] = wired.meta_campaigns()
    assert (meta["status"], meta["effective_status"]) == ("ACTIVE", "ACTIVE")
    sets = wired.meta.api().call("GET", (wired.account, "adsets"), params={"fields": "daily_budget,targeting,dsa_payor,end_time"}).json()
    assert sorted(row["daily_budget"] for row in sets["data"]) == ["2000", "2000"]
    assert {tuple(row["targeting"]["locales"]) for row in sets["data"]} == {(5,), (1001,)}
    assert {row["end_time"] for row in sets["data"]} == {"2027-04-02T00:00:00+0200"}
    keywords = wired.google.search("SELECT ad_group.name, ad_group_criterion.keyword.text FROM keyword_view")
    assert {(row.ad_group.name[:2], row.ad_group_criterion.keyword.text) for row in keywords} == {("de", "bread de"), ("en", "bread en")}
    ads = wired.google.search("SELECT ad_group_ad.status FROM ad_group_ad")
    assert [row.ad_group_ad.status for row in ads] == [2, 2]


def test_a_place_and_a_small_budget_and_an_open_end_are_built_too(wired: Wired) -> None:
    wired.stage.allow(total=None)
    plan = _plan(ends_on=None, total_budget_micros=None, geo_targets=[{"name": "Lisbon", "radius_km": 3}], regions=["PT"])
    channels = [channel.model_copy(update={"daily_budget_micros": 15 * EUR // 10, "objective": "traffic"}) for channel in plan.channels]
    wired.stage.begin(plan.model_copy(update={"channels": channels}))
    wired.launch()
    assert wired.stage.statuses() == {"google_ads": "live", "meta_ads": "live"}
    campaign = wired.meta.api().call("GET", (wired.account, "campaigns"), params={"fields": "daily_budget"}).json()["data"][0]
    assert campaign["daily_budget"] == "150"


def test_watch_reads_everything_back_and_a_pause_turns_it_off(wired: Wired) -> None:
    ids = wired.stage.begin(_plan())
    wired.launch()
    outcome = wired.service.watch()
    assert (outcome.counts["read"], outcome.counts["drifted"], outcome.counts["orphans"]) == (2, 0, 0)
    assert {row.observed_status for row in wired.stage.objects()} == {"enabled"}
    with wired.stage.database.transaction() as session:
        for key in ids:
            wired.service.pause(session, key, by="anna")
    assert wired.service.run_stops().counts["done"] == 2
    assert wired.enabled() == (0, 0)
    with wired.stage.database.transaction() as session:
        for key in ids:
            wired.service.resume(session, key, by="anna")
    wired.launch()
    assert wired.enabled() == (1, 1)
    assert wired.stage.statuses() == {"google_ads": "live", "meta_ads": "live"}


@pytest.mark.parametrize("fault", ["timeout_after_commit", "unavailable", "reset"])
def test_google_call_whose_answer_is_lost_ends_live_once(wired: Wired, fault: str) -> None:
    # The first Mutate only validates.
    wired.google.faults.add(_fault("google", "GoogleAdsService/Mutate", fault, skip=1, seconds=0.3))
    wired.stage.begin(_plan())
    wired.launch()
    assert {row.state for row in wired.stage.operations(verb="create") if row.ever_in_doubt} == {"in_doubt"}
    wired.recover()
    assert wired.stage.statuses() == {"google_ads": "live", "meta_ads": "live"}
    assert wired.enabled() == (1, 1)
    assert len(wired.google_campaigns()) == 1


@pytest.mark.parametrize("fault", ["timeout_after_commit", "unavailable", "html"])
@pytest.mark.parametrize("edge", ["campaigns", "adsets", "adimages", "adcreatives", "ads"])
def test_meta_call_whose_answer_is_lost_ends_live_once(wired: Wired, edge: str, fault: str) -> None:
    wired.meta.faults.add(_fault("meta", f"POST */{edge}", fault, seconds=0.3))
    wired.stage.begin(_plan())
    wired.launch()
    assert [row.verb for row in wired.stage.operations() if row.ever_in_doubt] == ["create"]
    wired.recover()
    assert wired.stage.statuses() == {"google_ads": "live", "meta_ads": "live"}
    assert wired.enabled() == (1, 1)
    assert len(wired.meta_campaigns()) == 1


def test_a_throttled_call_waits_as_long_as_the_platform_says_and_is_sent_again(wired: Wired) -> None:
    wired.meta.faults.add(_fault("meta", "POST */campaigns", "rate_limited"))
    wired.stage.begin(_plan())
    wired.launch()
    assert wired.stage.deployment("meta_ads").status == "creating"
    wired.stage.clock.advance(hours=2)
    wired.launch()
    assert wired.enabled() == (1, 1)


def test_a_refusal_of_one_platform_leaves_nothing_on(wired: Wired) -> None:
    wired.meta.faults.add(_fault("meta", "POST */adsets", "account_suspended", times=99))
    wired.stage.begin(_plan())
    wired.launch()
    assert wired.stage.statuses() == {"google_ads": "failed", "meta_ads": "failed"}
    assert wired.enabled() == (0, 0)
    assert "368" in (wired.stage.deployment("meta_ads").failure or "")
    assert set(wired.stage.reserved().values()) == {0}


def test_a_picture_that_is_gone_fails_the_launch_and_leaves_nothing_on(wired: Wired) -> None:
    wired.stage.begin(_plan())
    with wired.stage.database.transaction() as session:
        for row in session.scalars(select(PlatformObject).where(PlatformObject.kind == "image")):
            row.spec = {**row.spec, "object_hash": "00" * 32}
    wired.launch()
    assert wired.stage.statuses() == {"google_ads": "failed", "meta_ads": "failed"}
    assert wired.enabled() == (0, 0)
    assert wired.stage.deployment("meta_ads").failure == "no such picture"


def _fault(platform: str, method: str, fault: str, **more: Any) -> Any:
    from sandbox.faults import Fault

    return Fault.parse({"platform": platform, "method": method, "fault": fault, **more})

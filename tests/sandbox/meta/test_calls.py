"""docs/reference/sandbox-meta.md lists every call that is answered: each is made here through the SDK, and nothing else is answered."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from facebook_business.adobjects.ad import Ad
from facebook_business.adobjects.adcreative import AdCreative
from facebook_business.adobjects.adimage import AdImage
from facebook_business.adobjects.adreportrun import AdReportRun
from facebook_business.adobjects.adset import AdSet
from facebook_business.adobjects.adspixel import AdsPixel
from facebook_business.adobjects.advideo import AdVideo
from facebook_business.adobjects.campaign import Campaign
from facebook_business.adobjects.page import Page
from facebook_business.adobjects.targetingsearch import TargetingSearch
from facebook_business.adobjects.user import User
from facebook_business.session import FacebookSession

from sandbox.faults import KNOWN
from sandbox.meta.admin import MetaAdmin
from sandbox.meta.graph import Graph
from sandbox.meta.oauth import ENDPOINTS
from sandbox.meta.routes import ROUTES
from sandbox.meta.runner import SEVERAL
from sandbox.meta.settings import NAMES
from sandbox.meta.tokens import App
from tests.sandbox.meta.movies import mp4, redirect_uploads
from tests.sandbox.world import Advertiser, World

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "sandbox-meta.md").read_text(encoding="utf-8")
CALLS = re.findall(r"^\| `([A-Z]\w+\.\w+)` \| `([^`]+)` \|", PAGE, re.MULTILINE)
ADDRESSES = re.findall(r"^\| `(/[^`]+)` \| `([^`]+)` \|", PAGE, re.MULTILINE)
YESTERDAY = {"date_preset": "yesterday"}


@dataclass(frozen=True)
class Bench:
    """A brand with one of everything."""

    world: World
    brand: Advertiser
    folder: Path
    campaign: str
    adset: str
    ad: str
    creative: str
    image: str
    video: str

    @property
    def api(self) -> Any:
        return self.brand.api

    @property
    def me(self) -> User:
        return User("me", api=self.api)

    def film(self) -> str:
        path = self.folder / "film.mp4"
        path.write_bytes(mp4())
        return str(path)


@pytest.fixture
def bench(world: World, brand: Advertiser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setattr(FacebookSession, "GRAPH", world.url)
    world.post("meta/settings", video_seconds=0, report_seconds=1e-9)
    campaign, adset, (ad,) = brand.tree(status="PAUSED")
    creative, image = brand.creative(), brand.image()
    (tmp_path / "first.mp4").write_bytes(mp4())
    video = brand.account.create_ad_video(params={"source": str(tmp_path / "first.mp4")})["id"]
    yield Bench(world, brand, tmp_path, campaign, adset, ad, creative, image, video)
    world.post("meta/settings", video_seconds=0.5, report_seconds=0.05)


def _remote_create(b: Bench) -> None:
    redirect_uploads(b.api)
    video = AdVideo(parent_id=b.brand.id, api=b.api)
    video[AdVideo.Field.filepath] = b.film()
    video.remote_create()


def _report(b: Bench) -> AdReportRun:
    return AdReportRun(b.brand.account.get_insights_async(params=YESTERDAY)["id"], api=b.api)


def _batch(b: Bench) -> bool:
    batch = b.api.new_batch()
    Campaign(b.campaign, api=b.api).api_get(fields=["name"], batch=batch)
    return batch.execute() is None


def _token(b: Bench) -> User:
    text = b.world.post("meta/tokens")["access_token"]
    return User("me", api=b.world.api(token=text))


DRIVERS: dict[str, Callable[[Bench], Any]] = {
    "AdAccount.create_campaign": lambda b: b.brand.campaign(),
    "AdAccount.create_ad_set": lambda b: b.brand.adset(b.campaign),
    "AdAccount.create_ad_creative": lambda b: b.brand.creative(),
    "AdAccount.create_ad": lambda b: b.brand.ad(b.adset, b.creative),
    "AdAccount.create_ad_image": lambda b: b.brand.image(width=21),
    "AdAccount.create_ad_video": lambda b: b.brand.account.create_ad_video(params={"source": b.film()}),
    "AdVideo.remote_create": _remote_create,
    "AdAccount.api_get": lambda b: b.brand.account.api_get(fields=["currency", "account_status"]),
    "AdAccount.get_campaigns": lambda b: list(b.brand.account.get_campaigns(fields=["name"])),
    "AdAccount.get_ad_sets": lambda b: list(b.brand.account.get_ad_sets(fields=["name"])),
    "AdAccount.get_ads": lambda b: list(b.brand.account.get_ads(fields=["name"])),
    "AdAccount.get_ad_creatives": lambda b: list(b.brand.account.get_ad_creatives(fields=["name"])),
    "AdAccount.get_ad_images": lambda b: list(b.brand.account.get_ad_images(fields=["hash"])),
    "AdAccount.get_ad_videos": lambda b: list(b.brand.account.get_ad_videos(fields=["title"])),
    "AdAccount.get_ads_pixels": lambda b: list(b.brand.account.get_ads_pixels(fields=["name"])),
    "AdAccount.get_promote_pages": lambda b: list(b.brand.account.get_promote_pages(fields=["name"])),
    "AdAccount.get_activities": lambda b: list(b.brand.account.get_activities(fields=["event_type"])),
    "AdAccount.get_insights": lambda b: list(b.brand.account.get_insights(params=YESTERDAY)) or True,
    "AdAccount.get_insights_async": lambda b: b.brand.account.get_insights_async(params=YESTERDAY),
    "AdAccount.delete_ad_images": lambda b: b.brand.account.delete_ad_images(params={"hash": b.brand.image(width=22)}) or True,
    "AdAccount.delete_ad_videos": lambda b: b.brand.account.delete_ad_videos(params={"video_id": b.video}) or True,
    "Campaign.api_get": lambda b: Campaign(b.campaign, api=b.api).api_get(fields=["objective"]),
    "Campaign.api_update": lambda b: Campaign(b.campaign, api=b.api).api_update(params={"name": "New"}),
    "Campaign.api_delete": lambda b: Campaign(b.campaign, api=b.api).api_delete(),
    "Campaign.get_ad_sets": lambda b: list(Campaign(b.campaign, api=b.api).get_ad_sets(fields=["name"])),
    "Campaign.get_ads": lambda b: list(Campaign(b.campaign, api=b.api).get_ads(fields=["name"])),
    "Campaign.get_insights": lambda b: list(Campaign(b.campaign, api=b.api).get_insights(params=YESTERDAY)) or True,
    "Campaign.get_insights_async": lambda b: Campaign(b.campaign, api=b.api).get_insights_async(params=YESTERDAY),
    "AdSet.api_get": lambda b: AdSet(b.adset, api=b.api).api_get(fields=["learning_stage_info", "budget_remaining"]),
    "AdSet.api_update": lambda b: AdSet(b.adset, api=b.api).api_update(params={"name": "New"}),
    "AdSet.api_delete": lambda b: AdSet(b.adset, api=b.api).api_delete(),
    "AdSet.get_ads": lambda b: list(AdSet(b.adset, api=b.api).get_ads(fields=["name"])),
    "AdSet.get_ad_creatives": lambda b: list(AdSet(b.adset, api=b.api).get_ad_creatives(fields=["name"])),
    "AdSet.get_insights": lambda b: list(AdSet(b.adset, api=b.api).get_insights(params=YESTERDAY)) or True,
    "AdSet.get_insights_async": lambda b: AdSet(b.adset, api=b.api).get_insights_async(params=YESTERDAY),
    "Ad.api_get": lambda b: Ad(b.ad, api=b.api).api_get(fields=["effective_status"]),
    "Ad.api_update": lambda b: Ad(b.ad, api=b.api).api_update(params={"creative": {"creative_id": b.creative}}),
    "Ad.api_delete": lambda b: Ad(b.ad, api=b.api).api_delete(),
    "Ad.get_ad_creatives": lambda b: list(Ad(b.ad, api=b.api).get_ad_creatives(fields=["name"])),
    "Ad.get_insights": lambda b: list(Ad(b.ad, api=b.api).get_insights(params=YESTERDAY)) or True,
    "Ad.get_insights_async": lambda b: Ad(b.ad, api=b.api).get_insights_async(params=YESTERDAY),
    "AdCreative.api_get": lambda b: AdCreative(b.creative, api=b.api).api_get(fields=["object_story_spec"]),
    "AdCreative.api_update": lambda b: AdCreative(b.creative, api=b.api).api_update(params={"name": "New"}),
    "AdCreative.api_delete": lambda b: AdCreative(b.creative, api=b.api).api_delete(),
    "AdImage.api_get": lambda b: AdImage(f"{b.brand.id[4:]}:{b.image}", b.brand.id, api=b.api).api_get(fields=["hash"]),
    "AdVideo.api_get": lambda b: AdVideo(b.video, api=b.api).api_get(fields=["status"]),
    "AdVideo.api_delete": lambda b: AdVideo(b.video, api=b.api).api_delete(),
    "AdVideo.get_thumbnails": lambda b: list(AdVideo(b.video, api=b.api).get_thumbnails(fields=["uri"])),
    "AdVideo.waitUntilEncodingReady": lambda b: AdVideo(b.video, api=b.api).waitUntilEncodingReady(interval=0, timeout=1) or True,
    "AdsPixel.api_get": lambda b: AdsPixel(b.brand.pixel, api=b.api).api_get(fields=["name"]),
    "Page.api_get": lambda b: Page(b.brand.page, api=b.api).api_get(fields=["name"]),
    "AdReportRun.api_get": lambda b: _report(b).api_get(),
    "AdReportRun.get_insights": lambda b: list(_report(b).get_insights()) or True,
    "User.api_get": lambda b: b.me.api_get(fields=["name"]),
    "User.get_ad_accounts": lambda b: list(b.me.get_ad_accounts(fields=["name"])),
    "User.get_accounts": lambda b: list(b.me.get_accounts(fields=["name"])),
    "User.get_permissions": lambda b: list(_token(b).get_permissions()),
    "User.delete_permissions": lambda b: _token(b).delete_permissions() or True,
    "TargetingSearch.search": lambda b: TargetingSearch.search({"type": "adgeolocation", "q": "Lisb"}, api=b.api),
    "FacebookAdsApiBatch.execute": _batch,
    "FacebookAdsApi.call": lambda b: b.api.call("GET", (), {"ids": f"{b.campaign},{b.adset}"}).json(),
}


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(("call", "http"), CALLS)
def test_the_sdk_makes_the_call_and_is_answered(bench: Bench, call: str, http: str) -> None:
    before = len([c for c in bench.world.calls(http) if c["outcome"].startswith("ok")])
    answer = DRIVERS[call](bench)
    assert answer or call == "AdVideo.remote_create"
    assert len([c for c in bench.world.calls(http) if c["outcome"].startswith("ok")]) > before


def test_every_listed_call_is_made_and_every_call_made_is_listed() -> None:
    assert sorted(call for call, _ in CALLS) == sorted(DRIVERS)


def test_whatever_is_answered_is_listed_and_whatever_is_listed_is_answered() -> None:
    answered = {f"{method} {kind}" + (f"/{edge}" if edge else "") for method, kind, edge in ROUTES}
    answered |= {f"{method} {path}" for method, path in ENDPOINTS} | {"POST batch", SEVERAL}
    assert {http for _, http in (*CALLS, *ADDRESSES)} == answered


def test_faults_settings_and_admin_calls_are_listed(world: World) -> None:
    faults = PAGE.split("## Faults")[1]
    assert set(re.findall(r"^\| `(\w+)` \|", faults, re.MULTILINE)) == {
        name for name, told in KNOWN.items() if not told.endswith(("(Google)", "(models)"))
    }
    admin = PAGE.split("## Admin")[1].split("## Faults")[0]
    assert {name for name in NAMES if f"`{name}`" not in admin} == set()
    listed = set(re.findall(r"^\| `([A-Z]+ [^`]+)` \|", admin, re.MULTILINE))
    graph = Graph(world.store, world.clock, world.faults, App("1", "secret", "token"))
    answered = {f"{method} {path}" for method, path in MetaAdmin(world.store, graph).routes}
    assert answered <= listed

"""A sandbox of one's own: its HTTP port in this process, and the official SDK of Meta pointed at it."""

import base64
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import requests
from facebook_business.adobjects.adaccount import AdAccount
from facebook_business.api import FacebookAdsApi
from facebook_business.exceptions import FacebookRequestError
from facebook_business.session import FacebookSession

from sandbox import market
from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.http import Credentials, start
from sandbox.store import Store
from sandbox.web import Running

MONDAY = datetime(2027, 3, 1, 8, 0, tzinfo=UTC)
APP_SECRET = Credentials.app_secret
_NUMBERS = count(1)


@dataclass(frozen=True)
class World:
    """Everything that a test may touch, inside and over the wire."""

    store: Store
    clock: Clock
    faults: Faults
    server: Running
    credentials: Credentials

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    def admin(self, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
        """Status and JSON of one call to the admin API."""
        answer = requests.request(method, f"{self.url}/sandbox/{path}", json=body, timeout=60)
        return answer.status_code, answer.json()

    def post(self, path: str, **body: Any) -> Any:
        status, answer = self.admin("POST", path, body)
        assert status == 200, answer
        return answer

    def api(self, *, token: str | None = None, secret: str | None = APP_SECRET, timeout: float = 60) -> FacebookAdsApi:
        session = type("Session", (FacebookSession,), {"GRAPH": self.url})
        return FacebookAdsApi(session("app", secret, token or self.credentials.token, timeout=timeout))

    def advertiser(self, *, currency: str = "EUR", zone: str = "Europe/Berlin", tier: str = "standard_access") -> "Advertiser":
        made = self.post("meta/accounts", name=f"Brand {next(_NUMBERS)}", currency=currency, timezone_name=zone, tier=tier)
        key = made["account_id"]
        page = self.post(f"meta/accounts/{key}/pages", name="Page")["page_id"]
        pixel = self.post(f"meta/accounts/{key}/pixels", name="Pixel", value=17)["pixel_id"]
        return Advertiser(self, key, page, pixel, AdAccount(key, api=self.api()))

    def calls(self, method: str) -> list[dict[str, Any]]:
        return [c for c in self.admin("GET", "calls?platform=meta")[1]["calls"] if c["method"] == method]


@dataclass(frozen=True)
class Advertiser:
    """An ad account with a page and a pixel; makes objects through the SDK, PAUSED unless said otherwise."""

    world: World
    id: str
    page: str
    pixel: str
    account: AdAccount

    @property
    def api(self) -> FacebookAdsApi:
        return self.account._api

    def campaign(self, **changes: Any) -> str:
        params = {
            "name": "Spring",
            "objective": "OUTCOME_LEADS",
            "status": "PAUSED",
            "special_ad_categories": [],
            "is_adset_budget_sharing_enabled": False,
            **changes,
        }
        return self.account.create_campaign(params=_clean(params))["id"]

    def adset(self, campaign: str, **changes: Any) -> str:
        params = {
            "name": "Artists",
            "campaign_id": campaign,
            "status": "PAUSED",
            "billing_event": "IMPRESSIONS",
            "optimization_goal": "OFFSITE_CONVERSIONS",
            "daily_budget": 2000,
            "promoted_object": {"pixel_id": self.pixel, "custom_event_type": "LEAD"},
            "targeting": targeting(),
            "dsa_beneficiary": "Brand",
            "dsa_payor": "Brand",
            **changes,
        }
        return self.account.create_ad_set(params=_clean(params))["id"]

    def image(self, *, width: int = 8, height: int = 8) -> str:
        return self.account.create_ad_image(params={"bytes": base64.b64encode(png(width, height)).decode()})["hash"]

    def creative(self, *, image: str | None = None, link_data: dict[str, Any] | None = None, **changes: Any) -> str:
        story = {
            "page_id": self.page,
            "link_data": {
                "link": "https://example.org/",
                "message": "Learn from complete productions",
                "name": "Blender Studio",
                "image_hash": image or self.image(),
                "call_to_action": {"type": "LEARN_MORE"},
                **(link_data or {}),
            },
        }
        return self.account.create_ad_creative(params=_clean({"name": "Card", "object_story_spec": story, **changes}))["id"]

    def ad(self, adset: str, creative: str | None = None, **changes: Any) -> str:
        params = {"name": "Ad", "adset_id": adset, "creative": {"creative_id": creative or self.creative()}, "status": "PAUSED", **changes}
        return self.account.create_ad(params=_clean(params))["id"]

    def tree(self, *, status: str = "ACTIVE", ads: int = 1, daily_budget: int = 2000) -> tuple[str, str, list[str]]:
        """A campaign with one ad set and its ads, all with one status."""
        campaign = self.campaign(status=status)
        adset = self.adset(campaign, status=status, daily_budget=daily_budget)
        creative = self.creative()
        return campaign, adset, [self.ad(adset, creative, status=status, name=f"Ad {n}") for n in range(ads)]

    def get(self, *path: str, **params: Any) -> Any:
        return self.api.call("GET", path, params).json()

    def post(self, *path: str, **params: Any) -> Any:
        return self.api.call("POST", path, params).json()

    def delete(self, *path: str, **params: Any) -> Any:
        return self.api.call("DELETE", path, params).json()


def targeting(*countries: str, **changes: Any) -> dict[str, Any]:
    return {
        "geo_locations": {"countries": list(countries or ("DE",))},
        "targeting_automation": {"advantage_audience": 0},
        **changes,
    }


def _clean(params: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in params.items() if v is not None}


def codes(error: FacebookRequestError) -> tuple[int | None, int | None]:
    """Code and subcode."""
    return error.api_error_code(), error.api_error_subcode()


def png(width: int, height: int) -> bytes:
    """The smallest honest PNG of that size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress((b"\0" + b"\0\0\0" * width) * height)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@contextmanager
def running(home: Path, *, at: datetime = MONDAY, seed: int = 7) -> Iterator[World]:
    store = Store(home / "sandbox.sqlite")
    clock, faults = Clock(store, at), Faults()
    market.set_seed(store, seed)
    credentials = Credentials()
    server = start(store, clock, faults, credentials=credentials)
    try:
        yield World(store, clock, faults, server, credentials)
    finally:
        server.stop()
        store.close()

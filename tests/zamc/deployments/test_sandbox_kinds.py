"""The whole launch of every kind of campaign over the wire, on a good day and with an answer lost at each request."""

from typing import Any

import pytest
from sqlalchemy import select

from sandbox.faults import Fault
from tests.sandbox.google.campaigns import request
from tests.zamc.deployments.conftest import EUR, plan_of
from tests.zamc.deployments.test_google_trees import channel, pictures
from tests.zamc.deployments.test_sandbox import Pictures as SearchPictures
from tests.zamc.deployments.test_sandbox import Wired, wired
from tests.zamc.platforms.google_kinds import Pictures
from zamc.deployments.sources import pictures_of
from zamc.deployments.tables import Deployment
from zamc.projects.tables import AdAccount
from zamc.strategies.schema import CampaignKind, Plan

__all__ = ["wired"]
KINDS: tuple[CampaignKind, ...] = ("search", "performance_max", "display", "meta")


@pytest.fixture
def every_kind(wired: Wired, monkeypatch: pytest.MonkeyPatch) -> Wired:
    """The account counts conversions, and Google's campaigns have pictures."""
    asked = request(wired.google)
    asked.conversion_action()
    asked.send()
    with wired.stage.database.transaction() as session:
        for account in session.scalars(select(AdAccount).where(AdAccount.platform == "google_ads")):
            account.conversion_action = "99"

    def found(rows: Any, platform: str) -> Any:
        return pictures() if platform == "google_ads" else pictures_of(rows, platform)

    monkeypatch.setattr("zamc.deployments.drafts.pictures_of", found)
    own, plain = Pictures(), SearchPictures.get

    def drawn(self: SearchPictures, sha256: str, media_type: str) -> bytes:
        return plain(self, sha256, media_type) if sha256.startswith("ab") else own.get(sha256, media_type)

    monkeypatch.setattr(SearchPictures, "get", drawn)
    return wired


def _plan() -> Plan:
    channels = [channel(kind, daily=euros * EUR) for kind, euros in zip(KINDS, (30, 20, 10, 40), strict=True)]
    return plan_of(channels=channels, starts_on="2027-03-01", ends_on="2027-04-01")


def _statuses(wired: Wired) -> dict[str, str]:
    with wired.stage.database.transaction() as session:
        return {row.kind: row.status for row in session.scalars(select(Deployment))}


def _enabled(wired: Wired) -> dict[str, int]:
    """Budgets of what is on, in euros, by channel type."""
    fields = "campaign.id, campaign.advertising_channel_type, campaign_budget.amount_micros"
    rows = wired.google.search(f"SELECT {fields} FROM campaign WHERE campaign.status = 'ENABLED'")  # noqa: S608 - GAQL
    names = wired.google.client().enums.AdvertisingChannelTypeEnum.AdvertisingChannelType
    assert len({row.campaign.advertising_channel_type for row in rows}) == len(rows)
    return {names.Name(row.campaign.advertising_channel_type): row.campaign_budget.amount_micros // EUR for row in rows}


def test_every_kind_goes_live_with_its_own_budget(every_kind: Wired) -> None:
    every_kind.stage.begin(_plan())
    every_kind.launch()
    assert _statuses(every_kind) == dict.fromkeys(KINDS, "live")
    assert _enabled(every_kind) == {"SEARCH": 30, "PERFORMANCE_MAX": 20, "DISPLAY": 10}
    groups = every_kind.google.search("SELECT asset_group.status, campaign.name FROM asset_group")
    assert [row.asset_group.status for row in groups] == [2, 2]


@pytest.mark.parametrize("answered", [1, 2, 4, 7, 9])
def test_an_answer_that_is_lost_at_any_request_of_a_launch_doubles_no_kind(every_kind: Wired, answered: int) -> None:
    """Search takes two mutates, Performance Max and Display three each (assets, validate_only, the campaign); then come the enables."""
    every_kind.google.faults.add(Fault("google", "GoogleAdsService/Mutate", "timeout_after_commit", skip=answered, seconds=0.3))
    every_kind.stage.begin(_plan())
    every_kind.launch()
    every_kind.recover()
    assert _statuses(every_kind) == dict.fromkeys(KINDS, "live")
    assert _enabled(every_kind) == {"SEARCH": 30, "PERFORMANCE_MAX": 20, "DISPLAY": 10}
    assert len(every_kind.google_campaigns()) == 3
    lost = [outcome for method, outcome in every_kind.google.calls() if "Mutate" in method and outcome != "OK"]
    assert len(lost) == 1


def test_a_pause_of_everything_is_read_back_for_every_kind(every_kind: Wired) -> None:
    every_kind.stage.begin(_plan())
    every_kind.launch()
    with every_kind.stage.database.transaction() as session:
        every_kind.service.pause_all(session, by="anna")
    every_kind.recover()
    assert _statuses(every_kind) == dict.fromkeys(KINDS, "paused")
    assert _enabled(every_kind) == {}

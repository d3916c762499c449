"""Bad answers of both platforms through a whole launch, over the wire: each has one of two ends, and none runs that should not."""

import time
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest
from sqlalchemy import select

from sandbox.faults import Fault
from tests.zamc.deployments.test_sandbox import Wired, _plan, wired
from zamc.deployments.watch_tables import Drift
from zamc.notifications.tables import Alert

__all__ = ["wired"]
LIVE = {"google_ads": "live", "meta_ads": "live"}


def _order(wired: Wired, platform: str, method: str, fault: str, **more: Any) -> None:
    faults = wired.google.faults if platform == "google" else wired.meta.faults
    faults.add(Fault.parse({"platform": platform, "method": method, "fault": fault, **more}))


def _of_edge(wired: Wired, edge: str) -> list[Any]:
    return list(wired.meta.api().call("GET", (wired.account, edge), params={"fields": "id"}).json()["data"])


def _landed(look: Callable[[], list[Any]]) -> None:
    """The stand-ins count real seconds, the stage does not: what is late lands before the stage's Q is over, as on a platform."""
    deadline = time.monotonic() + 30
    while not look():
        assert time.monotonic() < deadline, "what was to land late never did"
        time.sleep(0.1)


def _ended_live_once(wired: Wired) -> None:
    """Both live, one campaign each that is on, and no other one of ours left behind."""
    wired.recover()
    wired.service.reconcile()
    assert wired.stage.statuses() == LIVE
    assert wired.enabled() == (1, 1)
    assert (len(wired.google_campaigns()), len(wired.meta_campaigns())) == (1, 1)


@pytest.mark.parametrize("edge", ["campaigns", "adsets", "ads"])
@pytest.mark.parametrize("fault", ["error_with_200", "html_200", "duplicate", "late_commit"])
def test_what_meta_answers_instead_of_an_object_ends_live_once(wired: Wired, fault: str, edge: str) -> None:
    _order(wired, "meta", f"POST */{edge}", fault, seconds=3)
    wired.stage.begin(_plan())
    with wired.impatient(1.5) if fault == "late_commit" else nullcontext():
        wired.launch()
    if fault == "late_commit":
        _landed(lambda: _of_edge(wired, edge))
    _ended_live_once(wired)


@pytest.mark.parametrize(
    ("fault", "more"),
    [
        ("late_commit", {"seconds": 3}),
        ("internal", {}),
        ("concurrent_modification", {}),
        ("quota_exhausted", {}),
        ("rate_limited", {}),
        ("duplicate_name", {}),
    ],
)
def test_what_google_answers_instead_of_a_campaign_ends_live_once(wired: Wired, fault: str, more: dict[str, Any]) -> None:
    _order(wired, "google", "GoogleAdsService/Mutate", fault, skip=1, **more)
    wired.stage.begin(_plan())
    wired.launch()
    if fault == "late_commit":
        _landed(wired.google_campaigns)
    wired.stage.clock.advance(hours=24)
    _ended_live_once(wired)


def test_an_operation_that_google_refuses_of_one_request_leaves_nothing_on(wired: Wired) -> None:
    _order(wired, "google", "GoogleAdsService/Mutate", "partial_failure", detail={"index": 2}, times=99)
    wired.stage.begin(_plan())
    wired.launch()
    wired.recover()
    assert wired.stage.statuses() == {"google_ads": "failed", "meta_ads": "failed"}
    assert wired.enabled() == (0, 0)
    assert set(wired.stage.reserved().values()) == {0}


def test_statuses_that_nobody_knows_enable_nothing_and_a_later_look_goes_on(wired: Wired) -> None:
    _order(wired, "meta", "GET *", "unknown_enum", times=6)
    wired.stage.begin(_plan())
    wired.launch()
    assert wired.enabled()[1] == 0 or wired.stage.statuses()["meta_ads"] == "live"
    _ended_live_once(wired)


def test_a_pause_while_a_create_is_in_doubt_leaves_nothing_on_and_a_resume_goes_on(wired: Wired) -> None:
    _order(wired, "google", "GoogleAdsService/Mutate", "timeout_after_commit", skip=1, seconds=0.3)
    _order(wired, "meta", "POST */adsets", "timeout_after_commit", seconds=0.3)
    ids = wired.stage.begin(_plan())
    wired.launch()
    for key in ids:
        with wired.stage.database.transaction() as session:
            wired.service.pause(session, key, by="anna")
    wired.recover()
    assert wired.enabled() == (0, 0)
    for key in ids:
        with wired.stage.database.transaction() as session:
            wired.service.resume(session, key, by="anna")
    _ended_live_once(wired)


def test_a_resume_while_a_pause_is_in_flight_waits_for_it_and_ends_live(wired: Wired) -> None:
    [google, _] = wired.stage.begin(_plan())
    wired.launch()
    _order(wired, "google", "GoogleAdsService/Mutate", "late_commit", seconds=3)
    with wired.stage.database.transaction() as session:
        wired.service.pause(session, google, by="anna")
    wired.service.run_stops()
    with wired.stage.database.transaction() as session:
        wired.service.resume(session, google, by="anna")
    wired.launch()
    # It waits: the pause may still land, and does (the stand-in counts real seconds), long before Q is over.
    assert wired.stage.deployment("google_ads").status != "live"
    deadline = time.monotonic() + 30
    while wired.enabled()[0] and time.monotonic() < deadline:
        time.sleep(0.1)
    assert wired.enabled() == (0, 1)
    _ended_live_once(wired)


def test_what_is_deleted_outside_is_told_and_its_end_is_a_persons(wired: Wired) -> None:
    wired.stage.begin(_plan())
    wired.launch()
    wired.service.watch()
    [campaign] = wired.google_campaigns()
    operation = wired.google.client().get_type("CampaignOperation")
    operation.remove = campaign.campaign.resource_name
    wired.google.client().get_service("CampaignService").mutate_campaigns(customer_id=wired.google.customer, operations=[operation])
    for ad in wired.meta.api().call("GET", (wired.account, "ads"), params={"fields": "id"}).json()["data"][:1]:
        wired.meta.api().call("DELETE", (ad["id"],))
    wired.stage.clock.advance(minutes=15)
    wired.service.reconcile()
    with wired.stage.database.transaction() as session:
        found = session.scalars(select(Drift).where(Drift.field == "removed")).all()
        told = session.scalars(select(Alert.code).where(Alert.code == "removed-outside")).all()
    assert len(found) == len(told) >= 2
    for each in found:
        with wired.stage.database.transaction() as session:
            wired.service.accept_drift(session, each.id, by="anna")
        wired.recover()
        if wired.stage.statuses()["google_ads"] == "ended":
            break
    assert wired.stage.statuses() == {"google_ads": "ended", "meta_ads": "live"}
    assert wired.enabled() == (0, 1)

"""Figures as screens ask for them: what was measured, day by day, beside another span, by part, and what is still to come."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from tests.api.test_from_brief_to_ads import Marketer
from tests.conftest import ManualClock
from tests.zamc.analytics.late import LateAccount
from tests.zamc.analytics.test_verdicts import BROKE, HEALTHY, stopped
from tests.zamc.analytics.test_verdicts import Stage as Judged
from tests.zamc.analytics.test_views import FIRST, _fact
from tests.zamc.deployments.conftest import EUR, Stage, stage
from zamc.analytics.nowcast import NowcastService
from zamc.bootstrap import Services
from zamc.database.engine import Database

__all__ = ["stage"]

Key = Callable[[str, dict[UUID, str]], str]
LAST = FIRST + timedelta(days=2)
MEASURES = "impressions clicks spend { amount currency } conversions value { amount } ctr cvr cpc cpa roas"
WHOLE = f"""query ($p: UUID!, $r: DateRange!, $platform: Platform, $d: UUID, $c: String) {{
    performance(projectId: $p, range: $r, platform: $platform, deploymentId: $d, currency: $c) {{
        currency currencies first last total {{ {MEASURES} }}
        series {{ days impressions clicks spend conversions value }}
        compared {{ first last total {{ impressions spend {{ amount }} }} }}
        parts(grain: CAMPAIGN, sort: CLICKS) {{ id label platform deploymentId total {{ clicks }} }} }} }}"""


@pytest.fixture
def ana(wired: Services, client: TestClient, stage: Stage, key: Key) -> Marketer:
    stage.begin()
    stage.launch()
    for number in range(3):
        day = FIRST + timedelta(days=number)
        _fact(
            stage, day, impressions=1_000, clicks=100, spend_micros=(number + 1) * 10 * EUR, conversions="2", object_id="77", label="Search"
        )
        _fact(stage, day, platform="meta_ads", impressions=500, clicks=10, spend_micros=5 * EUR, object_id="88", label="Feed")
        _fact(stage, day - timedelta(days=7), impressions=100, clicks=1, spend_micros=2 * EUR, object_id="77", label="Search")
    return Marketer(client, key("ana@example.org", {stage.project_id: "viewer"}), stage.project_id)


def asked(ana: Marketer, **more: Any) -> Any:
    return ana.ask(WHOLE, r={"first": FIRST.isoformat(), "last": LAST.isoformat()}, **more)


def test_a_span_has_totals_days_as_columns_and_the_span_before(ana: Marketer) -> None:
    found = asked(ana)
    assert (found["currency"], found["currencies"], found["first"], found["last"]) == ("EUR", ["EUR"], str(FIRST), str(LAST))
    assert found["total"] == {
        "impressions": 4_500, "clicks": 330, "spend": {"amount": "75.00", "currency": "EUR"}, "conversions": "6.000000",
        "value": {"amount": "6.00"}, "ctr": pytest.approx(330 / 4_500), "cvr": pytest.approx(6 / 330), "cpc": pytest.approx(75 / 330),
        "cpa": pytest.approx(75 / 6), "roas": pytest.approx(6 / 75),
    }  # fmt: skip
    assert found["series"]["days"] == [str(FIRST + timedelta(days=number)) for number in range(3)]
    assert found["series"]["spend"] == [15.0, 25.0, 35.0]
    assert {name: len(column) for name, column in found["series"].items()} == dict.fromkeys(found["series"], 3)
    before = found["compared"]
    assert (before["first"], before["last"]) == (str(FIRST - timedelta(days=7)), str(LAST - timedelta(days=7)))
    assert before["total"] == {"impressions": 300, "spend": {"amount": "6.00"}}


def test_it_is_narrowed_to_a_platform_and_to_a_deployment(ana: Marketer, stage: Stage) -> None:
    meta = stage.deployment("meta_ads").id
    for narrowed in (asked(ana, platform="META_ADS"), asked(ana, d=str(meta))):
        assert narrowed["total"]["spend"]["amount"] == "15.00"
        assert [part["id"] for part in narrowed["parts"]] == ["88"]
    assert asked(ana, platform="META_ADS")["total"]["cpa"] is None, "nothing divides"
    assert [(part["label"], part["platform"], part["total"]["clicks"]) for part in asked(ana)["parts"]] == [
        ("Search", "google_ads", 300), ("Feed", "meta_ads", 30),
    ]  # fmt: skip


@pytest.mark.parametrize("grain", ["SEARCH_TERM", "KEYWORD", "CREATIVE", "LANDING_PAGE", "AD", "AD_GROUP", "GEO", "DEVICE", "AUDIENCE"])
def test_every_grain_is_a_breakdown(ana: Marketer, stage: Stage, grain: str) -> None:
    segment = f"{grain.lower()}:x" if grain in {"GEO", "DEVICE", "AUDIENCE", "LANDING_PAGE"} else ""
    for number, clicks in enumerate((3, 9, 5)):
        named: dict[str, Any] = {"segment": f"{segment}{number}"} if segment else {"object_id": f"1~{number}"}
        _fact(stage, FIRST, grain=grain.lower(), label=f"part {number}", clicks=clicks, spend_micros=clicks * EUR, **named)
    document = """query ($p: UUID!, $r: DateRange!, $g: Grain!) { performance(projectId: $p, range: $r) {
        parts(grain: $g, sort: CLICKS, first: 2) { label total { clicks spend { amount } } } } }"""
    found = ana.ask(document, r={"first": str(FIRST), "last": str(LAST)}, g=grain)["parts"]
    assert [(part["label"], part["total"]["clicks"], part["total"]["spend"]["amount"]) for part in found] == [
        ("part 1", 9, "9.00"),
        ("part 2", 5, "5.00"),
    ]


def test_a_currency_that_no_account_has_is_refused(ana: Marketer) -> None:
    body = {"query": WHOLE, "variables": {"p": ana.project, "r": {"first": str(FIRST), "last": str(LAST)}, "c": "USD"}}
    answer = ana.client.post("/graphql", json=body, headers={"Authorization": f"Bearer {ana.key}"}).json()
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["INVALID_INPUT"]
    assert answer["data"] == {"performance": None}


def test_pacing_stands_beside_a_deployment(ana: Marketer, stage: Stage) -> None:
    google = stage.deployment("google_ads")
    document = "query ($d: UUID!) { deployment(id: $d) { pacing { through billed { amount } allowed { amount } share } } }"
    found = ana.ask(document, d=str(google.id))["pacing"]
    assert (found["through"], found["billed"]["amount"]) == (str(LAST), "66.00")
    assert found["share"] == pytest.approx(float(found["billed"]["amount"]) / float(found["allowed"]["amount"]), rel=1e-6)


def test_conversions_that_are_still_to_come_are_told(client: TestClient, database: Database, clock: ManualClock, key: Key) -> None:
    today = date(2026, 10, 20)
    account = LateAccount(database, clock)
    account.live(today)
    NowcastService(database, clock).refresh()
    ana = Marketer(client, key("ana@example.org", {account.launch.project_id: "viewer"}), account.launch.project_id)
    document = """query ($p: UUID!, $r: DateRange!) { performance(projectId: $p, range: $r) {
        total { conversions } expected { total low high days expected lows highs moving } } }"""
    found = ana.ask(document, r={"first": str(today - timedelta(days=5)), "last": str(today)})
    expected = found["expected"]
    assert float(found["total"]["conversions"]) < expected["low"] < expected["total"] < expected["high"]
    assert abs(expected["expected"][-1] - 40) < 10, "the simulated account has 40 a day in the end"
    assert expected["moving"][-1] is True
    assert {len(expected[name]) for name in ("days", "expected", "lows", "highs", "moving")} == {len(expected["days"])}


def test_what_is_no_chance_is_a_verdict_with_its_reason(client: TestClient, database: Database, clock: ManualClock, key: Key) -> None:
    judged = Judged(database, clock, **{**HEALTHY, "per_day": stopped(40)})
    judged.service.judge()
    judged.morning(4)
    project_id = judged.account.launch.project_id
    ana = Marketer(client, key("ana@example.org", {project_id: "viewer"}), project_id)
    document = """query ($p: UUID!) { verdicts(projectId: $p) { edges { node {
        kind severity reason evidence beganOn deploymentId resolvedAt } } } }"""
    (found, *_) = ana.nodes(document)
    assert found["kind"] == "tracking_stopped"
    assert found["reason"]
    assert found["evidence"]
    assert found["resolvedAt"] is None
    assert abs((date.fromisoformat(found["beganOn"]) - BROKE).days) <= 2

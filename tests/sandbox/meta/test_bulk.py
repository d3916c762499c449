"""Many objects: seeding, reading fifty nodes at once, and pages that cost what they show."""

from typing import Any

import pytest
from facebook_business.exceptions import FacebookRequestError

from sandbox import records
from tests.sandbox.world import Advertiser, World, codes

TREES = 400


@pytest.fixture(scope="module")
def many(world: World) -> Advertiser:
    brand = world.advertiser()
    made = world.post("meta/seed", account=brand.id, count=TREES, campaign={"name": "zamc {n:} {n}", "daily_budget": "1000"})
    assert made["objects"] == 4 * TREES
    return brand


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every row that the store reads."""
    rows: list[Any] = []
    real = records.to_obj

    def counted(row: tuple[Any, ...]) -> Any:
        rows.append(row[3])
        return real(row)

    monkeypatch.setattr("sandbox.reading.to_obj", counted)
    return rows


def test_seeded_campaigns_look_like_any_other(many: Advertiser) -> None:
    shown = many.get(many.id, "campaigns", fields="name,status,daily_budget,adsets{id,ads{name,creative{id}}}", limit=2, summary="true")
    assert shown["summary"]["total_count"] == TREES
    newest = shown["data"][0]
    assert (newest["name"], newest["status"], newest["daily_budget"]) == (f"zamc {{n:}} {TREES - 1}", "PAUSED", "1000")
    assert newest["adsets"]["data"][0]["ads"]["data"][0]["name"] == f"Seed {TREES - 1}"


def test_all_pages_together_hold_everything_once(many: Advertiser) -> None:
    found = [a["id"] for a in many.account.get_ads(params={"limit": 150}, fields=["name"])]
    assert len(found) == len(set(found)) == TREES
    assert found == sorted(found, reverse=True)


def test_a_page_costs_what_it_shows(many: Advertiser, decoded: list[Any]) -> None:
    page = many.get(many.id, "campaigns", limit=25)
    first = len(decoded)
    # The account, the page in chunks, and one more to know whether another follows.
    assert first < 150
    many.get(many.id, "campaigns", limit=25, after=page["paging"]["cursors"]["after"])
    assert len(decoded) < 2 * 150


def test_a_filter_by_marker_or_id_looks_at_what_it_finds(many: Advertiser, decoded: list[Any]) -> None:
    by_name = [{"field": "name", "operator": "CONTAIN", "value": "} 17"}]
    found = [c["name"] for c in many.account.get_campaigns(fields=["name"], params={"filtering": by_name, "limit": 100})]
    assert sorted(found) == sorted(f"zamc {{n:}} {n}" for n in (17, *range(170, 180)))
    ids = [a["id"] for a in many.get(many.id, "adsets", limit=40)["data"]]
    decoded.clear()
    by_parent = [{"field": "adset.id", "operator": "IN", "value": ids}]
    assert len(list(many.account.get_ads(params={"filtering": by_parent, "limit": 100}))) == 40
    by_id = [{"field": "id", "operator": "IN", "value": ids}]
    assert len(list(many.account.get_ad_sets(params={"filtering": by_id, "limit": 100}))) == 40
    # Objects, their parents up to the campaign for the effective status, and little else.
    assert len(decoded) < 400


def test_naming_every_status_filters_nothing_but_shows_deleted_ones(many: Advertiser) -> None:
    key = many.campaign(name="Gone")
    many.delete(key)
    every = ["ACTIVE", "PAUSED", "DELETED", "ARCHIVED", "IN_PROCESS", "WITH_ISSUES"]
    shown = many.get(many.id, "campaigns", effective_status=every, limit=1, summary="true")
    assert (shown["data"][0]["id"], shown["summary"]["total_count"]) == (key, TREES + 1)
    assert many.get(many.id, "campaigns", limit=1, summary="true")["summary"]["total_count"] == TREES


def test_the_total_follows_what_is_written(many: Advertiser) -> None:
    paused = {"effective_status": ["PAUSED"], "limit": 1, "summary": "true"}
    before = many.get(many.id, "campaigns", **paused)["summary"]["total_count"]
    key = many.campaign()
    assert many.get(many.id, "campaigns", **paused)["summary"]["total_count"] == before + 1
    many.post(key, status="ACTIVE")
    assert many.get(many.id, "campaigns", **paused)["summary"]["total_count"] == before
    many.delete(key)


def test_fifty_nodes_come_in_one_answer_and_each_is_counted(world: World, many: Advertiser) -> None:
    ids = [c["id"] for c in many.get(many.id, "campaigns", limit=50)["data"]]
    before = len(world.calls("GET campaign"))
    shown = many.api.call("GET", (), {"ids": ",".join(ids), "fields": "name,status"}).json()
    assert set(shown) == set(ids)
    assert shown[ids[0]] == {"id": ids[0], "name": f"zamc {{n:}} {TREES - 1}", "status": "PAUSED"}
    assert len(world.calls("GET campaign")) == before + 50
    behind = many.api.call("GET", ("adsets",), {"ids": ",".join(ids[:3]), "fields": "id"}).json()
    assert all(len(edge["data"]) == 1 for edge in behind.values())
    for wrong, code in ((",".join([*ids, "1"]), 100), (f"{ids[0]},999", 803), ("", 100)):
        with pytest.raises(FacebookRequestError) as caught:
            many.api.call("GET", (), {"ids": wrong})
        assert codes(caught.value)[0] == code


def test_a_seed_needs_an_account_and_a_sensible_number(world: World, many: Advertiser) -> None:
    assert world.admin("POST", "meta/seed", {"account": "act_1", "count": 1})[0] == 404
    assert world.admin("POST", "meta/seed", {"account": many.id, "count": 0})[0] == 400
    made = world.post(
        "meta/seed", account=many.id, campaigns=[{"campaign": {"name": "One", "status": "ACTIVE"}, "ad": {"status": "ACTIVE"}}]
    )
    assert many.get(made["first_id"], fields="name,status") == {"id": made["first_id"], "name": "One", "status": "ACTIVE"}
    many.delete(made["first_id"])

"""The metadata is the SDK's own, and no input breaks the front door."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.meta import schema_from_sdk
from sandbox.meta.schema import metadata
from tests.sandbox.world import Advertiser, World

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**12) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


def test_schema_json_is_what_the_installed_sdk_declares() -> None:
    assert json.loads(schema_from_sdk.PATH.read_text()) == schema_from_sdk.build()


def _mutations(base: Any, draw: Any) -> Any:
    """`base` with one of its values, at any depth, replaced by something odd."""
    if isinstance(base, dict) and base and draw(st.integers(0, 3)):
        key = draw(st.sampled_from(sorted(base)))
        return {**base, key: _mutations(base[key], draw)}
    if isinstance(base, list) and base and draw(st.integers(0, 3)):
        return [_mutations(base[0], draw), *base[1:]]
    return draw(JSON)


@dataclass(frozen=True)
class Valid:
    """Parameters that would be accepted, for each edge."""

    brand: Advertiser
    by_edge: dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def valid(world: World) -> Valid:
    brand = world.advertiser()
    brand.tree(ads=2)
    world.clock.advance(3 * 86_400)
    campaign, image = brand.campaign(), brand.image()
    adset, creative = brand.adset(campaign), brand.creative(image=image)
    audience = {
        "geo_locations": {
            "countries": ["DE"],
            "cities": [{"key": "2420000", "radius": 20, "distance_unit": "kilometer"}],
            "custom_locations": [{"latitude": 38.7, "longitude": -9.1, "radius": 3, "distance_unit": "kilometer"}],
        },
        "locales": [5], "genders": [1], "publisher_platforms": ["facebook"], "age_min": 18,
        "targeting_automation": {"advantage_audience": 0},
    }  # fmt: skip
    card = {"link": "https://example.org/", "image_hash": image}
    action = {"type": "LEARN_MORE", "value": {"link": "https://example.org/"}}
    link = {**card, "child_attachments": [card, card], "call_to_action": action}
    feed = {"bodies": [{"text": "x"}], "images": [{"hash": image}], "link_urls": [{"website_url": "https://example.org/"}]}
    return Valid(
        brand,
        {
            "campaigns": {"name": "N", "objective": "OUTCOME_TRAFFIC", "special_ad_categories": ["NONE"], "daily_budget": 1000},
            "adsets": {
                "name": "N", "campaign_id": campaign, "billing_event": "IMPRESSIONS", "optimization_goal": "OFFSITE_CONVERSIONS",
                "daily_budget": 1000, "promoted_object": {"pixel_id": brand.pixel, "custom_event_type": "LEAD"},
                "targeting": audience, "dsa_payor": "A", "dsa_beneficiary": "B", "end_time": "2027-12-01T00:00:00Z",
            },
            "adcreatives": {
                "name": "N", "object_story_spec": {"page_id": brand.page, "link_data": link}, "asset_feed_spec": feed,
            },
            "ads": {"name": "N", "adset_id": adset, "creative": {"creative_id": creative}},
            "adimages": {"bytes": "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGNgYGAAAAAEAAH2FzhVAAAAAElFTkSuQmCC"},
            "insights": {
                "time_range": {"since": "2027-03-01", "until": "2027-03-02"}, "breakdowns": ["age"], "level": "ad", "limit": 5,
                "filtering": [{"field": "impressions", "operator": "IN_RANGE", "value": [1, 2]}], "sort": ["impressions_descending"],
                "action_attribution_windows": ["7d_click"],
            },
        },
    )  # fmt: skip


def send(valid: Valid, edge: str, params: dict[str, Any]) -> requests.Response:
    form = {k: v if isinstance(v, str) else json.dumps(v) for k, v in params.items()}
    address = f"{valid.brand.world.url}/v26.0/{valid.brand.id}/{edge}"
    # A connection per call: an answer that is no HTTP would otherwise be hidden by a retry.
    closing = {"Connection": "close", "Authorization": "Bearer sandbox-token"}
    if edge == "insights":
        return requests.get(address, params=form, timeout=60, headers=closing)
    return requests.post(address, data=form, timeout=60, headers=closing)


EDGES = ["campaigns", "adsets", "adcreatives", "ads", "adimages", "insights"]


@pytest.mark.parametrize("edge", EDGES)
def test_the_starting_point_of_the_odd_input_is_accepted(valid: Valid, edge: str) -> None:
    assert send(valid, edge, valid.by_edge[edge]).status_code == 200


@pytest.mark.parametrize("edge", EDGES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_odd_input_gets_an_answer_of_the_platform(valid: Valid, edge: str, data: st.DataObject) -> None:
    known = metadata()["nodes"][{"insights": "insights"}.get(edge, edge.rstrip("s"))]
    good = valid.by_edge[edge]
    chosen = data.draw(st.sampled_from(sorted(good)) | st.sampled_from(sorted(known.get("create") or known["list"])))
    answer = send(valid, edge, {**good, chosen: _mutations(good.get(chosen), data.draw)})
    body = answer.json()
    assert answer.status_code == 200 or body["error"]["fbtrace_id"]

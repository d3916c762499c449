"""Texts and pictures of display ads, asset groups and brands over the wire: outside edits are found, told, put back or kept."""

from typing import Any

import pytest
from sqlalchemy import select

from sandbox.faults import Fault
from tests.sandbox.google.campaigns import Media, media
from tests.sandbox.world import png
from tests.zamc.deployments.test_outside_wire import _look_again, _mutate, _operation, _revert_all
from tests.zamc.deployments.test_sandbox import Wired
from tests.zamc.deployments.test_sandbox_kinds import _plan, every_kind, wired
from zamc.deployments.watch_tables import Drift

__all__ = ["every_kind", "wired"]
_OTHER_SQUARE = (1200, 1203)


@pytest.fixture
def live(every_kind: Wired) -> Wired:
    every_kind.stage.begin(_plan())
    every_kind.launch()
    every_kind.service.watch()
    return every_kind


def _drifts(wired: Wired) -> list[tuple[str, str, Any, Any, str | None]]:
    with wired.stage.database.transaction() as session:
        rows = session.scalars(select(Drift).order_by(Drift.id))
        return [(row.field, row.state, row.wanted["value"], row.seen["value"], row.who) for row in rows]


def _accept_all(wired: Wired) -> None:
    with wired.stage.database.transaction() as session:
        for key in session.scalars(select(Drift.id).where(Drift.state == "open").order_by(Drift.id)):
            wired.service.accept_drift(session, key, by="anna")


def _made(wired: Wired, fill: Any) -> list[str]:
    """Resource names of assets that somebody adds to the account."""
    asked: Media = media(wired.google)
    fill(asked)
    answered = asked.send()
    return [each.asset_result.resource_name for each in answered.mutate_operation_responses]


def _a_picture(wired: Wired, width: int, height: int, name: str = "holiday.png") -> str:
    [made] = _made(wired, lambda asked: asked.image(name, width, height))
    return made


def _a_text(wired: Wired, text: str) -> str:
    [made] = _made(wired, lambda asked: asked.text(text))
    return made


def _display_ad(wired: Wired) -> Any:
    names = ("headlines", "descriptions", "long_headline", "business_name", "call_to_action_text", "square_marketing_images")
    fields = ", ".join(["ad_group_ad.ad.id", *(f"ad_group_ad.ad.responsive_display_ad.{name}" for name in names)])
    rows = wired.google.search(f"SELECT {fields} FROM ad_group_ad WHERE ad_group_ad.ad.type = 'RESPONSIVE_DISPLAY_AD'")  # noqa: S608
    return min((row.ad_group_ad.ad for row in rows), key=lambda ad: int(ad.id))


def _edit_display_ad(wired: Wired, picture: str) -> None:
    operation = _operation(wired)
    made = operation.ad_operation.update
    made.resource_name = f"customers/{wired.google.customer}/ads/{_display_ad(wired).id}"
    made.responsive_display_ad.headlines.add(text="Bread of others")
    made.responsive_display_ad.call_to_action_text = "Buy now"
    made.responsive_display_ad.square_marketing_images.add(asset=picture)
    operation.ad_operation.update_mask.paths.extend(
        f"responsive_display_ad.{name}" for name in ("headlines", "call_to_action_text", "square_marketing_images")
    )
    _mutate(wired, operation)


def test_what_a_display_ad_says_and_shows_is_found_with_who_changed_it_and_put_back(live: Wired) -> None:
    before, picture = _display_ad(live), _a_picture(live, *_OTHER_SQUARE)
    _edit_display_ad(live, picture)
    _look_again(live)
    found = {field: (wanted, seen, who) for field, _, wanted, seen, who in _drifts(live)}
    assert set(found) == {"texts", "images"}
    wanted, seen, who = found["texts"]
    assert (seen["headlines"], seen["call_to_action_text"], who) == (["Bread of others"], ["Buy now"], "api@sandbox.invalid")
    assert "call_to_action_text" not in wanted
    wanted, seen, who = found["images"]
    assert seen["square_marketing_images"] == [{"asset": picture}]
    assert [each.keys() for each in wanted["square_marketing_images"]] == [{"object_hash", "media_type"}]
    assert who == "api@sandbox.invalid"
    _revert_all(live)
    _look_again(live)
    assert {state for _, state, _, _, _ in _drifts(live)} == {"reverted"}
    after = _display_ad(live)
    assert (after.responsive_display_ad, after.id) == (before.responsive_display_ad, before.id)
    live.service.reconcile()
    assert len(_drifts(live)) == 2


def test_an_accepted_picture_of_somebody_else_is_what_is_wanted_from_then_on(live: Wired) -> None:
    picture = _a_picture(live, *_OTHER_SQUARE)
    _edit_display_ad(live, picture)
    _look_again(live)
    _accept_all(live)
    live.service.reconcile()
    assert [state for _, state, _, _, _ in _drifts(live)] == ["accepted", "accepted"]
    live.google.clock.advance(15 * 60)
    _edit_display_ad(live, _a_picture(live, 1200, 1204, "another.png"))
    _look_again(live)
    assert [(field, state) for field, state, _, _, _ in _drifts(live)][2:] == [("images", "open")]
    _revert_all(live)
    _look_again(live)
    assert [each.asset for each in _display_ad(live).responsive_display_ad.square_marketing_images] == [picture]


def _links(wired: Wired, field_type: str) -> list[Any]:
    names = ("asset_group.id", "asset_group_asset.resource_name", "asset_group_asset.asset", "asset.text_asset.text")
    where = f"asset_group_asset.field_type = '{field_type}' AND asset_group_asset.status = 'ENABLED'"
    rows = wired.google.search(f"SELECT {', '.join(names)} FROM asset_group_asset WHERE {where}")  # noqa: S608 - GAQL
    first = min(row.asset_group.id for row in rows)
    return [row for row in rows if row.asset_group.id == first]


def _swap(wired: Wired, field_type: str, asset: str) -> None:
    """Somebody takes one asset of an asset group out and puts another in."""
    enums = wired.google.client().enums.AssetFieldTypeEnum
    row = min(_links(wired, field_type), key=lambda each: each.asset_group_asset.resource_name)
    remove, create = _operation(wired), _operation(wired)
    remove.asset_group_asset_operation.remove = row.asset_group_asset.resource_name
    made = create.asset_group_asset_operation.create
    made.asset_group = f"customers/{wired.google.customer}/assetGroups/{row.asset_group.id}"
    made.asset, made.field_type = asset, getattr(enums, field_type)
    _mutate(wired, create, remove)


def test_what_an_asset_group_says_and_shows_is_found_at_night_and_put_back(live: Wired) -> None:
    lines = {row.asset.text_asset.text for row in _links(live, "HEADLINE")}
    pictures = {row.asset_group_asset.asset for row in _links(live, "SQUARE_MARKETING_IMAGE")}
    _swap(live, "HEADLINE", _a_text(live, "Bread of others"))
    strange = _a_picture(live, *_OTHER_SQUARE)
    _swap(live, "SQUARE_MARKETING_IMAGE", strange)
    _look_again(live)
    assert _drifts(live) == []  # no history of Google's names an asset group
    live.service.reconcile()
    found = {field: (wanted, seen) for field, _, wanted, seen, _ in _drifts(live)}
    assert set(found) == {"texts", "images"}
    wanted, seen = found["texts"]
    assert (set(wanted["HEADLINE"]), len(set(wanted["HEADLINE"]) - set(seen["HEADLINE"]))) == (lines, 1)
    assert set(seen["HEADLINE"]) - set(wanted["HEADLINE"]) == {"Bread of others"}
    assert found["images"][1]["SQUARE_MARKETING_IMAGE"] == [{"asset": strange}]
    _revert_all(live)
    live.service.reconcile()
    assert [state for _, state, _, _, _ in _drifts(live)] == ["reverted", "reverted"]
    assert {row.asset.text_asset.text for row in _links(live, "HEADLINE")} == lines
    assert {row.asset_group_asset.asset for row in _links(live, "SQUARE_MARKETING_IMAGE")} == pictures


def test_an_asset_group_whose_edit_was_accepted_is_compared_with_that(live: Wired) -> None:
    _swap(live, "HEADLINE", _a_text(live, "Bread of others"))
    live.service.reconcile()
    _accept_all(live)
    live.service.reconcile()
    assert [(field, state) for field, state, _, _, _ in _drifts(live)] == [("texts", "accepted")]


@pytest.mark.parametrize("answered", [0, 1])
def test_a_revert_of_contents_whose_answer_is_lost_ends_with_what_is_wanted(live: Wired, answered: int) -> None:
    """The first request makes what it links to, the second links it."""
    lines = {row.asset.text_asset.text for row in _links(live, "HEADLINE")}
    _swap(live, "HEADLINE", _a_text(live, "Bread of others"))
    live.service.reconcile()
    live.google.faults.add(Fault("google", "GoogleAdsService/Mutate", "timeout_after_commit", skip=answered, seconds=0.3))
    _revert_all(live)
    for _ in range(3):
        live.stage.clock.advance(minutes=5)
        live.service.carry_changes()
    assert {row.asset.text_asset.text for row in _links(live, "HEADLINE")} == lines
    assert [state for _, state, _, _, _ in _drifts(live)] == ["reverted"]


def test_a_brand_that_was_renamed_is_found_with_who_did_it_and_put_back(live: Wired) -> None:
    fields = "campaign.resource_name, campaign_asset.resource_name"
    [row] = live.google.search(f"SELECT {fields} FROM campaign_asset WHERE campaign_asset.field_type = 'BUSINESS_NAME'")  # noqa: S608
    remove, create = _operation(live), _operation(live)
    remove.campaign_asset_operation.remove = row.campaign_asset.resource_name
    made = create.campaign_asset_operation.create
    made.campaign, made.asset = row.campaign.resource_name, _a_text(live, "Other bakers")
    made.field_type = live.google.client().enums.AssetFieldTypeEnum.BUSINESS_NAME
    _mutate(live, create, remove)
    _look_again(live)
    [(field, state, wanted, seen, who)] = _drifts(live)
    assert (field, state, seen["business_name"], who) == ("brand", "open", "Other bakers", "api@sandbox.invalid")
    assert wanted["business_name"] != "Other bakers"
    assert wanted["logos"] == seen["logos"]
    _revert_all(live)
    _look_again(live)
    assert [state for _, state, _, _, _ in _drifts(live)] == ["reverted"]


def test_what_google_may_add_by_itself_is_found_with_who_let_it_and_taken_back(live: Wired) -> None:
    where = "campaign.advertising_channel_type = 'PERFORMANCE_MAX'"
    [row] = live.google.search(f"SELECT campaign.resource_name FROM campaign WHERE {where}")  # noqa: S608 - GAQL
    enums, operation = live.google.client().enums, _operation(live)
    made = operation.campaign_operation.update
    made.resource_name = row.campaign.resource_name
    setting = made.asset_automation_settings.add()
    setting.asset_automation_type = enums.AssetAutomationTypeEnum.TEXT_ASSET_AUTOMATION
    setting.asset_automation_status = enums.AssetAutomationStatusEnum.OPTED_IN
    operation.campaign_operation.update_mask.paths.append("asset_automation_settings")
    _mutate(live, operation)
    _look_again(live)
    assert _drifts(live) == [("automations", "open", [], ["TEXT_ASSET_AUTOMATION"], "api@sandbox.invalid")]
    _revert_all(live)
    _look_again(live)
    assert [state for _, state, _, _, _ in _drifts(live)] == ["reverted"]


def test_a_picture_that_the_account_had_under_another_name_is_the_same_picture(every_kind: Wired) -> None:
    """Google keeps equal content once, under the name it had first: that is no change of anybody's."""
    stage, google = every_kind.stage, every_kind.google
    pictures = {(1200, 628): "wide.png", (1200, 1200): "square.png", (600, 600): "logo.png"}
    for (width, height), name in pictures.items():
        for more in (0, 1):
            asked = media(google)
            made = asked._operation().asset_operation.create
            made.name, made.image_asset.data = f"{more} {name}", png(width, height + more)
            asked.send()
    stage.begin(_plan())
    every_kind.launch()
    names = {row.asset.name for row in google.search("SELECT asset.name FROM asset WHERE asset.type = 'IMAGE'")}
    assert {"0 square.png", "1 square.png"} <= names
    assert not [name for name in names if name.startswith("zamc 1")], "no square was made a second time"
    every_kind.service.watch()
    every_kind.service.reconcile()
    assert _drifts(every_kind) == []

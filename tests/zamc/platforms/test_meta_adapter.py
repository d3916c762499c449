"""The Meta adapter over the wire: three formats, videos that take time, and lots of objects in few requests."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.zamc.deployments.conftest import EUR
from tests.zamc.deployments.test_meta_tree import copy, pictures
from tests.zamc.platforms.meta_stage import INSTALLATION, Stage, free, refused, running
from zamc.deployments.rules import installation_prefix
from zamc.deployments.tree import Wanted
from zamc.errors import AccountBlocked, CredentialsRefused, GiveUp, InDoubt, Later, Mend, Throttled


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with running(tmp_path) as made:
        yield made


def only(tree: list[Wanted], kind: str, name: str = "") -> Wanted:
    return next(each for each in tree if each.kind == kind and name in each.local_ref)


def small(stage: Stage, number: int) -> list[Wanted]:
    """One language, one picture: campaign, image, ad set, creative, ad."""
    return stage.tree(number, languages=["de"], copies=(copy("de", cards=0),), pictures=tuple(pictures("de", cards=0, video=False)))


@pytest.mark.parametrize("level", ["ad_set", "campaign"])
@pytest.mark.parametrize("objective", ["awareness", "traffic", "leads", "sales"])
def test_every_objective_and_budget_level_is_accepted_with_all_three_formats(stage: Stage, objective: str, level: str) -> None:
    tree = stage.tree(objective=objective, level=level)
    bound = stage.build(tree)
    seen = stage.platform.read(stage.items(tree, bound))
    with_status = {each.obj_key for each in tree if each.kind in ("campaign", "ad_set", "ad")}
    assert {seen[key].status for key in with_status} == {"paused"}
    assert {each.status for key, each in seen.items() if key not in with_status} == {"enabled"}
    told = sum(each.budget_micros or 0 for each in seen.values())
    assert told == 40 * EUR
    campaign = stage.brand.get(bound[tree[0].obj_key], fields="objective,daily_budget,special_ad_categories")
    assert campaign["objective"] == f"OUTCOME_{objective.upper()}"
    assert ("daily_budget" in campaign) is (level == "campaign")
    stories = {
        each.local_ref: stage.brand.get(bound[each.obj_key], fields="object_story_spec,url_tags")
        for each in tree
        if each.kind == "creative"
    }
    cards = stories["de/carousel"]["object_story_spec"]["link_data"]["child_attachments"]
    assert [(card["name"], card["description"]) for card in cards] == [(f"Card {n}", "Fresh") for n in (1, 2, 3)]
    assert len({card["image_hash"] for card in cards}) == 3
    video = stories["en/video"]["object_story_spec"]["video_data"]
    assert video["video_id"] == bound[only(tree, "video", "/en").obj_key]
    assert video["image_hash"] == bound[only(tree, "image", "meta_square/en").obj_key]
    assert "{{ad.id}}" in stories["de/image"]["url_tags"]


def test_a_special_category_is_accepted_with_its_country(stage: Stage) -> None:
    tree = stage.tree(special_category="housing", geo_targets=[{"name": "Berlin", "radius_km": 3}], regions=["DE"])
    bound = stage.build(tree[: tree.index(only(tree, "creative"))])
    campaign = stage.brand.get(bound[tree[0].obj_key], fields="special_ad_categories,special_ad_category_country")
    assert (campaign["special_ad_categories"], campaign["special_ad_category_country"]) == (["HOUSING"], ["DE"])


@pytest.mark.parametrize(
    ("currency", "daily", "units"), [("JPY", 5_000, "5000"), ("EUR", 40, "4000"), ("JOD", 9, "900"), ("HUF", 9_000, "9000")]
)
def test_budgets_are_sent_and_read_in_the_account_s_own_units(tmp_path: Path, currency: str, daily: int, units: str) -> None:
    with running(tmp_path, currency=currency) as stage:
        tree = stage.tree(level="campaign", currency=currency, daily=daily * 1_000_000, account={"currency": currency})
        bound = stage.build(tree[:1])
        assert stage.brand.get(bound[tree[0].obj_key], fields="daily_budget")["daily_budget"] == units
        assert stage.platform.read(stage.items(tree, bound))[tree[0].obj_key].budget_micros == daily * 1_000_000


@pytest.mark.parametrize(("currency", "daily"), [("JPY", 5_000), ("JOD", 9), ("HUF", 9_000)])
def test_what_meta_then_spends_in_a_day_is_what_was_meant(tmp_path: Path, currency: str, daily: int) -> None:
    with running(tmp_path, currency=currency) as stage:
        account = {"currency": currency}
        tree = stage.tree(languages=["de"], currency=currency, daily=daily * 1_000_000, account=account, objective="traffic")
        bound = stage.build(tree)
        stage.advance(9 * 86_400)
        assert stage.platform.set_status(stage.items(tree, bound, "campaign", "ad_set", "ad"), "enabled", guard=free) == {}
        stage.advance(7 * 86_400)
        rows = stage.brand.get(bound[tree[0].obj_key], "insights", fields="spend", date_preset="maximum")["data"]
        assert 3 * daily <= float(rows[0]["spend"]) <= 7 * daily


def test_a_creative_waits_for_its_video_and_is_not_sent_before(stage: Stage) -> None:
    tree = stage.tree(languages=["de"])
    video, creative = only(tree, "video"), only(tree, "creative", "video")
    bound = stage.build([each for each in tree if each.kind in ("video", "image")])
    with pytest.raises(Later) as wait:
        stage.platform.create([stage.item(creative, bound)], guard=free)
    assert (wait.value.code, wait.value.delay is not None) == ("not-ready", True)
    assert stage.world.calls("POST adaccount/adcreatives") == []
    stage.advance(15)
    made = stage.platform.create([stage.item(creative, bound)], guard=free)
    assert stage.platform.read([stage.item(creative, {**bound, **made}), stage.item(video, bound)])[video.obj_key].delivery == "ready"


def test_without_a_picture_of_ours_the_video_s_own_still_is_its_cover(stage: Stage) -> None:
    alone = tuple(each for each in pictures("de") if each.is_video)
    tree = stage.tree(languages=["de"], pictures=alone)
    bound = stage.build(tree)
    data = stage.brand.get(bound[only(tree, "creative").obj_key], fields="object_story_spec")["object_story_spec"]["video_data"]
    assert data["image_url"].startswith("https://")


@pytest.mark.parametrize("chunk", [1_000, 1_000_000])
def test_a_video_is_uploaded_in_the_chunks_that_meta_asks_for(stage: Stage, chunk: int) -> None:
    with stage.world.store.transaction() as tx:
        tx.set_setting("meta_video_chunk_bytes", str(chunk))
    tree = stage.tree(languages=["de"])
    bound = stage.build([only(tree, "video")])
    [video_id] = bound.values()
    assert stage.brand.get(video_id, fields="title")["title"].endswith("]")
    stage.advance(15)
    assert stage.brand.get(video_id, fields="status")["status"]["video_status"] == "ready"
    assert len(stage.world.calls("POST adaccount/advideos")) == 2 + (6 if chunk == 1_000 else 1)


@pytest.mark.parametrize(("skip", "kind"), [(0, Later), (1, Later), (2, InDoubt)])
def test_only_the_end_of_an_upload_can_be_in_doubt(stage: Stage, skip: int, kind: type[Exception]) -> None:
    tree = stage.tree(languages=["de"])
    item = stage.item(only(tree, "video"), {})
    stage.fault("POST */advideos", "timeout_after_commit", skip=skip, seconds=0.3)
    with pytest.raises(kind):
        stage.platform.create([item], guard=free)
    found = stage.platform.find([item])[item.obj_key]
    # Half an upload is no video; one whose last answer was lost is found by its title and never uploaded again.
    assert len(found) == (1 if kind is InDoubt else 0)


def test_a_video_that_cannot_be_shown_can_be_mended(stage: Stage) -> None:
    tree = stage.tree(languages=["de"])
    bound = stage.build([each for each in tree if each.kind == "image"])
    stage.material.spoiled = True
    bound |= stage.platform.create([stage.item(only(tree, "video"), {})], guard=free)
    stage.advance(15)
    with pytest.raises(Mend, match="encode"):
        stage.platform.create([stage.item(only(tree, "creative", "video"), bound)], guard=free)


def test_a_picture_is_uploaded_once_whatever_uses_it(stage: Stage) -> None:
    first, second = small(stage, 1), small(stage, 2)
    bound = stage.build(first)
    bound |= stage.build(second)
    assert len(stage.world.calls("POST adaccount/adimages")) == 1
    image = stage.item(only(first, "image"), bound)
    assert [each.external_id for each in stage.platform.find([image])[image.obj_key]] == [image.external_id]


def test_many_deployments_are_built_in_a_few_requests(stage: Stage) -> None:
    stage.world.post("meta/limits", enforce=False)
    trees = [small(stage, number) for number in range(1, 61)]
    bound: dict[UUID, str] = {}
    stage.sent()
    for step in range(len(trees[0])):
        for answer in stage.platform.create_many([[stage.item(tree[step], bound)] for tree in trees], guard=free):
            assert isinstance(answer, dict), answer
            bound |= answer
    assert stage.sent() <= 2 * len(trees[0]) + 1
    everything = [item for tree in trees for item in stage.items(tree, bound)]
    assert len({item.external_id for item in everything}) == 4 * 60 + 1
    stage.sent()
    seen = stage.platform.read(everything)
    assert stage.sent() == 1
    assert {each.status for each in seen.values()} == {"paused", "enabled"}
    roots = [item for item in everything if item.kind == "campaign"]
    assert stage.platform.set_status(roots, "enabled", guard=free) == {}
    assert stage.platform.set_status(roots, "paused", guard=free) == {}
    assert stage.sent() == 4
    assert {stage.platform.read(roots)[item.obj_key].status for item in roots} == {"paused"}


def test_each_create_of_a_batch_has_an_answer_of_its_own_and_none_is_sent_twice(stage: Stage) -> None:
    trees = [small(stage, number) for number in range(1, 5)]
    stage.fault("POST */campaigns", "timeout_after_commit", seconds=0.1)
    stage.fault("POST */campaigns", "rate_limited")
    stage.fault("POST */campaigns", "error", detail={"name": "cbo_and_abo"})
    answers = stage.platform.create_many([[stage.item(tree[0], {})] for tree in trees], guard=free)
    assert [type(answer) for answer in answers] == [InDoubt, Throttled, GiveUp, dict]
    lost = stage.item(trees[0][0], {})
    assert len(stage.platform.find([lost])[lost.obj_key]) == 1
    assert len(stage.brand.get(stage.brand.id, "campaigns")["data"]) == 2


def test_ad_sets_of_one_campaign_never_travel_together(stage: Stage) -> None:
    tree = stage.tree(languages=["de", "en"])
    bound = stage.build([tree[0]])
    stage.sent()
    ad_sets = [each for each in tree if each.kind == "ad_set"]
    answers = stage.platform.create_many([[stage.item(each, bound)] for each in ad_sets], guard=free)
    assert all(isinstance(answer, dict) for answer in answers)
    assert [calls for _, kind, calls in stage.requests if kind == "mutate"] == [1, 1]


def test_a_pause_that_was_not_answered_is_sent_again_and_an_enable_is_in_doubt(stage: Stage) -> None:
    trees = [small(stage, number) for number in range(1, 4)]
    bound: dict[UUID, str] = {}
    for tree in trees:
        bound |= stage.build(tree[:1])
    roots = [stage.item(tree[0], bound) for tree in trees]
    stage.fault("POST campaign", "reset")
    errors = stage.platform.set_status(roots, "enabled", guard=free)
    assert [type(error) for error in errors.values()] == [InDoubt]
    assert stage.platform.set_status(roots, "enabled", guard=free) == {}
    stage.fault("POST campaign", "reset", times=3)
    stage.sent()
    assert stage.platform.set_status(roots, "paused", guard=free) == {}
    assert [calls for _, _, calls in stage.requests] == [3, 3]
    assert {stage.status(str(root.external_id)) for root in roots} == {"PAUSED"}


@pytest.mark.parametrize(
    ("fault", "enable", "pause"),
    [
        ("unavailable", InDoubt, InDoubt),
        ("html", InDoubt, InDoubt),
        ("rate_limited", Throttled, Throttled),
        ("account_suspended", AccountBlocked, AccountBlocked),
        ("token_revoked", CredentialsRefused, CredentialsRefused),
        ("error_with_200", InDoubt, InDoubt),
    ],
)
def test_a_bad_answer_is_the_matter_of_its_own_object_alone(stage: Stage, fault: str, enable: Any, pause: Any) -> None:
    trees = [small(stage, number) for number in range(1, 4)]
    bound: dict[UUID, str] = {}
    for tree in trees:
        bound |= stage.build(tree[:1])
    roots = [stage.item(tree[0], bound) for tree in trees]
    for status, kind in (("enabled", enable), ("paused", pause)):
        stage.fault("POST campaign", fault, skip=1)
        errors = stage.platform.set_status(roots, status, guard=free)  # type: ignore[arg-type]  # both words are allowed
        assert {key: type(error) for key, error in errors.items()} == {roots[1].obj_key: kind}
        stage.world.faults.clear()


def test_what_was_removed_is_off_and_what_is_nowhere_is_missing(stage: Stage) -> None:
    tree = small(stage, 1)
    bound = stage.build(tree)
    root = stage.item(tree[0], bound)
    stage.platform.remove("campaign", str(root.external_id), guard=free)
    assert stage.platform.set_status([root], "paused", guard=free) == {}
    seen = stage.platform.read([*stage.items(tree, bound, "campaign", "ad"), replace(root, obj_key=UUID(int=9), external_id="404")])
    assert (seen[root.obj_key].status, seen[UUID(int=9)].status) == ("removed", "missing")
    assert isinstance(refused(stage.platform.set_status([replace(root, external_id="404")], "paused", guard=free)[root.obj_key]), GiveUp)
    assert not list(stage.platform.ours(installation_prefix(INSTALLATION)))


def test_pictures_and_videos_can_be_removed_too(stage: Stage) -> None:
    tree = stage.tree(languages=["de"])
    bound = stage.build([each for each in tree if each.kind in ("image", "video")])
    for item in stage.items(tree, bound):
        stage.platform.remove(item.kind, str(item.external_id), guard=free)
    found = stage.platform.find(stage.items(tree, bound))
    assert (len(found), sum(len(each) for each in found.values())) == (5, 0)


def test_a_stranger_s_objects_are_never_ours(stage: Stage) -> None:
    tree = small(stage, 1)
    bound = stage.build(tree)
    stage.brand.campaign(name="Spring [zamc:ffffffff:0000000000000000]")
    found = {each.external_id for each in stage.platform.ours(installation_prefix(INSTALLATION))}
    assert found == {bound[each.obj_key] for each in tree if each.kind in ("campaign", "ad_set", "ad")}

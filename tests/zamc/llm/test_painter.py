"""Backgrounds by the sandbox's Images endpoint: bought once, kept by content, and never needed."""

import json
from io import BytesIO
from threading import Thread
from typing import Any

import pytest
from PIL import Image
from pydantic import SecretStr

from tests.sandbox.world import World
from tests.zamc.creatives.copies import planned
from tests.zamc.creatives.test_making import Shelf
from tests.zamc.llm.conftest import DOLLAR, Bench
from tests.zamc.strategies.briefs import brief
from zamc.creatives.making import DrawnImage, MadeVideo, Order, draw_image, make_video
from zamc.creatives.video import Video
from zamc.creatives.video_scenes import VideoSpec
from zamc.creatives.written import Scene
from zamc.errors import Later
from zamc.llm.connection import Connection
from zamc.llm.openai.images import OpenAIImages
from zamc.llm.painter import ModelPainter
from zamc.llm.price_rules import Price
from zamc.llm.till import Till
from zamc.storage.objects import StoredObject

PLAN = planned(brief(), "Bluebird")
MODEL = "gpt-image-2.5-flare"


class Studio:
    """A painter over a shelf."""

    def __init__(self, bench: Bench, *, timeout: float = 20.0) -> None:
        self.bench, self.shelf = bench, Shelf()
        connection = Connection("openai", bench.wire.address("openai"), MODEL, SecretStr(bench.canary), timeout)
        price = {f"openai/{MODEL}": Price(DOLLAR, 10 * DOLLAR)}
        till = Till(bench.database, bench.clock, bench.limiter, bench.breaker, price, call_seconds=timeout, sleep=bench.waits.append)
        self.painter = ModelPainter(bench.database, till, OpenAIImages(connection, self.shelf), order=["openai"])

    def scene(self) -> Scene:
        return self.painter.scene(PLAN, project_id=self.bench.project_id)

    def draw(self, placement: str = "google_square") -> DrawnImage:
        asked = brief()
        order = Order(
            PLAN.model_dump(mode="json"), asked.model_dump(mode="json"), "google_ads", "en", placement, project_id=self.bench.project_id
        )
        return draw_image(order, self.shelf, self.painter)

    def film(self) -> MadeVideo:
        plan, asked = PLAN.model_dump(mode="json"), brief().model_dump(mode="json")
        order = Order(plan, asked, "meta_ads", "en", "meta_video_square", project_id=self.bench.project_id)
        return make_video(order, self.shelf, self.painter)


@pytest.fixture
def studio(bench: Bench, world: World) -> Studio:
    bench.allow()
    return Studio(bench)


def calls(world: World) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world.admin("GET", "models/calls")[1]["calls"]
    return [call for call in found if call["method"] == "images/generations"]


def test_a_background_is_bought_once_and_gives_the_same_picture_again(studio: Studio, world: World) -> None:
    before = len(calls(world))
    first, second = studio.draw(), studio.draw()
    assert first.stored == second.stored
    assert len(calls(world)) == before + 1
    assert first.scene.origin is not None
    assert (first.scene.origin.model, first.scene.origin.prompt_version, first.scene.origin.cache_hit) == (MODEL, "scene-1", False)
    assert first.scene.origin.cost_micros > 0
    assert second.scene.origin is not None
    assert (second.scene.origin.cache_hit, second.scene.origin.cost_micros) == (True, 0)
    bought, hit = studio.bench.calls()
    assert (bought.status, bought.reserved_micros > bought.cost_micros > 0, hit.cache_hit) == ("answered", True, True)
    picture = Image.open(BytesIO(studio.shelf.kept[first.stored.sha256]))
    scene = Image.open(BytesIO(studio.shelf.kept[first.scene.sha256]))
    assert (picture.size, scene.size, scene.mode) == ((1200, 1200), (1024, 1024), "RGB")
    assert draw_image(_plain(), Shelf()).stored.sha256 != first.stored.sha256


def test_a_video_moves_over_the_background_of_its_sets_pictures(studio: Studio, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[VideoSpec] = []

    def render(spec: VideoSpec) -> Video:
        shown.append(spec)
        return Video(b"video", 1080, 1080, spec.seconds)

    monkeypatch.setattr("zamc.creatives.video.render_video", render)
    picture, film = studio.draw(), studio.film()
    assert film.scene.sha256 == picture.scene.sha256 != ""
    assert film.scene.origin is not None
    assert (film.scene.origin.cache_hit, film.scene.origin.cost_micros) == (True, 0)
    [spec] = shown
    assert spec.scene == studio.shelf.kept[picture.scene.sha256]


def _plain() -> Order:
    return Order(PLAN.model_dump(mode="json"), brief().model_dump(mode="json"), "google_ads", "en", "google_square")


def test_logos_and_cards_have_no_background(studio: Studio) -> None:
    asked, plan = brief().model_dump(mode="json"), PLAN.model_dump(mode="json")
    logo = Order(plan, asked, "google_ads", "", "google_logo", project_id=studio.bench.project_id)
    card = Order(plan, asked, "meta_ads", "en", "meta_card_1", project_id=studio.bench.project_id)
    assert not any(draw_image(order, studio.shelf, studio.painter).scene.sha256 for order in (logo, card))
    assert studio.bench.calls() == []


BAD_DAYS = ["rate_limited", "overloaded", "unavailable", "internal", "html", "cut_stream", "reset", "token_revoked", "quota_exhausted"]


@pytest.mark.parametrize("fault", BAD_DAYS)
def test_whatever_goes_wrong_our_own_layout_stands_alone(studio: Studio, world: World, fault: str) -> None:
    world.post("faults", platform="openai", fault=fault, times=9, detail={"retry_after": 60})
    drawn = studio.draw()
    assert drawn.stored == draw_image(_plain(), Shelf()).stored
    assert (drawn.scene.sha256, len(drawn.scene.notes)) == ("", 1)
    assert drawn.scene.notes[0].startswith("openai painted no background")


def test_what_may_have_been_paid_for_is_not_bought_again(bench: Bench, world: World) -> None:
    bench.allow()
    studio = Studio(bench)
    before = len(calls(world))
    world.post("faults", platform="openai", fault="timeout_after_commit", seconds=0.2)
    assert not studio.scene().sha256
    assert not studio.scene().sha256
    assert len(calls(world)) == before + 1
    (call,) = bench.calls()
    assert (call.status, call.cost_micros) == ("in_doubt", call.reserved_micros)


def test_a_refused_prompt_is_remembered_and_costs_nothing(studio: Studio, world: World) -> None:
    world.post("faults", platform="openai", fault="refusal", times=9)
    before = len(calls(world))
    assert not studio.scene().sha256
    refused = studio.scene()
    assert "refused for its content" in refused.notes[0]
    assert len(calls(world)) == before + 1
    assert all(call.cost_micros == 0 for call in studio.bench.calls())


@pytest.mark.parametrize("fault", ["truncated", "schema_violation"])
def test_a_picture_that_cannot_be_used_was_paid_for_all_the_same(studio: Studio, world: World, fault: str) -> None:
    world.post("faults", platform="openai", fault=fault)
    assert not studio.scene().sha256
    assert not studio.scene().sha256
    assert sum(call.cost_micros for call in studio.bench.calls()) > 0
    assert len([call for call in studio.bench.calls() if not call.cache_hit]) == 1


def test_what_could_not_be_stored_counts_as_spent(studio: Studio, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(data: bytes, *, media_type: str) -> StoredObject:
        raise Later("no space")

    monkeypatch.setattr(studio.shelf, "put", full)
    assert not studio.scene().sha256
    (call,) = studio.bench.calls()
    assert (call.status, call.cost_micros) == ("in_doubt", call.reserved_micros)


def test_who_wants_the_same_at_once_waits_for_the_first(studio: Studio, world: World) -> None:
    world.post("models/settings", latency_seconds=0.3)
    before, seen = len(calls(world)), list[Scene]()
    threads = [Thread(target=lambda: seen.append(studio.scene())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({scene.sha256 for scene in seen}) == 1
    assert len(calls(world)) == before + 1


@pytest.mark.parametrize("policy", [{"monthly": None}, {"monthly": 10}, {"providers": ["anthropic"]}])
def test_no_budget_or_no_openai_no_background(bench: Bench, world: World, policy: dict[str, Any]) -> None:
    bench.allow(**policy)
    assert Studio(bench).scene().sha256 == ""
    assert bench.calls() == []


def test_the_prompt_says_what_is_data(studio: Studio, world: World) -> None:
    studio.scene()
    body = json.loads(world.post("models/request", id=calls(world)[-1]["id"])["body"])
    assert (body["model"], body["size"], body["n"], body["output_format"]) == (MODEL, "1024x1024", 1, "png")
    assert "no text" in body["prompt"]
    assert body["prompt"].count("<subject-") == 1

"""What a set keeps of the model that wrote it, and what becomes of it when none does."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest

from tests.conftest import ManualClock
from tests.zamc.creatives.test_service import COPY, House
from zamc.creatives.retries import retry
from zamc.creatives.service import CreativeService
from zamc.creatives.video import Video
from zamc.creatives.written import Origin, WrittenCopy, WrittenLine
from zamc.database.engine import Database, refuse_inside_transaction
from zamc.errors import GiveUp, Throttled
from zamc.strategies.schema import Brief, Plan, Platform

ORIGIN = Origin("anthropic", "claude-sonnet-4-6", "copy-1", "hash", "01a2", 4_200, cache_hit=False)


class Writer:
    """Writes one line, unless it is told to fail; remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[Platform, str, UUID, int]] = []
        self.fail: Callable[[], Exception] | None = None

    def write_copy(self, plan: Plan, brief: Brief, platform: Platform, language: str, *, project_id: UUID, variant: int) -> WrittenCopy:
        refuse_inside_transaction("a model")
        assert plan.brand_name
        self.asked.append((platform, language, project_id, variant))
        if self.fail:
            raise self.fail()
        line = WrittenLine("headlines", "Fresh beans in 3 days", "benefit", "brief.claims[1]")
        assert "3 days" in brief.claims[1]
        return WrittenCopy((line,), (), ORIGIN, ("Left out 'No. 1'",))


@pytest.fixture
def writer() -> Writer:
    return Writer()


@pytest.fixture
def house(database: Database, clock: ManualClock, monkeypatch: pytest.MonkeyPatch, writer: Writer) -> House:
    monkeypatch.setattr("zamc.creatives.video.render_video", lambda spec: Video(repr(spec).encode(), 1080, 1080, spec.seconds))
    made = House(database, clock)
    made.service = CreativeService(database, clock, made.shelf, made.next, writer=writer, workers=1, writers=2)
    return made


def test_copy_keeps_its_call_its_lines_and_their_angles(house: House, writer: Writer) -> None:
    strategy = house.strategy()
    assert house.service.make_copy().done == COPY
    assert {(platform, language, variant) for platform, language, _, variant in writer.asked} == {
        ("google_ads", "en", 0),
        ("meta_ads", "en", 0),
    }
    for member in [each for each in house.members(strategy) if each.kind == "copy"]:
        assert member.provenance["writer"] == "model"
        assert member.provenance["model_call"]["call_id"] == "01a2"
        assert member.provenance["model_call"]["cost_micros"] == 4_200
        assert member.provenance["notes"] == ["Left out 'No. 1'"]
        [note] = [each for each in member.provenance["lines"] if each["change"] == "written"]
        assert (note["source"], note["angle"]) == ("brief.claims[1]", "benefit")
        angles = next(check for check in member.checks if check["check"] == "angles")
        assert angles["lines"]["benefit"] == 1


def test_a_set_that_no_model_writes_fails_and_is_asked_for_anew_with_another_variant(house: House, writer: Writer) -> None:
    strategy = house.strategy()
    writer.fail = lambda: GiveUp("no provider wrote it")
    house.service.make_copy()
    whole = house.set_of(strategy)
    assert (whole.status, "no provider wrote it" in (whole.last_error or "")) == ("failed", True)
    writer.fail = None
    writer.asked.clear()
    with house.database.transaction() as session:
        retry(session, house.clock, whole.id, by="ana")
    house.service.make_copy()
    assert {variant for *_, variant in writer.asked} == {1}
    assert all(each.status == "ready" for each in house.members(strategy) if each.kind == "copy")


def test_no_room_at_a_provider_only_delays(house: House, writer: Writer) -> None:
    strategy = house.strategy()
    writer.fail = lambda: Throttled("too many requests", delay=timedelta(seconds=30))
    assert house.service.make_copy().counts == {"waiting": COPY}
    writer.fail = None
    assert house.service.make_copy().done == 0
    house.clock.advance(seconds=31)
    assert house.service.make_copy().done == COPY
    assert house.set_of(strategy).status == "requested"  # pictures and videos are still to come

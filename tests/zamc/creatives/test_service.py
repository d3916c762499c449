"""A set is asked for once, each member is made once, and the last one makes it ready, whoever dies on the way."""

import threading
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.conftest import ManualClock
from tests.zamc.creatives.copies import planned
from tests.zamc.strategies.briefs import brief
from zamc.creatives import repository
from zamc.creatives.rules import members_of
from zamc.creatives.service import CreativeService
from zamc.creatives.tables import Asset
from zamc.creatives.typesetting import TextDoesNotFit
from zamc.creatives.video import Video
from zamc.creatives.video_scenes import VideoSpec
from zamc.database.engine import Database, refuse_inside_transaction
from zamc.database.ids import uuid7
from zamc.errors import Conflict, Later, NotFound
from zamc.events.tables import OutboxRow
from zamc.optimisation.tables import Decision
from zamc.projects.service import ProjectService
from zamc.storage.objects import ObjectStore, StoredObject
from zamc.strategies.rules import plan_hash
from zamc.strategies.schema import Brief
from zamc.strategies.tables import Strategy

MEMBERS = members_of(planned(brief(), "Bluebird"))
COPY, IMAGES, VIDEOS = (sum(member.kind == kind for member in MEMBERS) for kind in ("copy", "image", "video"))


class Begun:
    """The next stage, played."""

    def __init__(self) -> None:
        self.sets: list[UUID] = []

    def begin(self, session: Session, set_row: Asset) -> None:
        assert session.in_transaction()
        assert (set_row.kind, set_row.status) == ("set", "approved")
        self.sets.append(set_row.id)


class Shelf:
    """Object storage that a test can interrupt; it keeps what was put."""

    def __init__(self) -> None:
        self.put_hashes: list[str] = []
        self.kept: dict[str, bytes] = {}
        self.before: list[BaseException | None] = []
        self.meanwhile = lambda: None

    def put(self, data: bytes, *, media_type: str) -> StoredObject:
        refuse_inside_transaction("object storage")
        self.meanwhile()
        accident = self.before.pop(0) if self.before else None
        if accident:
            raise accident
        stored = StoredObject(sha256(data).hexdigest(), len(data), media_type)
        self.put_hashes.append(stored.sha256)
        self.kept[stored.sha256] = data
        return stored

    def get(self, sha256: str, media_type: str) -> bytes:
        refuse_inside_transaction("object storage")
        assert media_type == "image/png"
        return self.kept[sha256]


class House:
    """A project with approved strategies."""

    def __init__(self, database: Database, clock: ManualClock) -> None:
        self.database, self.clock = database, clock
        self.shelf, self.next = Shelf(), Begun()
        self.service = CreativeService(database, clock, self.shelf, self.next, workers=1)

    def make_copy_and_videos(self) -> None:
        assert self.service.make_copy().done == COPY
        assert self.service.make_videos().done == VIDEOS

    def strategy(self, asked: Brief | None = None, *, name: str = "Bluebird", **gates: str) -> UUID:
        asked = asked or brief()
        plan = planned(asked, name)
        with self.database.transaction() as session:
            project = ProjectService(self.clock).create_project(session, name, by="test", gates=gates)
            row = Strategy(
                id=uuid7(), project_id=project.id, name=asked.name, request_key=str(uuid7()), brief=asked.model_dump(mode="json"),
                status="approved", plan=plan.model_dump(mode="json"), plan_hash=plan_hash(plan), version=1,
            )  # fmt: skip
            session.add(row)
            session.flush()
            self.service.begin(session, row)
            return row.id

    def set_of(self, strategy: UUID) -> Asset:
        with self.database.transaction() as session:
            found = repository.set_of(session, strategy)
            assert found is not None
            return found

    def members(self, strategy: UUID) -> Sequence[Asset]:
        with self.database.transaction() as session:
            return repository.members(session, self.set_of(strategy).id)

    def count(self, table: type[Any]) -> int:
        with self.database.transaction() as session:
            return len(session.scalars(select(table)).all())

    def events(self) -> list[str]:
        with self.database.transaction() as session:
            subjects = session.scalars(select(OutboxRow.subject).order_by(OutboxRow.sequence)).all()
        return [subject.removeprefix("zamc.creatives.") for subject in subjects if subject.startswith("zamc.creatives.")]


@pytest.fixture
def house(database: Database, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> House:
    """Videos are not encoded here: that takes seconds and has tests of its own (test_video, test_video_in_browser)."""
    monkeypatch.setattr("zamc.creatives.video.render_video", lambda spec: Video(repr(spec).encode(), 1080, 1080, spec.seconds))
    return House(database, clock)


def test_a_set_is_asked_for_once(house: House) -> None:
    strategy = house.strategy()
    with house.database.transaction() as session:
        row = session.get(Strategy, strategy)
        assert row is not None
        assert house.service.begin(session, row) is None
    refs = [member.local_ref for member in house.members(strategy)]
    assert sorted(refs) == sorted(member.local_ref for member in MEMBERS)
    assert house.events() == ["requested"]


def test_a_strategy_without_a_plan_has_no_set(house: House) -> None:
    unplanned = Strategy(id=uuid7(), project_id=uuid7(), name="x", version=1)
    with house.database.transaction() as session, pytest.raises(Conflict, match="no plan"):
        house.service.begin(session, unplanned)


def test_with_an_open_gate_the_last_member_approves_the_set(house: House) -> None:
    strategy = house.strategy(creatives="auto")
    assert house.service.make_copy().done == COPY
    assert house.set_of(strategy).status == "requested"
    assert house.next.sets == []
    assert house.service.make_images().done == IMAGES
    assert house.set_of(strategy).status == "requested"
    assert house.service.make_videos().done == VIDEOS
    made = house.set_of(strategy)
    assert (made.status, made.approved_by, made.provenance["members"]) == ("approved", "autopilot", len(MEMBERS))
    assert house.events() == ["requested", "ready"]
    assert house.next.sets == [made.id]
    assert house.count(Decision) == 1
    assert house.service.make_copy().counts == house.service.make_images().counts == house.service.make_videos().counts == {}


def test_members_keep_what_deployments_read(house: House) -> None:
    strategy = house.strategy()
    house.service.make_images()
    house.make_copy_and_videos()
    members = {member.local_ref: member for member in house.members(strategy)}
    google, meta = members["copy/google_ads/en"], members["copy/meta_ads/en"]
    assert {"headlines", "descriptions", "long_headlines", "path1", "business_name"} == google.content.keys()
    assert {"primary_texts", "headlines", "descriptions", "call_to_action", "cards"} == meta.content.keys()
    assert all(note["source"] for note in [*google.provenance["lines"], *meta.provenance["lines"]])
    story = members["image/meta_ads/meta_story/en"]
    assert (story.content["placement"], story.content["width"], story.content["height"]) == ("meta_story", 1080, 1920)
    assert story.content["headline"] == "Order fresh coffee beans online"
    assert story.object_hash in house.shelf.put_hashes
    assert (story.object_type, story.platform, story.language) == ("image/png", "meta_ads", "en")
    assert (story.object_size or 0) > 1000
    video = members["video/meta_ads/meta_video_square/en"]
    assert (video.object_type, video.content["seconds"], video.content["captions"][0]) == (
        "video/mp4",
        6,
        "Order fresh coffee beans online",
    )
    assert video.provenance["texts"]["captions[0]"] == "brief.offer"
    assert video.object_hash in house.shelf.put_hashes
    assert {member.status for member in members.values()} == {"ready"}


def test_a_ready_set_waits_for_a_person_where_the_gate_is_not_open(house: House) -> None:
    strategy = house.strategy(creatives="person")
    house.make_copy_and_videos()
    house.service.make_images()
    ready = house.set_of(strategy)
    assert (ready.status, house.next.sets) == ("ready", [])
    with house.database.transaction() as session, pytest.raises(Conflict, match="changed since"):
        house.service.approve(session, ready.id, by="ben", set_hash="0" * 64)
    for who in ("ben", "eve"):
        with house.database.transaction() as session:
            house.service.approve(session, ready.id, by=who, set_hash=ready.provenance["set_hash"])
    assert (house.set_of(strategy).approved_by, house.next.sets) == ("ben", [ready.id] * 2), "the next stage is asked again, and knows"
    with house.database.transaction() as session:
        session.add(Asset(**{name: getattr(ready, name) for name in ("project_id", "strategy_id", "kind", "provenance")},
                          id=uuid7(), local_ref="set", version=ready.version + 1, status="requested"))  # fmt: skip
    with house.database.transaction() as session:
        house.service.approve(session, ready.id, by="ben", set_hash=ready.provenance["set_hash"])
    assert house.next.sets == [ready.id] * 2, "a newer version of the plan has taken over"
    with house.database.transaction() as session, pytest.raises(Conflict, match="pause its deployments"):
        house.service.reject(session, ready.id, by="ben", reason="late")


def test_a_rejected_set_is_not_worked_on(house: House) -> None:
    strategy = house.strategy()
    with house.database.transaction() as session:
        house.service.reject(session, house.set_of(strategy).id, by="ben", reason="wrong season")
        house.service.reject(session, house.set_of(strategy).id, by="ben", reason="again")
    assert house.service.make_copy().counts == house.service.make_images().counts == {}
    assert house.set_of(strategy).last_error == "wrong season"
    with house.database.transaction() as session, pytest.raises(NotFound):
        house.service.reject(session, house.members(strategy)[0].id, by="ben", reason="a member is no set")


def test_only_these_strategies_are_worked_on(house: House) -> None:
    first, second = house.strategy(), house.strategy(name="Redwing")
    assert house.service.make_copy([first]).done == COPY
    assert {member.status for member in house.members(second)} == {"requested"}
    assert house.service.make_copy([]).counts == {}


def test_a_member_that_fails_for_good_fails_the_set_and_stops_the_rest(house: House) -> None:
    endless = "coffee that is " + "slowly " * 20 + "roasted"
    strategy = house.strategy(brief(product=endless, offer=endless + " here", claims=[endless + " there"]), creatives="auto")
    assert house.service.make_copy().counts == {"failed": COPY}
    failed = house.set_of(strategy)
    assert failed.status == "failed"
    assert "cannot be made whole" in (failed.last_error or "")
    assert {member.status for member in house.members(strategy)} == {"failed"}
    assert house.service.make_images().counts == {}
    assert house.events() == ["requested", "failed"]


def test_who_dies_while_drawing_leaves_the_picture_to_the_next(house: House) -> None:
    strategy = house.strategy(creatives="auto")
    house.make_copy_and_videos()
    house.shelf.before = [None, None, SystemExit("killed")]
    with pytest.raises(SystemExit):
        house.service.make_images()
    assert sorted(member.status for member in house.members(strategy)) == ["ready"] * (COPY + VIDEOS + 2) + ["requested"] * (IMAGES - 2)
    assert house.service.make_images().counts == {}  # the lease of the dead worker still runs
    house.clock.advance(seconds=121)
    assert house.service.make_images().done == IMAGES - 2
    assert house.set_of(strategy).status == "approved"
    assert house.events() == ["requested", "ready"]
    assert (len(house.next.sets), house.count(Decision), len(house.shelf.put_hashes)) == (1, 1, IMAGES + VIDEOS)


def test_who_was_overtaken_cannot_write(house: House) -> None:
    strategy = house.strategy(creatives="auto")
    house.make_copy_and_videos()
    other = House(house.database, house.clock)

    def stall() -> None:
        house.shelf.meanwhile = lambda: None
        house.clock.advance(seconds=121)
        assert other.service.make_images().done == IMAGES

    house.shelf.meanwhile = stall
    assert house.service.make_images().counts == {"overtaken": IMAGES}
    assert (len(other.next.sets), len(house.next.sets)) == (1, 0)
    assert house.events() == ["requested", "ready"]
    assert house.set_of(strategy).status == "approved"


def test_a_set_that_is_rejected_while_its_last_member_is_made_does_not_become_ready(house: House) -> None:
    strategy = house.strategy(creatives="auto")
    house.make_copy_and_videos()

    def reject() -> None:
        with house.database.transaction() as session:
            house.service.reject(session, house.set_of(strategy).id, by="ben", reason="wrong season")

    def in_another_thread() -> None:
        house.shelf.meanwhile = lambda: None
        thread = threading.Thread(target=reject)
        thread.start()
        thread.join()

    house.shelf.meanwhile = in_another_thread
    house.service.make_images()
    assert house.set_of(strategy).status == "rejected"
    assert house.next.sets == []
    assert house.events() == ["requested"]
    assert {member.status for member in house.members(strategy) if member.kind == "image"} == {"failed"}


def test_storage_that_is_away_only_delays(house: House) -> None:
    strategy = house.strategy(creatives="auto")
    house.make_copy_and_videos()
    house.shelf.before = [Later("disk full")] * IMAGES
    assert house.service.make_images().counts == {"waiting": IMAGES}
    house.clock.advance(hours=1)
    assert house.service.make_images().done == IMAGES
    assert house.set_of(strategy).status == "approved"


def test_two_who_finish_the_last_members_at_once_make_the_set_ready_once(house: House) -> None:
    strategy = house.strategy(creatives="auto")
    house.make_copy_and_videos()
    barrier = threading.Barrier(IMAGES, timeout=60)

    def meet() -> None:
        barrier.wait()

    house.shelf.meanwhile = meet
    eager = CreativeService(house.database, house.clock, house.shelf, house.next, workers=IMAGES)
    assert eager.make_images().done == IMAGES
    assert (len(house.next.sets), house.events()) == (1, ["requested", "ready"])
    assert house.set_of(strategy).status == "approved"


def test_pictures_lie_in_object_storage(house: House, tmp_path: Path) -> None:
    strategy = house.strategy()
    store = ObjectStore(f"file://{tmp_path}")
    CreativeService(house.database, house.clock, store, house.next).make_images()
    for member in house.members(strategy):
        if member.kind == "image":
            assert len(store.get(member.object_hash or "", member.object_type or "")) == member.object_size


def test_a_video_that_cannot_be_made_is_left_out_with_its_reason(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(spec: VideoSpec) -> Video:
        raise TextDoesNotFit("captions", "is too long")

    monkeypatch.setattr("zamc.creatives.video.render_video", refuse)
    strategy = house.strategy(creatives="auto")
    house.service.make_copy()
    assert house.service.make_videos().counts == {"failed": VIDEOS}
    assert house.set_of(strategy).status == "requested"
    assert house.service.make_images().done == IMAGES
    made = house.set_of(strategy)
    assert (made.status, made.provenance["members"]) == ("approved", COPY + IMAGES)
    assert [left["local_ref"] for left in made.provenance["left_out"]] == [m.local_ref for m in MEMBERS if m.kind == "video"]
    assert all("too long" in left["reason"] for left in made.provenance["left_out"])
    assert {member.status for member in house.members(strategy) if member.kind == "video"} == {"failed"}
    assert house.events() == ["requested", "ready"]


def test_the_last_video_to_fail_makes_the_set_ready(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(spec: VideoSpec) -> Video:
        raise OSError("No space left on device")

    strategy = house.strategy(creatives="auto")
    house.service.make_copy()
    house.service.make_images()
    monkeypatch.setattr("zamc.creatives.video.render_video", no_room)
    for _ in range(7):
        assert house.service.make_videos().counts == {"waiting": VIDEOS}
        assert house.set_of(strategy).status == "requested"
        house.clock.advance(hours=1)
    assert house.service.make_videos().counts == {"failed": VIDEOS}
    assert house.set_of(strategy).status == "approved"
    assert "No space left" in house.set_of(strategy).provenance["left_out"][0]["reason"]
    assert len(house.next.sets) == 1


def test_a_video_is_claimed_when_its_turn_comes_so_that_its_lease_lasts(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many made under one claim would outlive it, and others would make the last ones too."""
    first, second = house.strategy(), house.strategy(name="Redwing")
    claimed: list[int] = []

    def render(spec: VideoSpec) -> Video:
        members = [*house.members(first), *house.members(second)]
        claimed.append(sum(member.kind == "video" and member.lease_until is not None for member in members))
        return Video(b"video", 1080, 1080, 6)

    monkeypatch.setattr("zamc.creatives.video.render_video", render)
    assert house.service.make_videos().counts == {"done": 2 * VIDEOS}
    assert claimed == [1] * (2 * VIDEOS)

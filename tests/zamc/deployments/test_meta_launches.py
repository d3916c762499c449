"""Meta's three formats through the whole protocol and over the wire: many deployments in few requests, videos that take their time."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from tests.zamc.deployments.conftest import EUR, META_COPY, plan_of
from tests.zamc.deployments.conftest import Stage as Record
from tests.zamc.platforms.meta_stage import Stage as Platform
from tests.zamc.platforms.meta_stage import running
from zamc.creatives.tables import Asset
from zamc.database.ids import uuid7
from zamc.deployments.ports import Limits
from zamc.deployments.service import DeploymentService
from zamc.deployments.tables import Deployment
from zamc.projects.tables import AdAccount
from zamc.strategies.tables import Strategy

LIMITS = Limits(call=20, lease=30, quiet=60, read_back_gap=0.01, most_attempts=4)


@dataclass
class Wired:
    """The record on one side, Meta's sandbox on the other, the real adapter between them. Waiting moves all clocks."""

    record: Record
    meta: Platform
    service: DeploymentService

    def launch(self) -> None:
        self.service.launch("meta_ads")

    def recover(self) -> None:
        for _ in range(6):
            self.pass_time(LIMITS.lease + LIMITS.quiet + 1)
            self.launch()

    def pass_time(self, seconds: float) -> None:
        self.record.clock.advance(seconds=seconds)
        self.meta.world.clock.advance(seconds)

    def begin(self, name: str) -> UUID:
        """A set with a picture, three cards and a video in one language, handed to deployments."""
        record = self.record
        plan = plan_of(starts_on="2027-03-01", ends_on="2027-04-01", languages=["de"], total_budget_micros=None)
        meta = next(each for each in plan.channels if each.platform == "meta_ads").model_copy(update={"share": Decimal(1)})
        plan = plan.model_copy(update={"channels": [meta]})
        cards = [{"headline": f"Card {n}", "description": "", "image": f"image/meta_ads/meta_card_{n}/de"} for n in (1, 2, 3)]
        files = [
            ("image", "meta_square", "01"),
            *(("image", f"meta_card_{n}", f"1{n}") for n in (1, 2, 3)),
            ("video", "meta_video_square", "21"),
        ]
        with record.database.transaction() as session:
            strategy = Strategy(
                id=uuid7(), project_id=record.project_id, name=name, request_key=name, brief={}, status="approved",
                plan=plan.model_dump(mode="json"), plan_hash="h",
            )  # fmt: skip
            session.add(strategy)
            session.flush()
            common = {"project_id": record.project_id, "strategy_id": strategy.id, "status": "approved"}
            whole = Asset(id=uuid7(), kind="set", local_ref="set", **common)
            session.add(whole)
            session.flush()
            of_set = {**common, "set_id": whole.id, "platform": "meta_ads", "language": "de"}
            session.add(Asset(id=uuid7(), kind="copy", local_ref="copy/meta_ads/de", content={**META_COPY, "cards": cards}, **of_set))
            for kind, placement, digits in files:
                content = {"placement": placement, "width": 1080, "height": 1080}
                row = Asset(id=uuid7(), kind=kind, local_ref=f"{kind}/meta_ads/{placement}/de", content=content, **of_set)
                row.object_hash, row.object_type = digits * 32, "video/mp4" if kind == "video" else "image/png"
                session.add(row)
            session.flush()
            [made] = record.service().begin(session, whole)
            return made.id

    def statuses(self) -> Counter[str]:
        with self.record.database.transaction() as session:
            return Counter(session.scalars(select(Deployment.status)))

    def on(self) -> Counter[str]:
        rows = self.meta.brand.get(self.meta.brand.id, "campaigns", fields="status", limit=500)["data"]
        return Counter(row["status"] for row in rows)

    def videos(self) -> list[dict[str, Any]]:
        rows = self.meta.brand.get(self.meta.brand.id, "advideos", fields="title,status", limit=500)["data"]
        return [row for row in rows if "[zamc:" in row.get("title", "")]


@pytest.fixture
def wired(stage: Record, tmp_path: Path) -> Iterator[Wired]:
    stage.allow(daily=100_000, monthly=3_000_000, total=None)
    with running(tmp_path) as meta:
        stage.clock.wall = stage.clock.business = meta.clock.wall
        meta.world.post("meta/limits", enforce=False)
        with stage.database.transaction() as session:
            for row in session.scalars(select(AdAccount).where(AdAccount.platform == "meta_ads")):
                row.external_id, row.page_id, row.pixel_id = meta.brand.id, meta.brand.page, meta.brand.pixel

        def sleep(seconds: float) -> None:
            made.pass_time(seconds)

        service = DeploymentService(stage.database, stage.clock, {"meta_ads": lambda _: meta.platform}, limits=LIMITS, sleep=sleep)
        made = Wired(stage, meta, service)
        yield made


def test_many_deployments_with_all_formats_go_live_in_few_requests_while_their_videos_are_encoded(wired: Wired) -> None:
    for number in range(10):
        wired.begin(f"Campaign {number}")
    wired.meta.sent()
    wired.launch()
    assert wired.statuses() == {"live": 10}
    assert wired.on() == {"ACTIVE": 10}
    assert len(wired.videos()) == 10
    objects = wired.record.objects()
    assert Counter(row.kind for row in objects) == {"campaign": 10, "video": 10, "image": 40, "ad_set": 10, "creative": 30, "ad": 30}
    assert {row.observed_status for row in objects} == {"enabled"}
    uploads = 3 * 10
    assert wired.meta.sent() - uploads < len(objects) / 2
    assert not [row for row in wired.record.operations() if row.ever_in_doubt]


@pytest.mark.parametrize(
    ("edge", "skip", "fault"),
    [
        ("advideos", 0, "timeout_after_commit"), ("advideos", 1, "reset"), ("advideos", 2, "timeout_after_commit"), ("advideos", 2, "html"),
        ("adcreatives", 2, "timeout_after_commit"), ("adcreatives", 1, "html_200"), ("ads", 1, "unavailable"),
    ],
)  # fmt: skip
def test_whatever_is_lost_of_a_video_ad_ends_live_once(wired: Wired, edge: str, skip: int, fault: str) -> None:
    wired.meta.fault(f"POST */{edge}", fault, skip=skip, seconds=0.3)
    wired.begin("Spring")
    wired.launch()
    wired.recover()
    assert wired.statuses() == {"live": 1}
    assert wired.on() == {"ACTIVE": 1}
    assert [row["status"]["video_status"] for row in wired.videos()] == ["ready"]


def test_a_lost_answer_of_one_deployment_in_a_shared_request_does_not_touch_the_others(wired: Wired) -> None:
    for number in range(4):
        wired.begin(f"Campaign {number}")
    wired.meta.fault("POST */campaigns", "timeout_after_commit", skip=1, seconds=0.1)
    wired.meta.fault("POST */adsets", "account_suspended", skip=1)
    wired.launch()
    assert wired.statuses() == {"live": 2, "creating": 1, "failed": 1}
    wired.recover()
    assert wired.statuses() == {"live": 3, "failed": 1}
    assert wired.on() == {"ACTIVE": 3, "PAUSED": 1}


def test_half_a_batch_that_was_answered_doubles_and_loses_nothing(wired: Wired) -> None:
    for number in range(6):
        wired.begin(f"Campaign {number}")
    wired.meta.fault("POST batch", "half_batch", times=3)
    wired.launch()
    assert any(row.ever_in_doubt for row in wired.record.operations(verb="create"))
    wired.recover()
    assert wired.statuses() == {"live": 6}
    assert wired.on() == {"ACTIVE": 6}
    assert len(wired.videos()) == 6


def test_a_video_that_cannot_be_encoded_ends_its_launch_with_the_platform_s_reason(wired: Wired) -> None:
    wired.meta.material.spoiled_videos = True
    wired.begin("Spring")
    wired.launch()
    assert wired.statuses() == {"failed": 1}
    with wired.record.database.transaction() as session:
        failure = session.scalars(select(Deployment.failure)).one() or ""
    assert "cannot encode the video" in failure
    assert wired.on() == {"PAUSED": 1}


def test_a_video_that_takes_longer_than_a_worker_waits_is_left_to_the_next_and_never_uploaded_again(wired: Wired) -> None:
    wired.meta.world.post("meta/settings", video_seconds=1_000)
    wired.begin("Spring")
    wired.launch()
    assert wired.statuses() == {"creating": 1}
    [waiting] = [row for row in wired.record.operations(verb="create") if row.error_code == "not-ready"]
    assert (waiting.state, waiting.attempts) == ("planned", 0)
    wired.pass_time(1_000)
    wired.launch()
    assert wired.statuses() == {"live": 1}
    assert len(wired.videos()) == 1


def test_many_are_stopped_and_read_back_in_few_requests(wired: Wired) -> None:
    ids = [wired.begin(f"Campaign {number}") for number in range(10)]
    wired.launch()
    with wired.record.database.transaction() as session:
        for key in ids:
            wired.service.pause(session, key, by="anna")
    wired.meta.sent()
    assert wired.service.run_stops().counts["done"] == 10
    assert wired.meta.sent() <= 4
    assert wired.on() == {"PAUSED": 10}
    assert wired.record.reserved()["day"] >= 10 * 40 * EUR

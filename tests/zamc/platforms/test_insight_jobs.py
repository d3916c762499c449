"""Meta's reports that take their time: ordered once, polled, made smaller when they fail, hang or are too large, and noticed when a page
is missing."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import pytest

from tests.sandbox.world import Advertiser, World, running
from zamc.analytics.ports import Asked, Piece
from zamc.analytics.rules import ConversionRow, FactRow, Grain
from zamc.errors import CredentialsRefused, Later
from zamc.platforms.meta_ads.client import MetaClient
from zamc.platforms.meta_ads.insight_jobs import Patience
from zamc.platforms.meta_ads.insights import MetaInsights
from zamc.projects.tables import AdAccount

FIRST, LAST = date(2027, 3, 1), date(2027, 3, 4)
ORDER = "POST adaccount/insights"


@dataclass
class Remembered:
    """Jobs as the record keeps them."""

    kept: dict[Piece, Asked] = field(default_factory=dict)
    ended: list[tuple[str, int, int]] = field(default_factory=list)

    def known(self, piece: Piece) -> Asked | None:
        return self.kept.get(piece)

    def asked(self, piece: Piece, external_id: str) -> None:
        before = self.kept.get(piece)
        self.kept[piece] = Asked(external_id, (before.attempts if before else 0) + 1)

    def done(self, piece: Piece) -> None:
        self.kept.pop(piece)
        self.ended.append(("done", (piece.last_day - piece.first_day).days + 1, len(piece.campaigns)))

    def failed(self, piece: Piece, reason: str, *, split: bool) -> None:
        before = self.kept.get(piece)
        self.kept[piece] = Asked(None, before.attempts if before else 0, split=split)
        self.ended.append((reason, (piece.last_day - piece.first_day).days + 1, len(piece.campaigns)))


@dataclass
class Stage:
    """One account with two campaigns that have run for five days; every question is a report."""

    world: World
    brand: Advertiser
    client: MetaClient
    account: AdAccount
    jobs: Remembered = field(default_factory=Remembered)

    def insights(self, **changes: Any) -> MetaInsights:
        waited = [0.0]

        def sleep(seconds: float) -> None:
            waited[0] += seconds

        patience = Patience(seconds=3, first_poll_seconds=0.5, sleep=sleep, clock=lambda: waited[0])
        return MetaInsights(self.client, **{"patience": patience, "small_rows": 0, "jobs": self.jobs, **changes})

    def read(self, grain: Grain = Grain.AD, first: date = FIRST, last: date = LAST, **changes: Any) -> list[FactRow | ConversionRow]:
        return list(self.insights(**changes).fetch(self.account, grain, first, last))

    def orders(self) -> int:
        return len([call for call in self.world.calls(ORDER) if call["outcome"].startswith("ok")])

    @contextmanager
    def fault(self, fault: str, **changes: Any) -> Iterator[None]:
        self.world.post("faults", platform="meta", fault=fault, **{"method": ORDER, **changes})
        try:
            yield
        finally:
            self.world.faults.clear()


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with running(tmp_path_factory.mktemp("sandbox")) as world:
        brand = world.advertiser()
        brand.tree(ads=3, daily_budget=5000)
        brand.tree(ads=2, daily_budget=3000)
        world.clock.advance(5 * 86_400)
        world.post("meta/settings", report_seconds=0.0001)
        client = MetaClient(token=world.credentials.token, graph_url=world.url, version="v25.0", timeout_seconds=30)
        account = AdAccount(platform="meta_ads", external_id=brand.id, currency="EUR", time_zone="Europe/Berlin", conversion_action=None)
        yield Stage(world, brand, client, account)
        client.close()


@pytest.fixture
def stage(ground: Stage) -> Iterator[Stage]:
    yield replace(ground, jobs=Remembered())
    ground.world.post("meta/settings", report_cells=0, report_seconds=0.0001)


@pytest.mark.parametrize("grain", MetaInsights.grains)
def test_a_report_says_what_a_question_says(stage: Stage, grain: Grain) -> None:
    ordered, at_once = stage.read(grain), stage.read(grain, small_rows=10_000)
    assert ordered == at_once
    assert ordered
    assert stage.jobs.ended == [("done", 4, 0)]


def test_small_questions_are_asked_at_once_and_large_ones_ordered(stage: Stage) -> None:
    before = stage.orders()
    stage.read(first=LAST, small_rows=5)
    assert stage.orders() == before
    stage.read(first=LAST - timedelta(days=1), small_rows=5)
    assert stage.orders() == before + 1


def test_a_question_that_is_too_large_after_all_becomes_a_report(stage: Stage) -> None:
    before = stage.orders()
    with stage.fault("error", method="GET adaccount/insights", detail={"name": "reduce_data"}):
        assert stage.read(small_rows=10_000) == stage.read()
    assert stage.orders() == before + 2


@pytest.mark.parametrize("status", ["Job Failed", "Job Skipped"])
def test_a_report_that_fails_is_ordered_once_more(stage: Stage, status: str) -> None:
    with stage.fault("job_fails", detail={"status": status}):
        assert stage.read() == stage.read(small_rows=10_000)
    assert stage.jobs.ended == [("failed", 4, 0), ("done", 4, 0)]


def test_a_report_that_fails_twice_is_split_by_days(stage: Stage) -> None:
    with stage.fault("job_fails", times=2):
        assert _in_order(stage.read()) == _in_order(stage.read(small_rows=10_000))
    assert stage.jobs.ended == [("failed", 4, 0), ("failed", 4, 0), ("done", 2, 0), ("done", 2, 0)]


def test_a_report_that_is_never_ready_is_split(stage: Stage) -> None:
    with stage.fault("job_never_ends"):
        assert _in_order(stage.read()) == _in_order(stage.read(small_rows=10_000))
    assert stage.jobs.ended == [("not ready in time", 4, 0), ("done", 2, 0), ("done", 2, 0)]


def test_a_report_that_the_platform_forgets_is_ordered_again(stage: Stage) -> None:
    with stage.fault("job_expires"):
        assert stage.read() == stage.read(small_rows=10_000)
    assert stage.jobs.ended == [("forgotten by the platform", 4, 0), ("done", 4, 0)]


def test_a_report_that_is_too_large_is_split_by_days_and_then_by_campaigns(stage: Stage) -> None:
    stage.world.post("meta/settings", report_cells=3)
    assert _in_order(stage.read()) == _in_order(stage.read(small_rows=10_000))
    assert [entry for entry in stage.jobs.ended if entry[0] == "done"] == [("done", 1, 1)] * 8
    assert {entry for entry in stage.jobs.ended if entry[0] != "done"} == {("too large", 4, 0), ("too large", 2, 0), ("too large", 1, 0)}


@pytest.mark.parametrize("grain", [Grain.CREATIVE, Grain.GEO])
def test_what_is_put_together_or_cut_is_the_same_in_parts(stage: Stage, grain: Grain) -> None:
    whole = stage.read(grain, small_rows=10_000)
    stage.world.post("meta/settings", report_cells=3)
    assert _in_order(stage.read(grain)) == _in_order(whole)


def test_what_cannot_be_made_smaller_is_asked_for_another_day(stage: Stage) -> None:
    with stage.fault("job_never_ends", times=100), pytest.raises(Later, match="account from 2027-03-01 to 2027-03-01 ended as: not ready"):
        stage.read(Grain.ACCOUNT)
    with stage.fault("job_fails", times=100), pytest.raises(Later, match="cannot be made smaller"):
        stage.read(Grain.AD)


def test_whoever_takes_over_polls_the_report_that_was_ordered(stage: Stage) -> None:
    before = stage.orders()
    with stage.fault("unavailable", method="GET report", times=9), pytest.raises(Later):
        stage.read()
    assert stage.orders() == before + 1
    assert stage.read() == stage.read(small_rows=10_000)
    assert stage.orders() == before + 1


def test_whoever_takes_over_a_report_that_was_split_orders_its_parts(stage: Stage) -> None:
    def second_part_fails() -> None:
        with stage.fault("job_never_ends"), stage.fault("unavailable", method="GET report/insights", skip=1, times=9):
            stage.read()

    with pytest.raises(Later):
        second_part_fails()
    before = stage.orders()
    assert _in_order(stage.read()) == _in_order(stage.read(small_rows=10_000))
    assert stage.orders() == before + 1, "the first part was read to its end, the second was ordered already"


def test_a_token_that_ends_half_way_leaves_the_report_to_whoever_comes_with_a_new_one(stage: Stage) -> None:
    with stage.fault("token_revoked", method="GET report/insights"), pytest.raises(CredentialsRefused):
        stage.read()
    before = stage.orders()
    assert stage.read() == stage.read(small_rows=10_000)
    assert stage.orders() == before


@pytest.mark.parametrize(("small_rows", "method"), [(0, "GET report/insights"), (10_000, "GET adaccount/insights")])
def test_a_page_that_is_missing_is_noticed(stage: Stage, monkeypatch: pytest.MonkeyPatch, small_rows: int, method: str) -> None:
    monkeypatch.setattr("zamc.platforms.meta_ads.insight_queries.PAGE", 7)
    whole = stage.read(small_rows=small_rows)
    pages = len(stage.world.calls(method))
    assert stage.read(small_rows=small_rows) == whole
    pages = len(stage.world.calls(method)) - pages
    assert pages > 2
    for skip in range(pages):
        with stage.fault("missing_page", method=method, skip=skip), pytest.raises(Later, match="is incomplete"):
            stage.read(small_rows=small_rows)


def test_statuses_that_nobody_knows_are_waited_for(stage: Stage) -> None:
    with stage.fault("unknown_enum", method="GET report", times=2):
        assert stage.read() == stage.read(small_rows=10_000)


def test_cuts_are_all_of_their_campaign_and_say_what_they_are(stage: Stage) -> None:
    whole = _sums(stage.read(Grain.CAMPAIGN, small_rows=10_000))
    for grain, segment, label in (
        (Grain.GEO, "geo:DE", "DE"),
        (Grain.DEVICE, "device:MOBILE_APP", "mobile app"),
        (Grain.AUDIENCE, "age:25-34|gender:female", "25-34, female"),
    ):
        rows = stage.read(grain, small_rows=10_000)
        assert _sums(rows) == whole
        assert (segment, label) in {(row.subject.segment, row.subject.label) for row in rows}


def test_landing_pages_are_those_of_the_ads(stage: Stage) -> None:
    rows = stage.read(Grain.LANDING_PAGE, small_rows=10_000)
    assert _sums(rows) == _sums(stage.read(Grain.AD, small_rows=10_000))
    assert {(row.subject.segment, row.subject.label) for row in rows} == {("url:https://example.org/", "https://example.org/")}
    ads = {row.subject.object_id for row in stage.read(Grain.AD, small_rows=10_000)}
    assert {row.subject.object_id for row in rows} == ads


def _in_order(rows: list[FactRow | ConversionRow]) -> list[str]:
    return sorted(map(repr, rows))


def _sums(rows: list[FactRow | ConversionRow]) -> dict[Any, tuple[int, int, int]]:
    sums: dict[Any, tuple[int, int, int]] = {}
    for row in rows:
        if isinstance(row, FactRow):
            key = (row.subject.day, row.subject.campaign_id)
            before = sums.get(key, (0, 0, 0))
            sums[key] = (before[0] + row.impressions, before[1] + row.clicks, before[2] + row.spend_micros)
    return sums

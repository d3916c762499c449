"""The figure of the issue: random plans, edits, over-delivery and races on a real PostgreSQL; what is billed at worst never passes a cap.

Two things are asserted after every step: what the ledger holds is within the caps, and so is what greedy platforms really billed.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from tests.conftest import ManualClock
from tests.zamc.deployments.bills import bill
from tests.zamc.deployments.conftest import EUR, Stage, plan_of
from tests.zamc.deployments.fake import FakePlatform
from tests.zamc.deployments.test_worst_case import Platform
from zamc.database.engine import Database
from zamc.deployments import budgets, repository
from zamc.deployments.rules import Status
from zamc.errors import Conflict, SpendRefused
from zamc.projects.rules import Caps
from zamc.projects.service import ProjectService

_names = count()
HELD = text(
    "SELECT deployment_id, split_part(period, ':', 1) AS period, sum(amount_micros) AS held FROM spend_ledger "
    "WHERE project_id = :project GROUP BY 1, 2"
)


@dataclass
class World:
    """One project with its caps, its deployments, and what each platform bills for them."""

    stage: Stage
    caps: Caps
    billing: dict[UUID, Platform] = field(default_factory=dict)
    changing: dict[UUID, tuple[int, int]] = field(default_factory=dict)
    refused: int = 0

    @property
    def today(self) -> date:
        return self.stage.clock.business.date()

    def live(self) -> list[UUID]:
        with self.stage.database.transaction() as session:
            statement = text("SELECT id FROM deployments WHERE project_id = :project AND status = 'live' ORDER BY id")
            return list(session.scalars(statement, {"project": self.stage.project_id}))

    def launch(self, daily: tuple[int, int], days: int, *, open_end: bool) -> None:
        plan = plan_of(
            starts_on=f"{self.today}", ends_on=None if open_end else f"{self.today + timedelta(days=days)}", total_budget_micros=None
        )
        channels = [
            each.model_copy(update={"daily_budget_micros": micros * EUR}) for each, micros in zip(plan.channels, daily, strict=True)
        ]
        self.stage.begin(plan.model_copy(update={"channels": channels}), name=f"brief {next(_names)}")

    def carry_on(self) -> None:
        """Platforms enable what is approved; from then on they bill it."""
        self.stage.launch()
        with self.stage.database.transaction() as session:
            rows = session.execute(
                text("SELECT id, platform, daily_budget_micros FROM deployments WHERE project_id = :project AND launched_at IS NOT NULL"),
                {"project": self.stage.project_id},
            ).all()
        for row in rows:
            if row.id not in self.billing:
                self.billing[row.id] = Platform(row.platform, row.daily_budget_micros)
                self.billing[row.id].morning(self.today)

    def change(self, deployment_id: UUID, daily: int) -> None:
        if deployment_id in self.changing:
            return
        with self.stage.database.transaction() as session:
            [row] = repository.lock(session, [deployment_id])
            if row.status != Status.LIVE:
                return
            budgets.reserve_change(session, self.stage.clock, row, daily, generation=row.generation + 1)
            row.generation += 1
            generation = row.generation
        self.changing[deployment_id] = (generation, daily)

    def change_lands(self, deployment_id: UUID, *, dropped: bool) -> None:
        if deployment_id not in self.changing:
            return
        generation, daily = self.changing.pop(deployment_id)
        if not dropped:
            self.billing[deployment_id].change(self.today, daily)
        with self.stage.database.transaction() as session:
            [row] = repository.lock(session, [deployment_id])
            if dropped:
                budgets.drop_change(session, self.stage.clock, row, generation=generation, in_doubt=True)
            else:
                row.daily_budget_micros = daily
                budgets.release_change(session, self.stage.clock, row, generation=generation)

    def stop(self, deployment_id: UUID, *, end: bool) -> None:
        service = self.stage.service()
        with self.stage.database.transaction() as session:
            (service.end if end else service.pause)(session, deployment_id, by="anna")
        service.run_stops()

    def resume(self) -> None:
        with self.stage.database.transaction() as session:
            statement = text("SELECT id FROM deployments WHERE project_id = :project AND status = 'paused' ORDER BY id LIMIT 1")
            paused = session.scalar(statement, {"project": self.stage.project_id})
        if paused is not None:
            with self.stage.database.transaction() as session:
                self.stage.service().resume(session, paused, by="anna")
            self.stage.launch()
            if paused in self.live():
                self.billing[paused].highest_today = max(self.billing[paused].highest_today, self.billing[paused].budget)

    def night(self, share: Decimal) -> None:
        """Whatever was on today is billed as much as the rules allow; the facts of the last days are read again, and it is settled."""
        for platform in self.billing.values():
            platform.evening(self.today, share)
        day = self.today
        self.stage.clock.advance(days=1)
        with self.stage.database.transaction() as session:
            if self.billing:
                spent = {
                    key: {each: micros for each, micros in platform.billed.items() if micros} for key, platform in self.billing.items()
                }
                bill(session, spent, read_on=self.today, read=(day - timedelta(days=4), day))
        service = self.stage.service()
        service.reckon()
        still = set(self.live())
        for key, platform in self.billing.items():
            platform.morning(self.today)
            if key not in still:
                platform.highest_today = 0

    def within_caps(self) -> None:
        """What is held, and what was billed."""
        with self.stage.database.transaction() as session:
            rows = session.execute(HELD, {"project": self.stage.project_id}).all()
        assert all(row.held >= 0 for row in rows)
        held: dict[str, int] = {}
        for row in rows:
            held[row.period] = held.get(row.period, 0) + int(row.held)
        billed: dict[str, int] = {}
        for platform in self.billing.values():
            for day, micros in platform.billed.items():
                for period in (f"{day}", f"{day:%Y-%m}", "total"):
                    billed[period] = billed.get(period, 0) + micros
        for period, micros in [*held.items(), *billed.items()]:
            most = {"day": self.caps.daily_micros, "total": self.caps.total_micros}.get(period, self.caps.monthly_micros)
            most = self.caps.daily_micros if len(period) == len("2026-11-20") else most
            assert most is None or micros <= most, (period, micros, most)


def _world(database: Database, owner: Database, draw: Any) -> World:
    clock = ManualClock()
    number = next(_names)
    daily = draw(st.integers(50, 600)) * EUR
    caps = Caps("EUR", daily, daily * draw(st.integers(8, 40)), daily * draw(st.integers(10, 90)))
    projects = ProjectService(clock)
    with owner.transaction() as session:
        project = projects.create_project(session, f"Brand {number}", by="anna", gates={"launch": "auto"})
        for platform, external_id in (("google_ads", f"1{number:09d}"), ("meta_ads", f"act_{number}")):
            projects.add_account(
                session, project.id, platform=platform, external_id=external_id, currency="EUR", time_zone="UTC", by="anna", page_id="77",
                pixel_id="88", conversion_action="99",
            )  # fmt: skip
        projects.set_spend_policy(session, project.id, caps, by="anna")
        # The worlds of earlier examples are over: their deployments would only cost time.
        session.execute(
            text("UPDATE deployments SET status = 'failed', desired_status = 'failed' WHERE project_id <> :own"), {"own": project.id}
        )
    stage = Stage(database, owner, clock, FakePlatform(atomic=True), FakePlatform(atomic=False), project.id, [], {})
    return World(stage, caps)


BUDGETS = st.tuples(st.integers(1, 120), st.integers(1, 120))
STEPS = st.one_of(
    st.tuples(st.just("launch"), BUDGETS, st.integers(1, 40), st.booleans()),
    st.tuples(st.just("change"), st.integers(0, 5), st.integers(1, 250)),
    st.tuples(st.just("lands"), st.integers(0, 5), st.booleans()),
    st.tuples(st.just("stop"), st.integers(0, 5), st.booleans()),
    st.tuples(st.just("resume")),
    st.tuples(st.just("race"), st.integers(0, 5), BUDGETS, st.integers(1, 250)),
    st.tuples(st.just("night"), st.sampled_from([Decimal(1), Decimal(1), Decimal("0.5"), Decimal(0)])),
    st.tuples(st.just("night"), st.just(Decimal(1))),
    st.tuples(st.just("night"), st.just(Decimal(1))),
)


def _step(world: World, step: tuple[Any, ...]) -> None:
    name, *rest = step
    live = world.live()
    chosen = live[rest[0] % len(live)] if live and rest and isinstance(rest[0], int) else None
    try:
        if name == "launch":
            world.launch(rest[0], rest[1], open_end=rest[2])
            world.carry_on()
        elif name == "night":
            world.night(rest[0])
        elif name == "resume":
            world.resume()
        elif name == "race":
            _race(world, chosen, rest[1], rest[2])
        elif chosen is not None and name == "change":
            world.change(chosen, rest[1] * EUR)
        elif chosen is not None and name == "lands":
            world.change_lands(chosen, dropped=rest[1])
        elif chosen is not None and name == "stop":
            world.change_lands(chosen, dropped=True)
            world.stop(chosen, end=rest[1])
    except (SpendRefused, Conflict):
        world.refused += 1


def _race(world: World, chosen: UUID | None, daily: tuple[int, int], raised: int) -> None:
    """Two launches, a raise and a settlement at once, each in a session of its own."""

    def quietly(action: Any, *arguments: Any, **named: Any) -> None:
        try:
            action(*arguments, **named)
        except (SpendRefused, Conflict):
            world.refused += 1

    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(quietly, world.launch, daily, 10, open_end=False) for _ in range(2)]
        if chosen is not None:
            waiting.append(pool.submit(quietly, world.change, chosen, raised * EUR))
        waiting.append(pool.submit(quietly, world.stage.service().reckon))
        for each in waiting:
            each.result()
    world.carry_on()


@settings(
    max_examples=10,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(st.data(), st.lists(STEPS, min_size=5, max_size=10))
def test_neither_what_is_held_nor_what_is_billed_ever_passes_a_cap(
    database: Database, owner_database: Database, data: st.DataObject, steps: list[tuple[Any, ...]]
) -> None:
    world = _world(database, owner_database, data.draw)
    _step(world, ("launch", (5, 5), 20, False))
    world.within_caps()
    for step in steps:
        _step(world, step)
        world.within_caps()
    for key in list(world.changing):
        world.change_lands(key, dropped=True)
    for _ in range(3):
        _step(world, ("night", Decimal(1)))
        world.within_caps()
    assert sum(micros for platform in world.billing.values() for micros in platform.billed.values()) > 0


def test_many_at_once_never_pass_the_same_room(stage: Stage) -> None:
    """Twelve launches in twelve sessions, and room for two."""
    stage.allow(daily=380, monthly=20_000, total=None)
    with ThreadPoolExecutor(6) as pool:
        for each in [pool.submit(stage.begin, plan_of(), name=f"brief {n}") for n in range(12)]:
            each.result()
    with stage.database.transaction() as session:
        rows = session.execute(text("SELECT status, count(*) AS many FROM deployments GROUP BY status")).all()
        counts = {row.status: row.many for row in rows}
    assert counts == {"creating": 4, "failed": 20}
    assert stage.reserved()["day"] == 380 * EUR


def test_raises_at_once_never_pass_the_same_room(stage: Stage) -> None:
    stage.allow(daily=260, monthly=20_000, total=None)
    google, meta = stage.begin(plan_of(total_budget_micros=None))
    stage.launch()

    def raise_it(key: UUID, daily: int) -> bool:
        try:
            with stage.database.transaction() as session:
                [row] = repository.lock(session, [key])
                budgets.reserve_change(session, stage.clock, row, daily, generation=row.generation + 1)
        except SpendRefused:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        # Either fits alone: 190 + 60, 190 + 52.5; both together do not.
        done = list(pool.map(raise_it, [google, meta], [90 * EUR, 70 * EUR]))
    assert sorted(done) == [False, True]
    assert stage.reserved()["day"] <= 260 * EUR

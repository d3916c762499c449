"""An approved set of creatives for both platforms, and the service with fakes at its ports."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from tests.conftest import ManualClock
from tests.zamc.deployments.fake import Dead, FakePlatform, Thing
from zamc.creatives.tables import Asset
from zamc.database.engine import Database
from zamc.database.ids import uuid7
from zamc.deployments.ports import Limits
from zamc.deployments.service import DeploymentService
from zamc.deployments.tables import Deployment, Operation, PlatformObject
from zamc.events.tables import OutboxRow
from zamc.projects.rules import Caps
from zamc.projects.service import ProjectService
from zamc.projects.tables import SpendLedgerEntry
from zamc.strategies.schema import Audience, Brand, Channel, Flight, Forecast, Keyword, Message, Pitch, Plan, Range
from zamc.strategies.tables import Strategy

EUR = 1_000_000
LIMITS = Limits(call=10, lease=30, quiet=60, read_back_gap=1, most_attempts=4)


def plan_of(**changes: Any) -> Plan:
    """A small plan for both platforms in two languages; changes replace fields of the flight."""
    forecast = Forecast(
        **{name: Range(low=Decimal(1), mid=Decimal(2), high=Decimal(3)) for name in ("impressions", "clicks", "conversions")}
    )
    flight = {
        "starts_on": "2026-11-20", "ends_on": "2026-12-20", "regions": ["DE", "NL"], "geo_targets": [], "languages": ["de", "en"],
        "landing_page": "https://example.org/", "currency": "EUR", "total_budget_micros": 9_000 * EUR,
    }  # fmt: skip
    pitch = Pitch(
        positioning="Bread that takes its time",
        audiences=[Audience(name="All", description="Everybody", age_min=18, age_max=65)],
        messages=[Message(language="de", angle="a", text="t", source="brief.offer")],
        keywords=[Keyword(language=language, text=f"bread {language}", match_type="PHRASE") for language in ("de", "en", "ja")],
        negative_keywords=["free"],
        creative_direction="plain",
    )
    channels = [
        Channel(platform="google_ads", share=Decimal("0.6"), daily_budget_micros=60 * EUR, objective="leads", forecast=forecast),
        Channel(platform="meta_ads", share=Decimal("0.4"), daily_budget_micros=40 * EUR, objective="leads", forecast=forecast),
    ]
    channels = changes.pop("channels", channels)
    return Plan(
        pitch=pitch,
        flight=Flight.model_validate({**flight, **changes}, strict=False),
        channels=channels,
        brand_name="Padaria",
        brand=Brand(),
    )


@dataclass
class Stage:
    """Everything a protocol test moves: the record, the clock, two platforms and a worker that can be killed."""

    database: Database
    owner: Database
    clock: ManualClock
    google: FakePlatform
    meta: FakePlatform
    project_id: UUID
    reached: list[str]
    deaths: dict[str, int]

    def service(self, **changes: Any) -> DeploymentService:
        """A worker of its own. It dies at the points named in `deaths` (how often it passes before it does)."""

        def crash(point: str) -> None:
            self.reached.append(point)
            if self.deaths.get(point) == 0:
                del self.deaths[point]
                raise Dead(point)
            if point in self.deaths:
                self.deaths[point] -= 1

        def sleep(seconds: float) -> None:
            self.clock.advance(seconds=seconds)

        settings = {"limits": LIMITS, "sleep": sleep, "crash": crash, "workers": 1, **changes}
        platforms = {"google_ads": lambda _: self.google, "meta_ads": lambda _: self.meta}
        return DeploymentService(self.database, self.clock, platforms, **settings)

    def begin(self, plan: Plan | None = None, *, name: str = "Spring", mode: Any = None) -> list[UUID]:
        """An approved set of a new strategy, handed to deployments."""
        plan = plan or plan_of()
        with self.database.transaction() as session:
            strategy = Strategy(
                id=uuid7(), project_id=self.project_id, name=name, request_key=name, brief={}, status="approved",
                plan=plan.model_dump(mode="json"), plan_hash="h",
            )  # fmt: skip
            session.add(strategy)
            session.flush()
            whole = Asset(id=uuid7(), project_id=self.project_id, strategy_id=strategy.id, kind="set", local_ref="set", status="approved")
            session.add(whole)
            session.flush()
            for language in plan.flight.languages:
                for platform, content in (("google_ads", GOOGLE_COPY), ("meta_ads", META_COPY)):
                    session.add(self._member(whole, kind="copy", platform=platform, language=language, content=content))
                image = self._member(whole, kind="image", platform="meta_ads", language=language, content={"width": 1080, "height": 1080})
                image.object_hash, image.object_type = "ab" * 32, "image/png"
                session.add(image)
            session.flush()
            made = self.service().begin(session, whole, **({"mode": mode} if mode else {}))
            return [row.id for row in made]

    def _member(self, whole: Asset, *, kind: str, platform: str, language: str, content: dict[str, Any]) -> Asset:
        return Asset(
            id=uuid7(), project_id=self.project_id, strategy_id=whole.strategy_id, set_id=whole.id, kind=kind,
            local_ref=f"{kind}/{platform}/{language}", platform=platform, language=language, content=content, status="approved",
        )  # fmt: skip

    def launch(self) -> None:
        """One run of each platform's asset."""
        service = self.service()
        service.launch("google_ads")
        service.launch("meta_ads")

    def recover(self, rounds: int = 8) -> None:
        """Time passes and other workers come along, as the safety net does."""
        for _ in range(rounds):
            self.clock.advance(seconds=LIMITS.lease + LIMITS.quiet + 1)
            self.launch()
            if self._at_rest():
                break

    def _at_rest(self) -> bool:
        """Nothing is open any more: another round could change nothing."""
        with self.database.transaction() as session:
            open_states = ("planned", "sending", "sent", "in_doubt")
            moving = ("creating", "created", "enabling", "pausing")
            return not (
                session.scalars(select(Operation.id).where(Operation.state.in_(open_states))).first()
                or session.scalars(select(Deployment.id).where(Deployment.status.in_(moving))).first()
            )

    def deployment(self, platform: str) -> Deployment:
        with self.database.transaction() as session:
            return session.scalars(select(Deployment).where(Deployment.platform == platform)).one()

    def statuses(self) -> dict[str, str]:
        with self.database.transaction() as session:
            return {row.platform: row.status for row in session.scalars(select(Deployment))}

    def operations(self, **where: Any) -> list[Operation]:
        with self.database.transaction() as session:
            return list(session.scalars(select(Operation).filter_by(**where).order_by(Operation.id)))

    def objects(self) -> list[PlatformObject]:
        with self.database.transaction() as session:
            return list(session.scalars(select(PlatformObject).order_by(PlatformObject.position)))

    def events(self) -> list[str]:
        with self.database.transaction() as session:
            return list(session.scalars(select(OutboxRow.subject).order_by(OutboxRow.sequence)))

    def reserved(self) -> dict[str, int]:
        with self.database.transaction() as session:
            held: dict[str, int] = {}
            for row in session.scalars(select(SpendLedgerEntry)):
                held[row.period] = held.get(row.period, 0) + row.amount_micros
            return held

    def allow(self, *, daily: int = 200, monthly: int = 5_000, total: int | None = 9_000, currency: str = "EUR") -> None:
        caps = Caps(currency, daily * EUR, monthly * EUR, total * EUR if total else None)
        with self.owner.transaction() as session:
            ProjectService(self.clock).set_spend_policy(session, self.project_id, caps, by="anna")

    def both_live_once(self) -> None:
        """The invariant of the launch: one enabled campaign per platform, the bound one, and money reserved for it."""
        assert self.statuses() == {"google_ads": "live", "meta_ads": "live"}
        for fake in (self.google, self.meta):
            assert len(fake.campaigns("enabled")) == 1
            assert len(set(fake.enabled_ever)) == 1
        bound = {row.external_id for row in self.objects() if row.kind == "campaign"}
        assert {self.google.campaigns("enabled")[0].external_id, self.meta.campaigns("enabled")[0].external_id} == bound
        assert self.reserved()["day"] == 190 * EUR


GOOGLE_COPY = {"headlines": [f"Headline {n}" for n in range(5)], "descriptions": ["One description", "Another one"], "path1": "bread"}
META_COPY = {
    "primary_texts": ["Fresh every morning"],
    "headlines": ["Slow bread"],
    "descriptions": ["Lisbon"],
    "call_to_action": "LEARN_MORE",
}


@pytest.fixture
def stage(database: Database, owner_database: Database, clock: ManualClock) -> Stage:
    projects = ProjectService(clock)
    with database.transaction() as session:
        project = projects.create_project(session, "Padaria", by="anna", gates={"launch": "auto"})
        for platform, external_id in (("google_ads", "1234567890"), ("meta_ads", "act_42")):
            projects.add_account(
                session, project.id, platform=platform, external_id=external_id, currency="EUR", time_zone="Europe/Berlin", by="anna",
                page_id="77", pixel_id="88", conversion_action="99",
            )  # fmt: skip
    made = Stage(database, owner_database, clock, FakePlatform(atomic=True), FakePlatform(atomic=False), project.id, [], {})
    made.meta.things["foreign"] = Thing("foreign", "campaign", "Somebody else's [zamc:ffffffff:0123456789abcdef]", "paused", 0)
    made.allow()
    return made

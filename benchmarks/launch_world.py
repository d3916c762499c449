"""A platform without Dagster for the figures of launching: the servers, the sandbox, one customer, as many approved sets as wanted."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.orm import Session

from benchmarks.chaos.witness import ON, campaigns
from cli.demo.customer import Sandbox
from cli.local.client import LocalStack
from zamc.bootstrap import Services
from zamc.creatives.tables import Asset
from zamc.database.ids import uuid7
from zamc.deployments.tables import Deployment
from zamc.projects.rules import GATES, Caps
from zamc.settings import Settings
from zamc.strategies.schema import Audience, Brand, Channel, Flight, Forecast, Keyword, Message, Pitch, Plan, Range
from zamc.strategies.tables import Strategy

EUR = 1_000_000
NEEDED = ("postgres", "nats", "valkey", "sandbox", "migrate")
BY = "benchmark"


@dataclass(frozen=True)
class World:
    """Running servers and a project with an ad account on each platform. picture: hash of an image in object storage."""

    stack: LocalStack
    services: Services
    project_id: UUID
    picture: str
    overrides: Mapping[str, str]

    def begin(self, number: int, *, platforms: Sequence[str], name: str = "Benchmark") -> list[UUID]:
        """As many approved sets, each with one deployment per platform, reserved for and approved. Returns the ids of the deployments."""
        made: list[UUID] = []
        for start in range(0, number, 100):
            with self.services.database.transaction() as session:
                for each in range(start, min(start + 100, number)):
                    made += [row.id for row in self.services.deployments.begin(session, self._set(session, f"{name} {each}", platforms))]
        return made

    def _set(self, session: Any, name: str, platforms: Sequence[str]) -> Asset:
        plan = _plan(platforms, self.services)
        strategy = Strategy(
            id=uuid7(), project_id=self.project_id, name=name, request_key=name, brief={}, status="approved",
            plan=plan.model_dump(mode="json"), plan_hash=name,
        )  # fmt: skip
        whole = Asset(id=uuid7(), project_id=self.project_id, strategy_id=strategy.id, kind="set", local_ref="set", status="approved")
        session.add(strategy)
        session.flush()
        session.add(whole)
        session.flush()
        for platform in platforms:
            session.add(self._member(whole, "copy", platform, _COPY[platform]))
        if "meta_ads" in platforms:
            image = self._member(whole, "image", "meta_ads", {"placement": "meta_square", "width": 1080, "height": 1080})
            image.local_ref, image.object_hash, image.object_type = "image/meta_ads/meta_square/en", self.picture, "image/png"
            session.add(image)
        session.flush()
        return whole

    def _member(self, whole: Asset, kind: str, platform: str, content: Mapping[str, Any]) -> Asset:
        return Asset(
            id=uuid7(), project_id=self.project_id, strategy_id=whole.strategy_id, set_id=whole.id, kind=kind,
            local_ref=f"{kind}/{platform}/en", platform=platform, language="en", content=dict(content), status="approved",
        )  # fmt: skip

    def statuses(self) -> dict[str, int]:
        with self.services.database.transaction() as session:
            rows = session.execute(select(Deployment.status, func.count()).group_by(Deployment.status)).tuples().all()
        return dict(rows)

    def count(self, session: Session) -> int:
        """All deployments, in whatever state."""
        return session.scalar(select(func.count()).select_from(Deployment)) or 0

    def spawn(self, module: str, *arguments: str, answers: bool = False) -> "subprocess.Popen[bytes]":
        """A process of one of our modules with the stack's environment. answers: what it prints is for us to read."""
        environment = {**os.environ, **self.stack.environment, **self.overrides}
        environment.pop("ZAMC_DATABASE_OWNER_URL")
        return subprocess.Popen((sys.executable, "-m", module, *arguments), env=environment, stdout=subprocess.PIPE if answers else None)

    def account(self, platform: str) -> str:
        """The id of our ad account there."""
        with self.services.database.transaction() as session:
            found = session.execute(text("SELECT external_id FROM ad_accounts WHERE platform = :platform"), {"platform": platform})
            return str(found.scalar_one())

    def exhaust(self) -> None:
        """Our limiter lets nothing but pauses pass, as after a platform's word that all room is used up."""
        for platform in ("google_ads", "meta_ads"):
            self.services.limiter.close_key(f"{platform}:{self.account(platform)}", timedelta(minutes=30))

    def enabled(self) -> int:
        """Campaigns that the platforms' own record shows as on."""
        seen = campaigns(self.stack.home.folder("sandbox") / "sandbox.sqlite")
        return sum(each.status in ON for each in seen)

    def lift_limits(self) -> None:
        """The platforms take whatever comes: for figures that are about us."""
        with httpx.Client(base_url=self.stack.environment["ZAMC_SANDBOX_URL"], timeout=30) as sandbox:
            sandbox.post("/sandbox/meta/limits", json={"enforce": False}).raise_for_status()

    def order_faults(self, seed: int, share: float) -> None:
        """From now on that share of the platforms' calls goes wrong, which and how by the seed; 0 ends it."""
        with httpx.Client(base_url=self.stack.environment["ZAMC_SANDBOX_URL"], timeout=30) as sandbox:
            sandbox.delete("/sandbox/faults").raise_for_status()
            for platform, kinds in _FAULTS.items() if share else ():
                rates = {kind: share / len(kinds) for kind in kinds}
                body = {"platform": platform, "seed": seed, "rates": rates, "seconds": _FAULT_SECONDS}
                sandbox.post("/sandbox/faults/plan", json=body).raise_for_status()


# What a call may suffer: lost answers, calls that land 3 s after the client (2 s) has given up, refusals of all kinds, calls done twice.
_FAULTS = {
    "google": ("timeout_after_commit", "late_commit", "unavailable", "internal", "reset", "rate_limited", "concurrent_modification"),
    "meta": ("timeout_after_commit", "late_commit", "unavailable", "reset", "rate_limited", "error_with_200", "html", "duplicate"),
}
_FAULT_SECONDS = {"timeout_after_commit": 3.0, "late_commit": 3.0}


@contextmanager
def world(*, overrides: Mapping[str, str] | None = None, services: Sequence[str] = NEEDED) -> Iterator[World]:
    """Everything on a data folder of its own, gone afterwards. overrides: more ZAMC_* variables."""
    named = dict(overrides or {})
    with (
        tempfile.TemporaryDirectory(prefix="zamc-bench-") as folder,
        LocalStack.start(home=Path(folder), services=services, environment=named) as stack,
    ):
        environment = {**stack.environment, **named}
        os.environ.update({name: value for name, value in environment.items() if name.startswith(("ZAMC_", "GRPC_"))})
        wired = Services(Settings())
        try:
            yield World(stack, wired, _customer(wired), wired.objects.put(_picture(), media_type="image/png").sha256, named)
        finally:
            wired.database.close()


def _customer(services: Services) -> UUID:
    sandbox = Sandbox(os.environ["ZAMC_SANDBOX_URL"])
    where = {"currency": "EUR", "time_zone": "Europe/Berlin", "by": BY}
    google = sandbox.post("/sandbox/google/customers", descriptive_name=BY, currency="EUR", time_zone="Europe/Berlin")["customer_id"]
    meta = sandbox.post("/sandbox/meta/accounts", name=BY, currency="EUR", timezone_name="Europe/Berlin")["account_id"]
    page = sandbox.post(f"/sandbox/meta/accounts/{meta}/pages", name=BY)["page_id"]
    sandbox.close()
    with services.owner_database.transaction() as session:
        project = services.projects.create_project(session, BY, by=BY, brand={}, gates=dict.fromkeys(GATES, "auto"))
        services.projects.add_account(session, project.id, platform="google_ads", external_id=google, **where)
        services.projects.add_account(session, project.id, platform="meta_ads", external_id=meta, page_id=page, **where)
        huge = 10**17
        services.projects.set_spend_policy(session, project.id, Caps("EUR", huge // 100, huge // 10, huge), by=BY)
        return project.id


def _picture() -> bytes:
    from io import BytesIO

    from PIL import Image

    file = BytesIO()
    Image.new("RGB", (1080, 1080), "#224466").save(file, "PNG")
    return file.getvalue()


def _plan(platforms: Sequence[str], services: Services) -> Plan:
    one = Range(low=Decimal(1), mid=Decimal(2), high=Decimal(3))
    today = services.clock.business_now().date()
    flight = Flight.model_validate(
        {
            "starts_on": (today + timedelta(days=1)).isoformat(), "ends_on": (today + timedelta(days=29)).isoformat(), "regions": ["DE"],
            "geo_targets": [], "languages": ["en"], "landing_page": "https://example.org/", "currency": "EUR", "total_budget_micros": None,
            "monthly_budget_micros": 10**12,
        },
        strict=False,
    )  # fmt: skip
    pitch = Pitch(
        positioning="Bread that takes its time",
        audiences=[Audience(name="All", description="Everybody", age_min=18, age_max=65)],
        messages=[Message(language="en", angle="a", text="t", source="brief.offer")],
        keywords=[Keyword(language="en", text=f"bread number {n}", match_type="PHRASE") for n in range(5)],
        creative_direction="plain",
    )
    forecast = Forecast(impressions=one, clicks=one, conversions=one)
    share = Decimal(1) / len(platforms)
    channels = [
        Channel.model_validate(
            {"platform": each, "share": share, "daily_budget_micros": 5 * EUR, "objective": "traffic", "forecast": forecast}, strict=False
        )
        for each in platforms
    ]
    return Plan(pitch=pitch, flight=flight, channels=channels, brand_name="Padaria", brand=Brand())


_COPY: dict[str, dict[str, Any]] = {
    "google_ads": {"headlines": [f"Headline {n}" for n in range(5)], "descriptions": ["One description", "Another one"], "path1": "bread"},
    "meta_ads": {
        "primary_texts": ["Fresh every morning"],
        "headlines": ["Slow bread"],
        "descriptions": ["Lisbon"],
        "call_to_action": "LEARN_MORE",
    },
}


def tree_cpu_seconds(root: int) -> dict[int, float]:
    """CPU time by process id of a process and everything below it that still runs, with that of its children that have ended."""
    children: dict[int, list[int]] = {}
    used: dict[int, float] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                children.setdefault(int(fields[1]), []).append(int(entry.name))
                used[int(entry.name)] = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    below, todo = {}, [root]
    while todo:
        pid = todo.pop()
        todo += children.get(pid, [])
        if pid in used:
            below[pid] = used[pid]
    return below


_FRESH = {"id", "strategy_id", "set_id", "asset_id", "deployment_id", "obj_key", "parent_key", "call_id", "operation_id"}
_COPIED = ("strategies", "assets", "deployments", "platform_objects", "operations", "operation_attempts", "spend_ledger")


def multiply(owner_url: str, times: int, *, salt: str) -> None:
    """Everything that the deployments so far consist of, so many times more, as rows: what a long-lived installation looks like.

    Keys are hashes of the original's and the copy's number, so that copies refer to copies; external ids are numbers of their own.
    """
    engine = create_engine(owner_url)
    with engine.begin() as connection:
        for table in _COPIED:
            query = "SELECT column_name AS name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = :table"
            columns = [row.name for row in connection.execute(text(query), {"table": table})]
            pairs = {column: _copy_of(table, column, salt) for column in columns}
            statement = (
                f"INSERT INTO {table} ({', '.join(pairs)}) SELECT {', '.join(pairs.values())} FROM {table} t, generate_series(1, {times}) n"  # noqa: S608 - names of the catalogue
            )
            connection.execute(text(statement))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    engine.dispose()


def _copy_of(table: str, column: str, salt: str) -> str:
    if column in _FRESH:
        return f"md5(t.{column}::text || '{salt}' || n)::uuid"
    if column == "external_id":
        return f"CASE WHEN t.external_id IS NOT NULL THEN abs(hashtextextended(t.obj_key::text || '{salt}' || n, 0))::text END"
    if (table, column) == ("strategies", "request_key"):
        return f"t.request_key || '{salt}' || n"
    return f"t.{column}"

"""Two brands on one installation, each with something of everything, so that every operation has something to be about."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID, uuid4

from sqlalchemy import select

from tests.conftest import ManualClock
from tests.zamc.deployments.conftest import Stage
from tests.zamc.deployments.fake import FakePlatform
from zamc.creatives.tables import Asset
from zamc.database.engine import Database
from zamc.database.ids import uuid7
from zamc.deployments.tables import Deployment, PlatformObject
from zamc.deployments.watch_tables import Drift
from zamc.notifications.delivery_tables import Endpoint
from zamc.projects.service import ProjectService
from zamc.projects.tables import AdAccount


@dataclass(frozen=True)
class Brand:
    """Ids of one of everything in a project. plan: hash of the deployment's plan."""

    stage: Stage
    project: UUID
    strategy: UUID
    set: UUID
    deployment: UUID
    drift: UUID
    account: UUID
    endpoint: UUID
    plan: str

    def arguments(self) -> Mapping[str, Any]:
        """For every argument of the schema by its name; "id" by the operation's."""
        return {
            "projectId": str(self.project),
            "strategyId": str(self.strategy),
            "setId": str(self.set),
            "deploymentId": str(self.deployment),
            "driftId": str(self.drift),
            "accountId": str(self.account),
            "endpointId": str(self.endpoint),
            "project.id": str(self.project),
            "strategy.id": str(self.strategy),
            "creativeSet.id": str(self.set),
            "deployment.id": str(self.deployment),
        }


def nowhere() -> Mapping[str, Any]:
    """The same for what is not there at all."""
    return {name: str(uuid4()) for name in Brand.arguments(_ANY)}


def make(database: Database, owner: Database, clock: ManualClock, name: str) -> Brand:
    """A project with two live deployments, and somebody who has changed one of them outside."""
    projects = ProjectService(clock)
    with database.transaction() as session:
        project = projects.create_project(session, name, by="anna", gates={"launch": "auto"})
        for platform, external_id in (("google_ads", f"{abs(hash(name)) % 10**10}"), ("meta_ads", f"act_{abs(hash(name)) % 10**9}")):
            projects.add_account(
                session, project.id, platform=platform, external_id=external_id, currency="EUR", time_zone="Europe/Berlin", by="anna",
                page_id="77", pixel_id="88", conversion_action="99",
            )  # fmt: skip
    stage = Stage(database, owner, clock, FakePlatform(atomic=True), FakePlatform(atomic=False), project.id, [], {})
    stage.allow()
    stage.begin(name=f"{name} spring")
    stage.launch()
    with database.transaction() as session:
        deployment = session.scalars(select(Deployment).where(Deployment.project_id == project.id)).first()
        assert deployment is not None
        whole = session.get_one(Asset, deployment.asset_id)
        campaign = session.scalars(
            select(PlatformObject).where(PlatformObject.deployment_id == deployment.id, PlatformObject.kind == "campaign")
        ).one()
        drift = Drift(
            id=uuid7(), project_id=project.id, deployment_id=deployment.id, obj_key=campaign.obj_key, field="name",
            wanted={"value": "a"}, seen={"value": "b"}, who="somebody", state="open",
        )  # fmt: skip
        session.add(drift)
        account = session.scalars(select(AdAccount.id).where(AdAccount.project_id == project.id)).first()
        assert account is not None
        endpoint = Endpoint(
            id=uuid7(), project_id=project.id, channel="slack", name="Everybody", host="hooks.example.org", sealed="v1:none:none",
            wants={"alert": "warning", "approval": "info", "digest": "off"}, created_by="anna",
        )  # fmt: skip
        session.add(endpoint)
        return Brand(stage, project.id, whole.strategy_id, whole.id, deployment.id, drift.id, account, endpoint.id, deployment.plan_hash)


_ANY = Brand(
    cast("Stage", None), uuid4(), uuid4(), uuid4(), uuid4(), uuid4(), uuid4(), uuid4(), ""
)  # its names are asked for, nothing else

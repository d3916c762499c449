"""A project with an account on each platform, stand-ins for both, and the whole wiring pointed at them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import pytest
import yaml

from tests.conftest import ManualClock
from tests.sandbox import world as meta_world
from tests.sandbox.google import world as google_world
from tests.services import Database as DatabaseUrls
from tests.services import Services as Servers
from zamc.accounts.vault import Vault
from zamc.bootstrap import Services
from zamc.database.engine import Database
from zamc.projects.service import ProjectService
from zamc.settings import Settings

KEY = "canary-key-" + "k" * 40
CUSTOMER = "5678901234"


@dataclass
class Place:
    """Both stand-ins and the wiring of one process."""

    services: Services
    google: google_world.World
    meta: meta_world.World
    advertiser: meta_world.Advertiser
    project_id: UUID
    accounts: dict[str, UUID] = field(default_factory=dict)

    def google_text(self, **changed: str) -> str:
        shown = self.meta.credentials
        return yaml.safe_dump(
            {"client_id": shown.client_id, "client_secret": shown.client_secret, "refresh_token": shown.refresh_token,
             "developer_token": google_world.DEVELOPER_TOKEN, **changed}
        )  # fmt: skip

    def meta_text(self, **changed: str) -> str:
        shown = self.meta.credentials
        return yaml.safe_dump({"access_token": shown.token, "app_id": shown.app_id, "app_secret": shown.app_secret, **changed})

    def connect(self, platform: str, text: str) -> UUID:
        with self.services.database.transaction() as session:
            self.services.accounts.connect(session, self.accounts[platform], text, by="ana")
        return self.accounts[platform]


@pytest.fixture
def vault() -> Vault:
    return Vault(KEY)


@pytest.fixture
def accounts(database: Database, clock: ManualClock) -> dict[str, UUID]:
    """One on each platform, without credentials of their own."""
    projects = ProjectService(clock)
    made = {}
    with database.transaction() as session:
        project = projects.create_project(session, "Padaria", by="ana")
        for platform, external_id in (("google_ads", CUSTOMER), ("meta_ads", "act_42")):
            row = projects.add_account(
                session, project.id, platform=platform, external_id=external_id, currency="EUR", time_zone="Europe/Berlin", by="ana"
            )
            made[platform] = row.id
    return made


@pytest.fixture(scope="module")
def stand_ins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[google_world.World, meta_world.World]]:
    folder = tmp_path_factory.mktemp("stand-ins")
    (folder / "meta").mkdir()
    with google_world.running(folder / "google.sqlite") as google, meta_world.running(folder / "meta") as meta:
        google.add_customer(CUSTOMER)
        yield google, meta


@pytest.fixture
def place(
    services: Servers, urls: DatabaseUrls, tmp_path: Path, stand_ins: tuple[google_world.World, meta_world.World], clock: ManualClock
) -> Iterator[Place]:
    google, meta = stand_ins
    google.faults.clear()
    meta.faults.clear()
    advertiser = meta.advertiser()
    file = tmp_path / "google-ads.yaml"
    file.write_text(yaml.safe_dump({"endpoint": f"localhost:{google.port}", "developer_token": google_world.DEVELOPER_TOKEN}))
    wired = Services(
        Settings(
            database_url=urls.app_url, nats_url=services.nats_url, redis_url=services.redis_url, objects_url=services.objects_url,
            google_ads_yaml=file, google_token_url=f"{meta.url}/oauth2/token", meta_graph_url=meta.url, credentials_key=KEY,
            call_timeout_seconds=20, lease_seconds=60,
        )
    )  # fmt: skip
    projects = ProjectService(clock)
    with wired.database.transaction() as session:
        project = projects.create_project(session, "Padaria", by="ana")
        ids = {}
        for platform, external_id in (("google_ads", CUSTOMER), ("meta_ads", advertiser.id)):
            row = projects.add_account(
                session, project.id, platform=platform, external_id=external_id, currency="EUR", time_zone="Europe/Berlin", by="ana",
                page_id=advertiser.page if platform == "meta_ads" else None, pixel_id=advertiser.pixel if platform == "meta_ads" else None,
            )  # fmt: skip
            ids[platform] = row.id
    yield Place(wired, google, meta, advertiser, project.id, ids)
    wired.database.close()

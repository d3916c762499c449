"""The whole launch over the wire: both official SDKs against the sandbox."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox import world as meta_world
from tests.sandbox.google import world as google_world
from tests.zamc.deployments.conftest import EUR, Stage, plan_of
from zamc.deployments.ports import Limits
from zamc.deployments.service import DeploymentService
from zamc.platforms.google_ads.adapter import GoogleAdsPlatform
from zamc.platforms.google_ads.client import GoogleClient
from zamc.platforms.meta_ads.adapter import MetaAdsPlatform
from zamc.platforms.meta_ads.client import MetaClient
from zamc.projects.tables import AdAccount


class _Pictures:
    def get(self, sha256: str, media_type: str) -> bytes:
        return meta_world.png(1080, 1080)


@pytest.fixture
def wired(stage: Stage, tmp_path: Path) -> Iterator[Any]:
    """The stage with the real adapters; accounts are those of two sandboxes whose clocks stand at the stage's."""
    stage.clock.wall = stage.clock.business = google_world.NOW
    (tmp_path / "meta").mkdir()
    with google_world.running(tmp_path / "g.sqlite") as google, meta_world.running(tmp_path / "meta", at=google_world.NOW) as meta:
        google.add_customer("1234567890")
        advertiser = meta.advertiser()
        with stage.database.transaction() as session:
            for row in session.query(AdAccount):
                if row.platform == "meta_ads":
                    row.external_id, row.page_id, row.pixel_id = advertiser.id, advertiser.page, advertiser.pixel
                else:
                    row.conversion_action = None
        g_client = GoogleClient(google.client(), version="v26", timeout_seconds=5)
        m_client = MetaClient(token=meta.credentials.token, graph_url=meta.url, version="v25.0", timeout_seconds=5)
        platforms = {
            "google_ads": lambda account: GoogleAdsPlatform(g_client, account, stage.clock),
            "meta_ads": lambda account: MetaAdsPlatform(m_client, account, stage.clock, _Pictures()),
        }
        limits = Limits(call=5, lease=30, quiet=60, read_back_gap=0.01, most_attempts=4)
        service = DeploymentService(stage.database, stage.clock, platforms, limits=limits, sleep=lambda s: stage.clock.advance(seconds=s))
        yield stage, service, google, meta, advertiser
        m_client.close()


def test_a_launch_over_the_wire_ends_live_on_both_platforms(wired: Any) -> None:
    stage, service, google, meta, advertiser = wired
    stage.begin(plan_of(starts_on="2027-03-01", ends_on="2027-04-01"))
    print(service.launch("google_ads"))
    print(service.launch("meta_ads"))
    for d in ("google_ads", "meta_ads"):
        row = stage.deployment(d)
        print(row.status, row.failure, row.last_error)
    for op in stage.operations():
        print(op.verb, op.state, op.last_error)
    assert stage.statuses() == {"google_ads": "live", "meta_ads": "live"}

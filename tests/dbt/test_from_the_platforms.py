"""The whole way: the sandbox's markets through both SDKs into PostgreSQL, and from there into reports that balance."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

from sqlalchemy import text

from resources.dbt import connection_environment, dbt
from tests.conftest import ManualClock
from tests.sandbox.google import world as google
from tests.sandbox.google.campaigns import request, whole_campaign, whole_display, whole_performance_max
from tests.sandbox.world import running as meta_running
from tests.services import Database as DatabaseUrls
from tests.zamc.analytics.scripted import launched
from zamc.analytics.ports import PerformanceSource
from zamc.analytics.reports import report_balance
from zamc.analytics.repository import summary
from zamc.analytics.service import AnalyticsService
from zamc.database.engine import Database
from zamc.platforms.google_ads.client import GoogleClient
from zamc.platforms.google_ads.reports import GoogleAdsReports
from zamc.platforms.meta_ads.client import MetaClient
from zamc.platforms.meta_ads.insights import MetaInsights
from zamc.projects.tables import AdAccount

FIRST_FLIGHT, DAY, LATER = date(2027, 3, 2), date(2027, 3, 4), datetime(2027, 3, 6, 8, 0, tzinfo=UTC)


def test_days_of_two_markets_become_reports_that_balance(database: Database, urls: DatabaseUrls, tmp_path: Path) -> None:
    with google.running(tmp_path / "google.sqlite") as search, meta_running(tmp_path) as social:
        search.customer = search.add_customer("1234567890", currency="JPY", time_zone="Asia/Tokyo")
        action = request(search)
        action.conversion_action("Purchase")
        action.send()
        name = whole_campaign(search, micros=9_000_000_000).campaign
        most, _ = whole_performance_max(search)
        shown, _, _ = whole_display(search)
        brand = social.advertiser()
        campaign, _, _ = brand.tree(ads=3, daily_budget=5000)
        search.clock.set(LATER)
        social.clock.set(LATER)

        yen = launched(database, currency="JPY", zone="Asia/Tokyo", external_id=search.customer, campaign_id=name, starts_on=FIRST_FLIGHT)
        euro = launched(database, platform="meta_ads", external_id=brand.id, campaign_id=campaign, starts_on=FIRST_FLIGHT)
        google_client = GoogleClient(search.client(), version="v26", timeout_seconds=30)
        sources: dict[str, Callable[[AdAccount], PerformanceSource]] = {
            "google_ads": lambda _: GoogleAdsReports(google_client),
            "meta_ads": lambda _: MetaInsights(
                MetaClient(token=social.credentials.token, graph_url=social.url, version="v25.0", timeout_seconds=30)
            ),
        }
        service = AnalyticsService(database, ManualClock(LATER), sources, look_back_days=3)
        for platform in sources:
            outcome = service.sync(platform=platform, day=DAY)
            assert (outcome.failures, outcome.accounts) == ({}, 1)
            assert outcome.rows_changed > 3 * 5
            assert service.sync(platform=platform, day=DAY).rows_changed == 0

    connection = connection_environment(urls.app_url)
    built = dbt("--no-use-colors", "build", "--exclude-resource-type", "unit_test", target=tmp_path, environment=connection)
    assert built.returncode == 0, built.stdout
    with database.transaction() as session:
        balance = report_balance(session)
        earned = summary(session, deployment_ids=[yen.deployment_id, euro.deployment_id])
    assert balance.balanced, balance.differences
    assert balance.closed_days == 2 * 3
    with database.transaction() as session:
        rows = session.execute(
            text("SELECT campaign_id, is_attributed, spend_micros FROM reporting.ad_daily WHERE platform = 'google_ads'")
        )
        by_ads = {(str(row.campaign_id), row.is_attributed) for row in rows if row.spend_micros}
    # What Performance Max spends is nobody's but the campaign's; a display ad is an ad like any other.
    assert (most.rsplit("/", 1)[-1], True) not in by_ads
    assert {(shown.rsplit("/", 1)[-1], True), (name.rsplit("/", 1)[-1], True)} <= by_ads
    for deployment, currency in ((yen, "JPY"), (euro, "EUR")):
        found = earned[deployment.deployment_id]
        assert found.currency == currency
        assert all(amount > 0 for amount in (found.impressions, found.clicks, found.spend_micros, found.conversions))

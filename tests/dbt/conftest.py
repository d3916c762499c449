"""A database with a day of two accounts, and dbt on it."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from resources.dbt import connection_environment, dbt, prepare_manifest
from tests.conftest import ManualClock
from tests.services import Database as DatabaseUrls
from tests.services import Services
from tests.zamc.analytics.scripted import DAY, Launched, ScriptedSource, conversion, fact, launched, subject
from zamc.analytics.rules import ConversionRow, FactRow, Grain, Subject
from zamc.analytics.service import AnalyticsService
from zamc.database.engine import Database

Row = FactRow | ConversionRow


@dataclass
class Reports:
    """dbt on one database."""

    database: Database
    urls: DatabaseUrls
    target: Path
    euro: Launched
    yen: Launched
    said: str = ""

    def run(self, *arguments: str) -> dict[str, str]:
        """Run dbt; the nodes that did not end well, by name and how."""
        done = dbt("--no-use-colors", *arguments, environment=connection_environment(self.urls.app_url), target=self.target)
        results = self.target / "run_results.json"
        assert results.exists(), done.stdout + done.stderr
        nodes = json.loads(results.read_text())["results"]
        assert nodes, done.stdout
        results.unlink()
        bad = {_name(r["unique_id"]): r["status"] for r in nodes if r["status"] not in {"success", "pass", "no-op"}}
        assert bool(done.returncode) == any(status in {"error", "fail"} for status in bad.values()), done.stdout
        self.said = done.stdout
        return bad

    def read(self, sql: str) -> Sequence[Any]:
        with self.database.transaction() as session:
            return session.execute(text(sql)).all()


def _name(unique_id: str) -> str:
    """test.PROJECT.NAME.HASH, model.PROJECT.NAME, unit_test.PROJECT.MODEL.NAME"""
    parts = unique_id.split(".")
    return parts[3] if parts[0] == "unit_test" else parts[2]


def tree(currency: str, scale: int, account: str, *, keywords: bool) -> list[Row]:
    """One account, one campaign, two groups with an ad each, one shared creative; some of it credited to nobody."""

    def one(about: Subject, parts: int) -> Iterator[Row]:
        yield fact(about, impressions=1000 * parts, clicks=50 * parts, spend=scale * parts)
        yield conversion(about, count=str(2 * parts), value=3 * scale * parts)
        yield conversion(about, count=str(parts), value=scale * parts, action="add_to_cart", counted=False)

    def about(grain: Grain, object_id: str, segment: str = "") -> Subject:
        found = subject(grain, object_id, currency=currency)
        return Subject(**{**{name: getattr(found, name) for name in Subject.__slots__}, "segment": segment})

    rows = [
        *one(about(Grain.ACCOUNT, account), 100),
        *one(about(Grain.GEO, "1", "geo:2276"), 96),
        *one(about(Grain.DEVICE, "1", "device:MOBILE"), 70),
        *one(about(Grain.DEVICE, "1", "device:DESKTOP"), 26),
        *one(about(Grain.LANDING_PAGE, "11~1", "url:https://brand.example/"), 97),
        *one(about(Grain.CAMPAIGN, "1"), 100),
        *one(about(Grain.AD_GROUP, "11"), 60),
        *one(about(Grain.AD_GROUP, "12"), 38),
        *one(about(Grain.AD, "11~1"), 60),
        *one(about(Grain.AD, "12~2"), 37),
        *one(about(Grain.CREATIVE, "77", "1"), 97),
    ]
    rows += one(about(Grain.AUDIENCE, "1", "age:25-34|gender:female"), 94)
    if keywords:
        return [*rows, *one(about(Grain.KEYWORD, "11~5"), 95), *one(about(Grain.SEARCH_TERM, "11~bread"), 40)]
    return rows


@pytest.fixture(scope="session")
def template(services: Services, migrated: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reports]:
    """Synced and built once; tests take copies of the database."""
    prepare_manifest()
    urls = services.new_database(template=migrated.name)
    database = Database(urls.app_url)
    euro = launched(database, name="Sourdough")
    yen = launched(database, platform="meta_ads", currency="JPY", external_id="act_1", campaign_id="1", zone="Asia/Tokyo", name="Kotoba")
    sources = {
        "google_ads": lambda _: ScriptedSource(tree("EUR", 1_000_000, "9", keywords=True)),
        "meta_ads": lambda _: ScriptedSource(tree("JPY", 90_000_000, "act_1", keywords=False)),
    }
    service = AnalyticsService(database, ManualClock(), sources, look_back_days=3)
    for platform in sources:
        outcome = service.sync(platform=platform, day=DAY)
        assert outcome.accounts == 1
        assert not outcome.failures
    reports = Reports(database, urls, tmp_path_factory.mktemp("dbt"), euro, yen)
    assert reports.run("build") == {}, reports.said
    database.close()
    yield reports
    services.drop_database(urls)


@pytest.fixture
def reports(template: Reports, services: Services, tmp_path: Path) -> Iterator[Reports]:
    """A copy of the built database for one test."""
    urls = services.new_database(template=template.urls.name)
    database = Database(urls.app_url)
    yield Reports(database, urls, tmp_path, template.euro, template.yen)
    database.close()
    services.drop_database(urls)


@pytest.fixture
def break_row(reports: Reports) -> Callable[[str], None]:
    """Change the record behind everybody's back, as a broken platform or a hand in the database would."""

    def change(statement: str) -> None:
        superuser = Database(reports.urls.superuser_url, pool_size=1)
        with superuser.transaction() as session:
            assert session.execute(text(statement)).rowcount == 1  # type: ignore[attr-defined]  # a cursor result
            # No new as_of says so: the next build must be told to look at every day again.
            session.execute(text("DELETE FROM reporting.int_days"))
        superuser.close()

    return change


def nowcast(reports: Reports) -> None:
    """200 conversions have shown of each platform's campaign; Google's will be 250."""
    with reports.database.transaction() as session:
        session.execute(
            text(
                """
                INSERT INTO nowcasts (ad_account_id, grain, object_id, date, action, as_of, deployment_id, reported, conversions, low, high,
                    completeness, settled)
                SELECT DISTINCT ON (f.ad_account_id, f.grain) f.ad_account_id, f.grain, f.object_id, f.date, 'purchase',
                    f.as_of + interval '1 hour', f.deployment_id, 200, 250, 230, 280.5, 0.8, false
                FROM analytics f WHERE f.currency = 'EUR' AND f.grain IN ('account', 'campaign')
                """
            )
        )

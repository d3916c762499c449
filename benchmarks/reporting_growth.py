"""What a new day costs as history grows: the daily sync of all accounts and the dbt build of that day, with 10 and with 90 days before it.

History is made by SQL as the sync would leave it: account, campaign and ad of each deployment on each day, and a conversion of each
campaign and account. The new day comes through the sync itself (checks, spool, COPY, merge, one transaction per account) from a source at
the port; then `dbt build` runs as the data asset runs it, tests included. PostgreSQL, sync and dbt share the machine.

ZAMC_BENCH_DEPLOYMENTS (100,000), ZAMC_BENCH_ACCOUNTS (50), ZAMC_BENCH_DAYS (10,90)
"""

import json
import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from sqlalchemy import create_engine, text

from benchmarks.figure import Figure, at_most, shown
from zamc.analytics.rules import DEFAULT_WINDOW, ConversionRow, FactRow, Grain, Subject
from zamc.projects.tables import AdAccount

DEPLOYMENTS = int(os.environ.get("ZAMC_BENCH_DEPLOYMENTS", "100000"))
ACCOUNTS = int(os.environ.get("ZAMC_BENCH_ACCOUNTS", "50"))
FEW, MANY = map(int, os.environ.get("ZAMC_BENCH_DAYS", "10,90").split(","))
DAY = date(2027, 3, 1)  # the new day of the first round; history lies before it
_GROWTH = 1.3
_CAMPAIGNS = DEPLOYMENTS // ACCOUNTS

_WORLD = """
UPDATE platform_objects SET external_id = 'customers/9/campaigns/0';
INSERT INTO ad_accounts (SELECT (jsonb_populate_record(a, jsonb_build_object('id', gen_random_uuid(), 'external_id', 'x' || n))).*
    FROM ad_accounts AS a, generate_series(2, :accounts) AS n);
CREATE TEMPORARY TABLE numbered AS SELECT id, row_number() OVER (ORDER BY external_id) AS n FROM ad_accounts;
CREATE TEMPORARY TABLE wanted AS SELECT account.id AS ad_account_id, c, gen_random_uuid() AS asset_id, gen_random_uuid() AS deployment_id
    FROM numbered AS account, generate_series(1, :campaigns) AS c;
CREATE TEMPORARY TABLE one AS SELECT d.id AS deployment_id, d.asset_id FROM deployments AS d;
INSERT INTO assets (SELECT (jsonb_populate_record(a, jsonb_build_object('id', wanted.asset_id, 'local_ref', wanted.asset_id))).*
    FROM assets AS a JOIN one ON one.asset_id = a.id, wanted);
INSERT INTO deployments (SELECT (jsonb_populate_record(d, jsonb_build_object('id', wanted.deployment_id, 'asset_id', wanted.asset_id,
        'ad_account_id', wanted.ad_account_id))).* FROM deployments AS d JOIN one ON one.deployment_id = d.id, wanted);
INSERT INTO platform_objects (SELECT (jsonb_populate_record(p, jsonb_build_object('obj_key', gen_random_uuid(), 'deployment_id',
        wanted.deployment_id, 'ad_account_id', wanted.ad_account_id, 'external_id', 'customers/9/campaigns/' || wanted.c))).*
    FROM platform_objects AS p JOIN one ON one.deployment_id = p.deployment_id, wanted);
DELETE FROM platform_objects WHERE deployment_id IN (SELECT deployment_id FROM one);
DELETE FROM deployments WHERE id IN (SELECT deployment_id FROM one);
"""
# The same figures as _source gives: campaign c has 1000 + c impressions, its one ad has as many.
_HISTORY = """
SELECT public.ensure_analytics_partitions(:first, :last);
CREATE TEMPORARY TABLE days AS SELECT d::date AS date FROM generate_series(:first, :last, interval '1 day') AS d;
CREATE TEMPORARY TABLE made AS
    SELECT d.ad_account_id, grain, CASE grain WHEN 'ad' THEN campaign_id || '~1' ELSE campaign_id END AS object_id, d.id AS deployment_id,
        campaign_id, 1000 + campaign_id::bigint AS impressions, 50 + campaign_id::bigint % 7 AS clicks,
        1000000 * (1 + campaign_id::bigint % 50) AS spend
    FROM deployments AS d JOIN (SELECT deployment_id, regexp_replace(external_id, '^.*/', '') AS campaign_id FROM platform_objects) AS p
        ON p.deployment_id = d.id CROSS JOIN (VALUES ('campaign'), ('ad')) AS g (grain)
    UNION ALL
    SELECT d.ad_account_id, 'account', '9', NULL, NULL, sum(1000 + c), sum(50 + c % 7), sum(1000000 * (1 + c % 50))
    FROM deployments AS d JOIN (SELECT deployment_id, regexp_replace(external_id, '^.*/', '')::bigint AS c FROM platform_objects) AS p
        ON p.deployment_id = d.id GROUP BY 1;
INSERT INTO analytics (ad_account_id, grain, object_id, segment, date, as_of, recorded_at, deployment_id, campaign_id, ad_group_id, label,
        currency, impressions, clicks, spend_micros)
    SELECT ad_account_id, grain, object_id, '', days.date, days.date + interval '30 hours', now(), deployment_id, campaign_id, NULL,
        'a name', 'EUR', impressions, clicks, spend FROM made, days;
INSERT INTO analytics_conversions (ad_account_id, grain, object_id, segment, date, as_of, action, attribution_window, counted, conversions,
        value_micros)
    SELECT ad_account_id, grain, object_id, '', days.date, days.date + interval '30 hours', 'purchase', 'default', true,
        CASE grain WHEN 'account' THEN :campaigns ELSE 1 END, 2000000 * CASE grain WHEN 'account' THEN :campaigns ELSE 1 END
    FROM made, days WHERE grain <> 'ad';
INSERT INTO analytics_days (ad_account_id, date, ticket, as_of, recorded_at)
    SELECT id, days.date, 1, days.date + interval '30 hours', now() FROM ad_accounts, days;
DROP TABLE days, made;
"""


@dataclass(frozen=True)
class Round:
    """Seconds of a full build and of one new day, and how many facts each was of."""

    facts: int
    full: float
    day_facts: int
    sync: float
    build: float

    @property
    def day(self) -> float:
        return self.sync + self.build


def measure() -> list[Figure]:
    """Starts PostgreSQL alone, in a folder that is gone afterwards. Needs about 60 GB of disk with all rows."""
    from cli.local.client import LocalStack
    from tests.zamc.analytics.scripted import launched
    from zamc.database.engine import Database

    with (
        tempfile.TemporaryDirectory(prefix="zamc-bench-") as folder,
        LocalStack.start(home=Path(folder) / "home", services=("postgres", "migrate"), durable=False) as stack,
    ):
        url, owner = (stack.environment[f"ZAMC_DATABASE_{name}"] for name in ("URL", "OWNER_URL"))
        database = Database(url)
        launched(database, starts_on=DAY - timedelta(days=MANY + 1))
        _execute(owner, _WORLD, {"accounts": ACCOUNTS, "campaigns": _CAMPAIGNS})
        few = _round(database, url, owner, Path(folder) / "dbt", first=DAY - timedelta(days=FEW), last=DAY - timedelta(days=1), day=DAY)
        many = _round(
            database, url, owner, Path(folder) / "dbt",
            first=DAY - timedelta(days=MANY - 1), last=DAY - timedelta(days=FEW + 1), day=DAY + timedelta(days=1),
        )  # fmt: skip
        database.close()
    return [
        shown("deployments", DEPLOYMENTS, "rows"),
        shown(f"facts, {FEW} days", few.facts, "rows"),
        shown(f"full build, {FEW} days", few.full, "s"),
        shown("facts of the new day", few.day_facts, "rows"),
        shown(f"sync of the new day, {FEW} days before it", few.sync, "s"),
        shown(f"dbt build of the new day, {FEW} days before it", few.build, "s"),
        shown(f"facts, {MANY} days", many.facts, "rows"),
        shown(f"full build, {MANY} days", many.full, "s"),
        shown(f"sync of the new day, {MANY} days before it", many.sync, "s"),
        shown(f"dbt build of the new day, {MANY} days before it", many.build, "s"),
        at_most(f"a new day with {MANY} days of history / with {FEW}", many.day / few.day, "ratio", _GROWTH),
    ]


def _round(database: object, url: str, owner: str, target: Path, *, first: date, last: date, day: date) -> Round:
    from tests.conftest import ManualClock
    from zamc.analytics.service import AnalyticsService
    from zamc.database.engine import Database

    assert isinstance(database, Database)
    _execute(owner, _HISTORY, {"first": first, "last": last, "campaigns": _CAMPAIGNS})
    _vacuum(owner)
    full = _build(url, target, "--full-refresh")
    _vacuum(owner)
    with database.transaction() as session:
        facts: int = session.execute(text("SELECT count(*) FROM analytics")).scalar_one()
    clock = ManualClock(datetime(day.year, day.month, day.day, 6, tzinfo=UTC) + timedelta(days=1))
    service = AnalyticsService(database, clock, {"google_ads": lambda _: _Source()}, look_back_days=0, workers=2)
    begun = time.monotonic()
    outcome = service.sync(platform="google_ads", day=day, look_back=False)
    synced = time.monotonic() - begun
    if outcome.failures or outcome.accounts != ACCOUNTS:
        raise RuntimeError(f"{outcome.accounts} of {ACCOUNTS} accounts were read: {outcome.failures}")
    return Round(facts, full, outcome.rows_changed, synced, _build(url, target))


class _Source:
    """An account's day at the port: what its platform would report of it."""

    grains = (Grain.AD, Grain.CAMPAIGN, Grain.ACCOUNT)

    def fetch(self, _account: AdAccount, grain: Grain, first_day: date, last_day: date) -> Iterator[FactRow | ConversionRow]:
        for n in range((last_day - first_day).days + 1):
            yield from self._day(grain, first_day + timedelta(days=n))

    def _day(self, grain: Grain, day: date) -> Iterator[FactRow | ConversionRow]:
        if grain is Grain.ACCOUNT:
            numbers = range(1, _CAMPAIGNS + 1)
            whole = Subject(grain, "9", day, "EUR", label="a name")
            yield FactRow(
                whole, sum(1000 + c for c in numbers), sum(50 + c % 7 for c in numbers), sum(1_000_000 * (1 + c % 50) for c in numbers)
            )
            yield ConversionRow(whole, "purchase", DEFAULT_WINDOW, True, Decimal(_CAMPAIGNS), 2_000_000 * _CAMPAIGNS)
            return
        for c in range(1, _CAMPAIGNS + 1):
            about = Subject(grain, f"{c}~1" if grain is Grain.AD else str(c), day, "EUR", campaign_id=str(c), label="a name")
            yield FactRow(about, 1000 + c, 50 + c % 7, 1_000_000 * (1 + c % 50))
            if grain is Grain.CAMPAIGN:
                yield ConversionRow(about, "purchase", DEFAULT_WINDOW, True, Decimal(1), 2_000_000)


def _build(url: str, target: Path, *more: str) -> float:
    """Seconds of a `dbt build` without unit tests. Raises RuntimeError when a model or a test with severity error fails."""
    from resources.dbt import connection_environment, dbt

    begun = time.monotonic()
    done = dbt(
        "--no-use-colors", "build", "--exclude-resource-type", "unit_test", *more, environment=connection_environment(url), target=target
    )
    took = time.monotonic() - begun
    if done.returncode:
        raise RuntimeError(done.stdout[-4000:])
    if os.environ.get("ZAMC_BENCH_NODES"):
        results = json.loads((target / "run_results.json").read_text())["results"]
        slowest = sorted(results, key=lambda node: -node["execution_time"])[:12]
        print(*(f"{node['execution_time']:8.2f} s  {node['unique_id']}" for node in slowest), sep="\n")
    return took


def _execute(owner: str, script: str, values: dict[str, object]) -> None:
    engine = create_engine(owner)
    with engine.begin() as connection:
        for statement in script.strip().removesuffix(";").split(";\n"):
            wanted = {name: value for name, value in values.items() if f":{name}" in statement}
            connection.execute(text(statement), wanted)
    engine.dispose()


def _vacuum(owner: str) -> None:
    """What autovacuum would have done in the meantime."""
    engine = create_engine(owner).execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("SET client_min_messages = error"))
        for table in ("analytics", "analytics_conversions", "analytics_days", "deployments", "platform_objects"):
            connection.execute(text(f"VACUUM ANALYZE public.{table}"))
    engine.dispose()

"""Deployments and their history for reporting_growth, made by SQL as the sync would leave them.

A month's facts go into a table without indexes, day by day, and the table is then attached to public.analytics, which gives it all of them
at once: the same tables in a fraction of the time.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from benchmarks.progress import say

_WORLD = """
UPDATE platform_objects SET external_id = 'customers/9/campaigns/0';
INSERT INTO ad_accounts (SELECT (jsonb_populate_record(a, jsonb_build_object('id', gen_random_uuid(), 'external_id', 'x' || n))).*
    FROM ad_accounts AS a, generate_series(2, %(accounts)s) AS n);
CREATE TEMPORARY TABLE numbered AS SELECT id, row_number() OVER (ORDER BY external_id) AS n FROM ad_accounts;
CREATE TEMPORARY TABLE wanted AS SELECT account.id AS ad_account_id, c, gen_random_uuid() AS asset_id, gen_random_uuid() AS deployment_id
    FROM numbered AS account, generate_series(1, %(campaigns)s) AS c;
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
# The same figures as reporting_growth's source gives: campaign c has 1000 + c impressions, its one ad has as many.
_MADE = """
CREATE TEMPORARY TABLE made AS
    SELECT d.ad_account_id, grain, CASE grain WHEN 'ad' THEN campaign_id || '~1' ELSE campaign_id END AS object_id, d.id AS deployment_id,
        campaign_id, 1000 + campaign_id::bigint AS impressions, 50 + campaign_id::bigint %% 7 AS clicks,
        1000000 * (1 + campaign_id::bigint %% 50) AS spend
    FROM deployments AS d JOIN (SELECT deployment_id, regexp_replace(external_id, '^.*/', '') AS campaign_id FROM platform_objects) AS p
        ON p.deployment_id = d.id CROSS JOIN (VALUES ('campaign'), ('ad')) AS g (grain)
    UNION ALL
    SELECT d.ad_account_id, 'account', '9', NULL, NULL, sum(1000 + c), sum(50 + c %% 7), sum(1000000 * (1 + c %% 50))
    FROM deployments AS d JOIN (SELECT deployment_id, regexp_replace(external_id, '^.*/', '')::bigint AS c FROM platform_objects) AS p
        ON p.deployment_id = d.id GROUP BY 1
"""
_FACTS = """
INSERT INTO public.{table} (ad_account_id, grain, object_id, segment, date, as_of, recorded_at, deployment_id, campaign_id, ad_group_id,
        label, currency, impressions, clicks, spend_micros)
    SELECT ad_account_id, grain, object_id, '', %(day)s, %(day)s + interval '30 hours', now(), deployment_id, campaign_id, NULL,
        'a name', 'EUR', impressions, clicks, spend FROM made
"""
_CONVERSIONS = """
INSERT INTO public.{table} (ad_account_id, grain, object_id, segment, date, as_of, action, attribution_window, counted, conversions,
        value_micros)
    SELECT ad_account_id, grain, object_id, '', %(day)s, %(day)s + interval '30 hours', 'purchase', 'default', true,
        CASE grain WHEN 'account' THEN %(campaigns)s ELSE 1 END, 2000000::bigint * CASE grain WHEN 'account' THEN %(campaigns)s ELSE 1 END
    FROM made WHERE grain <> 'ad'
"""
_DAY = """
INSERT INTO analytics_days (ad_account_id, date, ticket, as_of, recorded_at)
    SELECT id, %(day)s, 1, %(day)s + interval '30 hours', now() FROM ad_accounts
"""


def make_world(owner: str, *, accounts: int, campaigns: int) -> None:
    """From the one deployment that there is: so many accounts, each with so many deployments of one campaign."""
    with _owner(owner) as connection:
        for statement in _WORLD.strip().removesuffix(";").split(";\n"):
            wanted = {name: value for name, value in (("accounts", accounts), ("campaigns", campaigns)) if f"%({name})s" in statement}
            connection.execute(statement, wanted or None)


def make_history(owner: str, first: date, last: date, *, campaigns: int) -> None:
    """Facts, conversions and readings of the days from first to last; none of their months may have a table yet."""
    with _owner(owner) as connection:
        connection.autocommit = True
        connection.execute("SET maintenance_work_mem = '1GB'")
        connection.execute(_MADE, {})
        for month, after in _months(first, last):
            days = [month + timedelta(days=n) for n in range((after - month).days)]
            wanted = [day for day in days if first <= day <= last]
            for parent, rows in (("analytics", _FACTS), ("analytics_conversions", _CONVERSIONS)):
                table = f"{parent}_{month:%Y%m}"
                connection.execute(f"CREATE TABLE public.{table} (LIKE public.{parent} INCLUDING ALL EXCLUDING INDEXES)")
                for day in wanted:
                    values = {"day": day, "campaigns": campaigns}
                    connection.execute(rows.format(table=table), {name: values[name] for name in values if f"%({name})s" in rows})
                connection.execute(
                    f"ALTER TABLE public.{parent} ATTACH PARTITION public.{table} FOR VALUES FROM ('{month}') TO ('{after}')"
                )
            for day in wanted:
                connection.execute(_DAY, {"day": day})
            say(f"history of {month:%Y-%m}: {len(wanted)} days")


def _months(first: date, last: date) -> Iterator[tuple[date, date]]:
    month = first.replace(day=1)
    while month <= last:
        after = (month + timedelta(days=31)).replace(day=1)
        yield month, after
        month = after


def _owner(url: str) -> Any:
    import psycopg

    return psycopg.connect(url.replace("postgresql+psycopg:", "postgresql:"))

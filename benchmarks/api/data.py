"""Projects, accounts, plans, deployments and facts of a large installation, made by the database itself; ids are numbers in disguise."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg

from benchmarks.progress import say
from cli.local.client import LocalStack
from cli.local.postgres import SUPERUSER
from cli.local.secrets import Secrets

PER_STRATEGY = 4


@dataclass(frozen=True)
class Size:
    """deployments, of all projects together; days of facts; users of each project, each with one API key."""

    deployments: int = 100_000
    projects: int = 1_000
    days: int = 90
    users: int = 2

    @property
    def people(self) -> int:
        return self.projects * self.users

    @property
    def each(self) -> int:
        """Deployments of one project."""
        return max(PER_STRATEGY, self.deployments // self.projects // PER_STRATEGY * PER_STRATEGY)


def uid(kind: int, number: int) -> UUID:
    return UUID(f"{kind:08x}-0000-7000-8000-{number:012x}")


def project_id(number: int) -> UUID:
    return uid(1, number)


def key_text(user: int) -> str:
    """An API key as they were before the checksum: its form is all that is looked at."""
    return f"zamc_{user:043d}"


# Kinds 1 to 8: project, account, strategy, set, deployment, object, user, key. Each deployment is an hour younger than the one before.
_WORLD = """
CREATE FUNCTION pg_temp.uid(kind int, number bigint) RETURNS uuid LANGUAGE sql IMMUTABLE
    RETURN (lpad(to_hex(kind), 8, '0') || '-0000-7000-8000-' || lpad(to_hex(number), 12, '0'))::uuid;
CREATE TEMPORARY TABLE made AS SELECT n, n / 4 AS s, pg_temp.uid(1, n / :each) AS project_id, pg_temp.uid(3, n / 4) AS strategy_id,
        pg_temp.uid(4, n / 4) AS set_id, pg_temp.uid(5, n) AS deployment_id,
        pg_temp.uid(2, n / :each * 2 + CASE n % 4 WHEN 3 THEN 1 ELSE 0 END) AS ad_account_id,
        CASE n % 4 WHEN 3 THEN 'meta_ads' ELSE 'google_ads' END AS platform,
        (ARRAY['search', 'display', 'performance_max', 'meta'])[n % 4 + 1] AS kind,
        now() - (:each - n % :each) * interval '1 hour' AS at
    FROM generate_series(0, :each * :projects - 1) AS n;
INSERT INTO projects (id, name) SELECT pg_temp.uid(1, p), 'Brand ' || p FROM generate_series(0, :projects - 1) AS p;
INSERT INTO ad_accounts (id, project_id, platform, external_id, currency, time_zone)
    SELECT pg_temp.uid(2, a), pg_temp.uid(1, a / 2), (ARRAY['google_ads', 'meta_ads'])[a % 2 + 1], 'x' || a, 'EUR', 'Europe/Berlin'
    FROM generate_series(0, 2 * :projects - 1) AS a;
INSERT INTO strategies (id, project_id, name, request_key, brief, status, plan_hash, approved_by, created_at)
    SELECT strategy_id, project_id, 'Campaign ' || s, 'r' || s, '{}', 'approved', md5(s::text), 'ana@example.org', at
    FROM made WHERE n % 4 = 0;
INSERT INTO assets (id, project_id, strategy_id, kind, local_ref, status, created_at)
    SELECT set_id, project_id, strategy_id, 'set', 'set', 'approved', at FROM made WHERE n % 4 = 0;
INSERT INTO deployments (id, project_id, asset_id, ad_account_id, platform, kind, name, status, desired_status, launch_mode, plan_hash,
        approved_by, currency, daily_budget_micros, starts_on, launched_at, created_at)
    SELECT deployment_id, project_id, set_id, ad_account_id, platform, kind, 'Campaign ' || s || ' / ' || kind, 'live', 'enabled',
        'best_effort', md5(n::text), 'ana@example.org', 'EUR', 1000000 * (5 + n % 97), current_date - :days, at, at FROM made;
INSERT INTO platform_objects (obj_key, deployment_id, project_id, ad_account_id, platform, kind, local_ref, position, spec, spec_hash,
        desired_status, generation, external_id)
    SELECT pg_temp.uid(6, n), deployment_id, project_id, ad_account_id, platform, 'campaign', 'campaign', 0, '{}', '0', 'enabled', 1,
        n::text
    FROM made;
SELECT ensure_analytics_partitions(current_date - :days, current_date);
INSERT INTO analytics (ad_account_id, grain, object_id, segment, date, as_of, recorded_at, deployment_id, campaign_id, label, currency,
        impressions, clicks, spend_micros)
    SELECT ad_account_id, 'campaign', n::text, '', current_date - back, current_date - back + interval '30 hours', now(), deployment_id,
        n::text, 'Campaign ' || n, 'EUR', 1000 + n % 997, 50 + n % 41, 1000000 * (1 + n % 50)
    FROM generate_series(1, :days) AS back, made;
INSERT INTO analytics_conversions (ad_account_id, grain, object_id, segment, date, as_of, action, attribution_window, counted,
        conversions, value_micros)
    SELECT ad_account_id, 'campaign', n::text, '', current_date - back, current_date - back + interval '30 hours', 'purchase', 'default',
        true, 1 + n % 5, 1000000 * (1 + n % 90)
    FROM generate_series(1, :days) AS back, made;
INSERT INTO analytics_days (ad_account_id, date, ticket, as_of, recorded_at, impressions, clicks, spend_micros, conversions, value_micros)
    SELECT ad_account_id, current_date - back, 1, current_date - back + interval '30 hours', now(), sum(1000 + n % 997), sum(50 + n % 41),
        sum(1000000 * (1 + n % 50)), sum(1 + n % 5), sum(1000000 * (1 + n % 90))
    FROM generate_series(1, :days) AS back, made GROUP BY ad_account_id, back;
DROP TABLE made
"""


def load(stack: LocalStack, size: Size) -> None:
    """Into the stack's migrated, empty database. Foreign keys hold by how ids are made, so that nobody checks them row by row."""
    from zamc.identity.keyring import Keyring
    from zamc.identity.rules import PURPOSE

    password = Secrets(stack.home.folder("secrets")).get("postgres-superuser")
    with psycopg.connect(
        host="127.0.0.1", port=stack.ports["postgres"], dbname="zamc", user=SUPERUSER, password=password, autocommit=True
    ) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("SET synchronous_commit = off")
        for statement in _WORLD.split(";\n"):
            for name, value in (("each", size.each), ("projects", size.projects), ("days", size.days)):
                statement = statement.replace(f":{name}", str(value))  # noqa: PLW2901 - filled in
            connection.execute(statement.encode())
            say(" ".join(statement.split()[:3]))
        keyring = Keyring(stack.environment["ZAMC_IDENTITY_KEY"])
        with connection.cursor() as cursor:
            users = range(size.projects * size.users)
            with cursor.copy("COPY auth.users (id, email) FROM STDIN") as copy:
                for user in users:
                    copy.write_row((uid(7, user), f"user{user}@example.org"))
            with cursor.copy("COPY auth.memberships (user_id, project_id, role) FROM STDIN") as copy:
                for user in users:
                    copy.write_row((uid(7, user), project_id(user // size.users), "owner"))
            with cursor.copy("COPY auth.api_keys (id, user_id, prefix, key_hash, last_used_at) FROM STDIN") as copy:
                for user in users:
                    text = key_text(user)
                    mac = keyring.mac(PURPOSE, text.encode())
                    copy.write_row((uid(8, user), uid(7, user), text[:16], mac, datetime.now(UTC) + timedelta(hours=1)))
        connection.execute("SET session_replication_role = origin")
        connection.execute("VACUUM ANALYZE")
        say("vacuumed")

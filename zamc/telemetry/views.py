"""The whole installation in numbers, for whoever watches it: a few statements, none of which grows with history. Every query of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

Counts = Mapping[tuple[str, ...], float]

# A backlog beyond it is "very many": counting on would be work for no news.
MOST_COUNTED = 100_000
RECENT = timedelta(minutes=15)

_DEPLOYMENTS = text("SELECT platform, status, count(*) FROM deployments GROUP BY 1, 2")
_OUTBOX = text(
    """
    SELECT (SELECT count(*) FROM (SELECT 1 FROM events.outbox WHERE published_at IS NULL LIMIT :most) AS unsent),
        (SELECT extract(epoch FROM now() - created_at) FROM events.outbox WHERE published_at IS NULL ORDER BY sequence LIMIT 1)
    """
)
_DELIVERIES = text(
    """
    SELECT count(*), extract(epoch FROM now() - min(next_attempt_at)) FROM notification_deliveries
    WHERE state = 'pending' AND next_attempt_at <= now()
    """
)
_DEAD_LETTERS = text("SELECT kind, count(*) FROM events.dead_letters WHERE state = 'open' GROUP BY 1")
_ALERTS = text("SELECT code, severity, count(*) FROM alerts WHERE cleared_at IS NULL GROUP BY 1, 2")
_STOPS = text(
    """
    SELECT count(DISTINCT deployment_id), extract(epoch FROM now() - min(created_at)) FROM operations
    WHERE lane = 'stop' AND state IN ('planned', 'sending', 'sent', 'in_doubt')
    """
)
# What zamc.notifications.waiting lists for a project, counted for all of them.
_APPROVALS = text(
    """
    SELECT 'plan', count(*) FROM plan_versions WHERE status = 'waiting'
    UNION ALL SELECT 'creatives', count(*) FROM assets WHERE kind = 'set' AND status = 'ready'
    UNION ALL SELECT 'launch', count(*) FROM deployments WHERE status = 'requested'
    UNION ALL SELECT 'change', count(*) FROM deployment_changes AS change WHERE state = 'proposed' AND EXISTS (
        SELECT FROM approvals WHERE deployment_id = change.deployment_id AND plan_hash = change.change_hash)
    """
)
# Today is a day of the account; the newest that is known of each campaign counts. The bounds are for the partitions.
_SPEND = text(
    """
    SELECT platform, currency, sum(spend_micros) / 1e6 FROM (
        SELECT DISTINCT ON (fact.ad_account_id, fact.object_id, fact.segment) account.platform, fact.currency, fact.spend_micros
        FROM ad_accounts AS account JOIN analytics AS fact
            ON fact.ad_account_id = account.id AND fact.date = (CAST(:today AS timestamptz) AT TIME ZONE account.time_zone)::date
        WHERE fact.grain = 'campaign' AND fact.deployment_id IS NOT NULL AND fact.date BETWEEN :first AND :last
        ORDER BY fact.ad_account_id, fact.object_id, fact.segment, fact.as_of DESC
    ) AS newest GROUP BY 1, 2
    """
)
# The account that was not read for longest, among those that have something on.
_FRESHNESS = text(
    """
    SELECT account.platform, extract(epoch FROM now() - min(read.at)), count(*) FILTER (WHERE read.at IS NULL)
    FROM ad_accounts AS account CROSS JOIN LATERAL (
        SELECT max(recorded_at) AS at FROM analytics_days WHERE ad_account_id = account.id AND date >= :first
    ) AS read
    WHERE account.removed_at IS NULL AND EXISTS (
        SELECT FROM deployments WHERE ad_account_id = account.id AND status = 'live' AND launched_at < now() - interval '1 day')
    GROUP BY 1
    """
)
# Keys of both tables are UUIDv7: as many begin after a moment as rows were made after it, and the index of the key knows them.
_CALLS = text(
    """
    SELECT object.platform, attempt.outcome, count(*)
    FROM operation_attempts AS attempt JOIN operations AS operation ON operation.id = attempt.operation_id
    JOIN platform_objects AS object ON object.obj_key = operation.obj_key
    WHERE attempt.id >= CAST(:since AS uuid) GROUP BY 1, 2
    """
)
_MODELS = text(
    """
    SELECT provider, status, count(*) FILTER (WHERE id >= CAST(:since AS uuid)), sum(cost_micros) / 1e6 FROM model_calls
    WHERE id >= CAST(:midnight AS uuid) AND NOT cache_hit GROUP BY 1, 2
    """
)


@dataclass(frozen=True)
class Figures:
    """All of it at one moment; by (platform, status) and so on, in the order of the words. Money in units of its currency, ages in seconds.

    outbox_age is 0 while nothing waits. calls and model_calls are of the last fifteen minutes; model_spend: US dollars since midnight UTC.
    """

    deployments: Counts = field(default_factory=dict)
    outbox: float = 0
    outbox_age: float = 0
    deliveries: float = 0
    deliveries_age: float = 0
    dead_letters: Counts = field(default_factory=dict)
    alerts: Counts = field(default_factory=dict)
    stops: float = 0
    stops_age: float = 0
    approvals: Counts = field(default_factory=dict)
    spend_today: Counts = field(default_factory=dict)
    performance_age: Counts = field(default_factory=dict)
    never_read: Counts = field(default_factory=dict)
    calls: Counts = field(default_factory=dict)
    model_calls: Counts = field(default_factory=dict)
    model_spend: Counts = field(default_factory=dict)


def figures(session: Session, *, now: datetime, today: datetime, limit_seconds: float) -> Figures:
    """now: wall time; today: business time, by which an account has its day. A statement that takes longer than the limit raises."""
    session.execute(text("SELECT set_config('statement_timeout', :limit, true)"), {"limit": f"{int(limit_seconds * 1000)}ms"})
    unsent, outbox_age = _two(session.execute(_OUTBOX, {"most": MOST_COUNTED}).one())
    due, due_age = _two(session.execute(_DELIVERIES).one())
    stops, stops_age = _two(session.execute(_STOPS).one())
    days = {"today": today, "first": (today - timedelta(days=2)).date(), "last": (today + timedelta(days=2)).date()}
    fresh = session.execute(_FRESHNESS, {"first": (today - timedelta(days=40)).date()}).all()
    since, midnight = _first_id(now - RECENT), _first_id(min(now - RECENT, now.replace(hour=0, minute=0, second=0, microsecond=0)))
    models = session.execute(_MODELS, {"since": since, "midnight": midnight}).all()
    return Figures(
        deployments=_counts(session.execute(_DEPLOYMENTS).all()),
        outbox=unsent,
        outbox_age=outbox_age,
        deliveries=due,
        deliveries_age=due_age,
        dead_letters=_counts(session.execute(_DEAD_LETTERS).all()),
        alerts=_counts(session.execute(_ALERTS).all()),
        stops=stops,
        stops_age=stops_age,
        approvals=_counts(session.execute(_APPROVALS).all()),
        spend_today=_counts(session.execute(_SPEND, days).all()),
        performance_age={(row[0],): float(row[1]) for row in fresh if row[1] is not None},
        never_read={(row[0],): float(row[2]) for row in fresh},
        calls=_counts(session.execute(_CALLS, {"since": since}).all()),
        model_calls=_counts([row[:3] for row in models]),
        model_spend=_summed([(row[0], row[3]) for row in models]),
    )


def _two(row: Sequence[Any]) -> tuple[float, float]:
    """A count, and an age that is NULL where there is nothing."""
    return float(row[0]), float(row[1] or 0)


def _counts(rows: Sequence[Sequence[Any]]) -> Counts:
    """Words, and a number behind them."""
    return {tuple(map(str, row[:-1])): float(row[-1]) for row in rows}


def _summed(rows: Sequence[tuple[str, Any]]) -> Counts:
    found: dict[tuple[str, ...], float] = {}
    for name, amount in rows:
        found[name,] = found.get((name,), 0.0) + float(amount or 0)
    return found


def _first_id(moment: datetime) -> str:
    """No UUIDv7 of that moment or later is below it."""
    stamp = f"{int(moment.timestamp() * 1000):012x}"
    return f"{stamp[:8]}-{stamp[8:]}-7000-8000-000000000000"

"""The dashboard that operators import into Grafana, made from a list of panels: `python -m cli.reference` writes it."""

import json
from typing import Any

# Title, what is asked for, what a line is called, unit. What the whole installation has is the same on every API process: max, never sum.
_ROWS: dict[str, list[tuple[str, str, str, str]]] = {
    "Money and people": [
        ("Billed today", "max by (platform, currency) (zamc_spend_today)", "{{platform}} {{currency}}", "none"),
        ("Models today", "max by (provider) (zamc_model_spend_today)", "{{provider}}", "currencyUSD"),
        ("Waits for a person", "max by (what) (zamc_approvals_waiting)", "{{what}}", "none"),
        ("Conditions that last", "max by (code, severity) (zamc_alerts_open)", "{{severity}}: {{code}}", "none"),
    ],
    "Campaigns": [
        ("Deployments", "max by (platform, status) (zamc_deployments)", "{{platform}} {{status}}", "none"),
        ("Pauses that are not confirmed", "max(zamc_stops_unconfirmed)", "pauses", "none"),
        ("Oldest of them", "max(zamc_stops_age_seconds)", "age", "s"),
        ("Performance was read", "max by (platform) (zamc_performance_age_seconds)", "{{platform}}", "s"),
    ],
    "Platforms and models": [
        ("Changes sent, 15 minutes", "max by (platform, outcome) (zamc_platform_calls_recent)", "{{platform}} {{outcome}}", "none"),
        ("Calls of models, 15 minutes", "max by (provider, status) (zamc_model_calls_recent)", "{{provider}} {{status}}", "none"),
        ("Breakers that are open", "max by (platform) (zamc_breakers_open)", "{{platform}}", "none"),
        ("Limits that are used up", "max by (platform) (zamc_limits_closed)", "{{platform}}", "none"),
    ],
    "Events": [
        ("Events that wait for the relay", "max(zamc_outbox_unsent)", "events", "none"),
        ("Oldest of them", "max(zamc_outbox_age_seconds)", "age", "s"),
        ("News that waits for the notifier", "max(zamc_deliveries_due)", "deliveries", "none"),
        ("Oldest of it", "max(zamc_deliveries_age_seconds)", "age", "s"),
        ("Dead letters", "max by (kind) (zamc_dead_letters)", "{{kind}}", "none"),
        ("Reading these figures took", "max(zamc_figures_seconds)", "seconds", "s"),
    ],
    "API": [
        ("Requests", "sum by (route, status) (rate(zamc_http_requests_total[5m]))", "{{route}} {{status}}", "reqps"),
        ("Operations", "sum by (operation, outcome) (rate(zamc_graphql_operations_total[5m]))", "{{operation}} {{outcome}}", "ops"),
        (
            "99 of 100 operations take at most",
            "histogram_quantile(0.99, sum by (le, operation) (rate(zamc_graphql_seconds_bucket[5m])))",
            "{{operation}}",
            "s",
        ),
        (
            "Answers that were kept",
            'sum(rate(zamc_graphql_operations_total{outcome="cached"}[5m])) / sum(rate(zamc_graphql_operations_total{kind="query"}[5m]))',
            "share",
            "percentunit",
        ),
        ("Connections in use", 'zamc_database_connections{state="in_use"}', "{{instance}}", "none"),
        ("Being answered", "zamc_http_underway", "{{instance}} {{kind}}", "none"),
        ("Told to come back", "sum by (room) (rate(zamc_api_shed_total[5m]))", "{{room}}", "reqps"),
        ("Dependencies that are left alone", "max by (dependency) (zamc_api_breaker_open)", "{{dependency}}", "none"),
    ],
    "Live updates": [
        ("Sockets", "zamc_live_sockets", "{{instance}}", "none"),
        ("Subscriptions", "sum(zamc_live_subscriptions)", "subscriptions", "none"),
        ("Messages", "sum(rate(zamc_live_messages_total[5m]))", "messages", "ops"),
        ("Sockets that were closed", "sum by (code) (rate(zamc_live_closed_total[5m]))", "{{code}}", "ops"),
    ],
}
_WIDTH, _HEIGHT, _COLUMNS = 6, 8, 4


def dashboard() -> str:
    """JSON as Grafana's import takes it (schema version 39); it asks which Prometheus to use."""
    panels: list[dict[str, Any]] = []
    line = 0
    for title, row in _ROWS.items():
        panels.append({"type": "row", "title": title, "collapsed": False, "gridPos": _at(line, 0, _WIDTH * _COLUMNS, 1), "panels": []})
        for number, panel in enumerate(row):
            panels.append(_panel(*panel, _at(line + 1 + number // _COLUMNS * _HEIGHT, number % _COLUMNS * _WIDTH, _WIDTH, _HEIGHT)))
        line += 1 + -(-len(row) // _COLUMNS) * _HEIGHT
    for number, made in enumerate(panels, 1):
        made["id"] = number
    source = {"name": "prometheus", "type": "datasource", "query": "prometheus", "label": "Prometheus"}
    whole = {
        "uid": "zamc", "title": "ZAMC", "tags": ["zamc"], "schemaVersion": 39, "version": 1, "editable": True, "refresh": "1m",
        "time": {"from": "now-6h", "to": "now"}, "timezone": "browser", "templating": {"list": [source]}, "panels": panels,
    }  # fmt: skip
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def _panel(title: str, expression: str, legend: str, unit: str, at: dict[str, int]) -> dict[str, Any]:
    source = {"type": "prometheus", "uid": "${prometheus}"}
    return {
        "type": "timeseries",
        "title": title,
        "datasource": source,
        "gridPos": at,
        "targets": [{"refId": "A", "datasource": source, "expr": expression, "legendFormat": legend}],
        "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}},
    }


def _at(line: int, column: int, width: int, height: int) -> dict[str, int]:
    return {"x": column, "y": line, "w": width, "h": height}

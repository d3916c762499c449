"""/metrics for Prometheus: this process, and figures of the whole installation. For those who know the token; without one, for nobody."""

import asyncio
import hmac
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, disable_created_metrics, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric

from zamc.bootstrap import Services
from zamc.errors import ConfigurationError
from zamc.telemetry.figures import InstallationFigures, Reading
from zamc.telemetry.views import Counts
from zamc.throttling.held import CLOSED, OPEN, held_back

disable_created_metrics()  # when a series began is of no use, and doubles their number
SHORTEST_TOKEN = 16
_SECONDS = 4.0


def router(wired: Services) -> APIRouter:
    """Raises ConfigurationError for a token that could be guessed."""
    token = wired.settings.metrics_token.get_secret_value().strip() if wired.settings.metrics_token else ""
    if token and len(token) < SHORTEST_TOKEN:
        raise ConfigurationError(f"ZAMC_METRICS_TOKEN: has fewer than {SHORTEST_TOKEN} characters; `openssl rand -hex 32` makes one")
    routes = APIRouter(include_in_schema=False)
    if not token:
        return routes
    page = Page(wired)

    @routes.get("/metrics")
    async def metrics(request: Request) -> Response:
        shown = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(shown.encode("utf-8", "surrogatepass"), token.encode()):
            return Response(status_code=401, headers={"www-authenticate": "Bearer", "cache-control": "no-store"})
        return Response(await page.text(), media_type=CONTENT_TYPE_LATEST, headers={"cache-control": "no-store"})

    return routes


@dataclass(frozen=True)
class Seen:
    """What was read for one answer. breakers, limits: by platform; None when Redis does not answer."""

    figures: Reading
    breakers: Mapping[str, int] | None = None
    limits: Mapping[str, int] | None = None


class Page:
    """A thread of its own reads what may hang, so that the page tells of an outage instead of taking part in it."""

    def __init__(self, wired: Services) -> None:
        self._wired = wired
        self._figures = InstallationFigures(wired.database, wired.clock)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="api-metrics")

    async def text(self) -> bytes:
        """In Prometheus' text format, within a few seconds whatever is down."""
        try:
            seen = await asyncio.wait_for(asyncio.get_running_loop().run_in_executor(self._thread, self._look), _SECONDS)
        except TimeoutError:
            seen = Seen(Reading(None, well=False, age=0.0, took=_SECONDS))
        return await asyncio.to_thread(generate_latest, _All(self._wired.database.engine.pool, seen))

    def _look(self) -> Seen:
        store = self._wired.throttling_store
        return Seen(self._figures.read(), held_back(store, OPEN), held_back(store, CLOSED))


class _All:
    """Prometheus' own registry, and what was read: it has `collect`, which is all that is asked of a registry."""

    def __init__(self, pool: Any, seen: Seen) -> None:
        self._pool, self._seen = pool, seen

    def collect(self) -> Iterator[Metric]:
        yield from REGISTRY.collect()
        states: Counts = {("in_use",): float(self._pool.checkedout()), ("idle",): float(self._pool.checkedin())}
        yield _gauge("zamc_database_connections", "Connections of this process's pool", "state", states)
        most = float(self._pool.size() + max(0, getattr(self._pool, "_max_overflow", 0)))
        yield GaugeMetricFamily("zamc_database_connections_most", "Connections that the pool may have", value=most)
        seen = self._seen
        yield GaugeMetricFamily("zamc_redis_up", "Whether Redis told what is held back", value=float(seen.breakers is not None))
        yield _gauge("zamc_breakers_open", "Accounts and providers left alone: they did not answer", "platform", _keyed(seen.breakers))
        yield _gauge("zamc_limits_closed", "Limits that a platform said are used up", "platform", _keyed(seen.limits))
        yield from installation(seen.figures)


def installation(read: Reading) -> Iterator[Metric]:
    """The figures of the database: the same on every API process, so that a query takes `max`, never `sum`, over instances."""
    yield GaugeMetricFamily("zamc_figures_up", "Whether the figures of the installation could be read", value=float(read.well))
    yield GaugeMetricFamily("zamc_figures_age_seconds", "How old the figures of the installation are", value=read.age)
    yield GaugeMetricFamily("zamc_figures_seconds", "How long reading them took", value=read.took)
    own = read.figures
    if own is None:
        return
    yield _gauge("zamc_deployments", "Deployments", "platform status", own.deployments)
    yield GaugeMetricFamily("zamc_outbox_unsent", "Events that wait for the relay", value=own.outbox)
    yield GaugeMetricFamily("zamc_outbox_age_seconds", "How long the oldest of them has waited", value=own.outbox_age)
    yield GaugeMetricFamily("zamc_deliveries_due", "Mails and messages that wait for the notifier", value=own.deliveries)
    yield GaugeMetricFamily("zamc_deliveries_age_seconds", "How long the one that waits longest is due", value=own.deliveries_age)
    yield _gauge("zamc_dead_letters", "Dead letters that wait for a person", "kind", own.dead_letters)
    yield _gauge("zamc_alerts_open", "Conditions that a person was told of and that last", "code severity", own.alerts)
    yield GaugeMetricFamily("zamc_stops_unconfirmed", "Deployments whose pause is not confirmed yet", value=own.stops)
    yield GaugeMetricFamily("zamc_stops_age_seconds", "How long the oldest of them has been wanted", value=own.stops_age)
    yield _gauge("zamc_approvals_waiting", "What waits for a person's approval", "what", own.approvals)
    yield _gauge("zamc_spend_today", "Billed today by the accounts' days, in units of the currency", "platform currency", own.spend_today)
    yield _gauge("zamc_performance_age_seconds", "Since the live account that waits longest was read", "platform", own.performance_age)
    yield _gauge("zamc_accounts_never_read", "Live accounts whose performance was not read for 40 days", "platform", own.never_read)
    yield _gauge("zamc_platform_calls_recent", "Changes sent to platforms in the last 15 minutes", "platform outcome", _outcomes(own.calls))
    yield _gauge("zamc_model_calls_recent", "Calls of models in the last 15 minutes", "provider status", own.model_calls)
    yield _gauge("zamc_model_spend_today", "US dollars that models cost since midnight UTC", "provider", own.model_spend)


# What an attempt may have come to (zamc.deployments); anything else is counted together.
_OUTCOMES = frozenset(
    {"ok", "AccountBlocked", "AlreadyThere", "CredentialsRefused", "GiveUp", "HeldBack", "InDoubt", "Later", "Mend", "Throttled"}
)


def _outcomes(calls: Counts) -> Counts:
    found: dict[tuple[str, ...], float] = {}
    for (platform, outcome), count in calls.items():
        word = outcome.rpartition(":")[2]
        key = (platform, word if word in _OUTCOMES else "other")
        found[key] = found.get(key, 0.0) + count
    return found


def _keyed(counts: Mapping[str, int] | None) -> Counts:
    return {(name,): float(count) for name, count in (counts or {}).items()}


def _gauge(name: str, words: str, labels: str, values: Mapping[tuple[str, ...], float]) -> Metric:
    family = GaugeMetricFamily(name, words, labels=labels.split())
    for label, value in sorted(values.items()):
        family.add_metric(label, value)
    return family

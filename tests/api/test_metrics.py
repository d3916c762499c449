"""/metrics: for whoever knows the token, with a number of series that nobody outside can raise, and with figures that are true."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest
import yaml
from fastapi.testclient import TestClient
from prometheus_client import CollectorRegistry, generate_latest
from pydantic import SecretStr

from api.app import create_app
from api.metrics import installation
from cli.deploy_files import FOLDER
from tests.api import world
from tests.conftest import ManualClock
from zamc.analytics.partitions import ensure_partitions
from zamc.analytics.tables import Fact, SyncedDay
from zamc.bootstrap import Services
from zamc.database.engine import Database
from zamc.database.ids import uuid7
from zamc.deployments import intents
from zamc.deployments.rules import Desired
from zamc.deployments.tables import Deployment
from zamc.errors import ConfigurationError, Later
from zamc.events import dead_letters
from zamc.telemetry.figures import InstallationFigures
from zamc.throttling.rules import BreakerRules

TOKEN = "a-token-for-prometheus"
SERIES = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$", re.MULTILINE)


def guarded(wired: Services, **changes: Any) -> Services:
    return Services(wired.settings.model_copy(update={"metrics_token": SecretStr(TOKEN), **changes}))


@pytest.fixture
def asked(wired: Services) -> Iterator[TestClient]:
    with TestClient(create_app(guarded(wired)), raise_server_exceptions=False) as client:
        yield client


def read(client: TestClient) -> dict[str, float]:
    """Every series, by its name with its labels."""
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    return {f"{name}{{{labels}}}" if labels else name: float(value) for name, labels, value in SERIES.findall(answer.text)}


def told(figures: InstallationFigures) -> dict[str, float]:
    """What the page says of the installation, by the clock of a test: an application's own must go on."""
    text = generate_latest(cast("CollectorRegistry", SimpleNamespace(collect=lambda: installation(figures.read())))).decode()
    return {f"{name}{{{labels}}}" if labels else name: float(value) for name, labels, value in SERIES.findall(text)}


def test_only_who_knows_the_token_sees_anything(asked: TestClient, wired: Services) -> None:
    for headers in (
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": TOKEN[:-1]},
        {"Authorization": "Bearer \u00fc".encode("latin-1")},
    ):
        answer = asked.get("/metrics", headers=headers)  # type: ignore[arg-type]  # bytes too
        assert (answer.status_code, answer.content) == (401, b"")
    for nothing in (None, SecretStr("")):
        with TestClient(create_app(guarded(wired, metrics_token=nothing))) as client:
            assert client.get("/metrics").status_code == 404


def test_a_token_that_could_be_guessed_is_refused(wired: Services) -> None:
    with pytest.raises(ConfigurationError, match="ZAMC_METRICS_TOKEN"):
        create_app(guarded(wired, metrics_token=SecretStr("prometheus")))


def test_whatever_strangers_send_makes_no_series(asked: TestClient, project: Callable[[str], UUID], key: Callable[..., str]) -> None:
    mine = key("ana@example.org", {project("Padaria"): "owner"})

    def bother(number: int) -> None:
        asked.get(f"/made-up-{number}/ana@example.org?token=canary{number}")
        asked.request(f"MADEUP{number}", "/healthz")
        asked.get(f"/files/{number:064x}.png?expires=1&signature=canary")
        document = {"query": f"query MadeUp{number} {{ __typename }}", "operationName": f"MadeUp{number}"}
        asked.post("/graphql", json=document, headers={"Authorization": f"Bearer {mine}", "x-request-id": f"canary-{number}-of-a-request"})

    for _ in range(2):
        bother(0)  # the second answer is kept from the first
        read(asked)
    before = read(asked)
    for number in range(1, 30):
        bother(number)
    after = read(asked)
    assert after.keys() == before.keys()
    assert not [name for name in after if "MADEUP" in name.upper() or "canary" in name or "made-up" in name or "@" in name]
    other = 'zamc_graphql_operations_total{kind="query",operation="other",outcome="ok"}'
    cached = other.replace('"ok"', '"cached"')
    assert after.get(other, 0) + after.get(cached, 0) - before.get(other, 0) - before.get(cached, 0) == 29


def test_every_answer_names_the_request_and_a_callers_own_name_for_it_is_kept_if_it_is_one(asked: TestClient) -> None:
    assert asked.get("/healthz", headers={"x-request-id": "from-the-proxy-17"}).headers["x-request-id"] == "from-the-proxy-17"
    for bad in ("x", "a b c d e f g h", "a" * 65, 'quote"quote"quote'):
        assert asked.get("/healthz", headers={"x-request-id": bad}).headers["x-request-id"] != bad


def test_alerts_and_dashboard_ask_for_nothing_that_is_not_there(asked: TestClient) -> None:
    text = asked.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text
    families = dict(re.findall(r"^# TYPE (\w+) (\w+)$", text, re.MULTILINE))
    (group,) = yaml.safe_load((FOLDER / "helm/zamc/files/alerts.yaml").read_text())["groups"]
    panels = json.loads((FOLDER / "helm/zamc/files/dashboard.json").read_text())["panels"]
    expressions = [rule["expr"] for rule in group["rules"]] + [target["expr"] for panel in panels for target in panel.get("targets", [])]
    wanted = {name for expression in expressions for name in re.findall(r"zamc_\w+", expression)}
    assert len(wanted) > 20
    shown = {f"{name}_bucket" if kind == "histogram" else name for name, kind in families.items()}
    assert wanted <= shown
    # What nobody looks at need not be there: every figure of the installation is on the dashboard or in an alert, or says how it was read.
    ours = {name for name in families if name.startswith("zamc_") and not name.startswith(("zamc_api_", "zamc_live_"))}
    assert ours - {name.removesuffix("_bucket") for name in wanted} <= {
        "zamc_http_seconds", "zamc_figures_age_seconds", "zamc_accounts_never_read",
    }  # fmt: skip


def test_the_figures_are_those_of_the_installation(wired: Services, owner_database: Database, clock: ManualClock) -> None:
    brand = world.make(wired.database, owner_database, clock, "Padaria")
    today = clock.now().date()
    with owner_database.transaction() as session:
        ensure_partitions(session, first_day=today, last_day=today)
    with wired.database.transaction() as session:
        account, deployment = brand.account, brand.deployment
        where = {"ad_account_id": account, "grain": "campaign", "object_id": "1", "date": today, "recorded_at": clock.now()}
        numbers = {"impressions": 10, "clicks": 1, "deployment_id": deployment, "campaign_id": "1", "currency": "EUR"}
        for minutes, spend in ((20, 1_000_000), (10, 2_500_000)):
            session.add(Fact(**where, **numbers, as_of=clock.now() - timedelta(minutes=minutes), spend_micros=spend))
        session.add(SyncedDay(ad_account_id=account, date=today, ticket=1, as_of=clock.now(), recorded_at=clock.now()))
        about: dict[str, Any] = {"subject": "zamc.deployment.requested", "reason": "no", "project_id": brand.project, "subject_id": uuid7()}
        dead_letters.give_up(session, "deployment", "x", **about)
    shown = told(InstallationFigures(wired.database, clock))
    assert shown["zamc_figures_up"] == 1
    assert shown['zamc_deployments{platform="google_ads",status="live"}'] == 1
    assert shown['zamc_dead_letters{kind="deployment"}'] == 1
    # The newest that is known of today, and not both that ever were.
    assert [value for name, value in shown.items() if name.startswith("zamc_spend_today{")] == [2.5]
    assert shown["zamc_outbox_unsent"] > 0
    assert shown["zamc_stops_unconfirmed"] == 0
    assert sum(value for name, value in shown.items() if name.startswith('zamc_platform_calls_recent{outcome="ok"')) > 0
    assert 0 < shown["zamc_outbox_age_seconds"] < 3_600
    assert shown["zamc_deliveries_due"] == 0
    assert shown['zamc_approvals_waiting{what="plan"}'] == 0


def test_a_pause_that_is_not_confirmed_is_seen(wired: Services, owner_database: Database, clock: ManualClock) -> None:
    brand = world.make(wired.database, owner_database, clock, "Padaria")
    with wired.database.transaction() as session:
        intents.stop(session, clock, [session.get_one(Deployment, brand.deployment)], desired=Desired.PAUSED, by="ana@example.org")
    with TestClient(create_app(guarded(wired))) as client:
        shown = read(client)
    assert shown["zamc_stops_unconfirmed"] == 1
    assert shown["zamc_stops_age_seconds"] >= 0


def test_what_is_held_back_is_counted_by_platform_until_it_is_over(wired: Services) -> None:
    outage = Later("no answer", outage=True)
    for key in ("google_ads:metrics-1", "google_ads:metrics-2", "llm:openai:0f1e2d3c4b5a"):
        for _ in range(BreakerRules().failures):
            with pytest.raises(Later), wired.breaker.guard(key):
                raise outage
    wired.limiter.close_key("meta_ads:act_metrics", timedelta(minutes=1))
    with TestClient(create_app(guarded(wired))) as client:
        shown = read(client)
        assert shown['zamc_breakers_open{platform="google_ads"}'] >= 2
        assert shown['zamc_breakers_open{platform="openai"}'] >= 1
        assert shown['zamc_limits_closed{platform="meta_ads"}'] >= 1
        for key in ("google_ads:metrics-1", "google_ads:metrics-2"):
            wired.breaker.reset(key)
        assert read(client).get('zamc_breakers_open{platform="google_ads"}', 0) == shown['zamc_breakers_open{platform="google_ads"}'] - 2


@pytest.mark.parametrize(
    ("setting", "url", "figure"),
    [
        ("database_url", "postgresql+psycopg://x:y@127.0.0.1:9/z", "zamc_figures_up"),
        ("redis_url", "redis://127.0.0.1:9/0", "zamc_redis_up"),
    ],
)
def test_the_page_tells_of_an_outage_instead_of_taking_part_in_it(wired: Services, setting: str, url: str, figure: str) -> None:
    broken = Services(guarded(wired).settings.model_copy(update={setting: SecretStr(url)}))
    with TestClient(create_app(broken)) as client:
        shown = read(client)
    assert shown[figure] == 0
    assert shown["zamc_figures_up"] + shown["zamc_redis_up"] == 1

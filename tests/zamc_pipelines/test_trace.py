"""One trace from a request to the last call of a platform, through every process between them; and no secret in any of it."""

import json
import os
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import dagster as dg
import httpx
import pytest
from dagster import DagsterInstance
from dagster._core.definitions.reconstruct import ReconstructableRepository
from sqlalchemy import select

from cli.demo import calendar, customer
from cli.local.client import LocalStack
from cli.local.environment import MODELS
from resources.platform import Zamc
from tests.deploy.journey import BRIEF, REQUEST
from tests.otlp import Collector, Received, collector
from tests.zamc_pipelines.secret_run import _secrets
from zamc import settings as settings_module
from zamc import telemetry
from zamc.bootstrap import Services
from zamc.events.tables import OutboxRow
from zamc.settings import Settings
from zamc.strategies.brief_rules import read_brief
from zamc_pipelines.jobs import CAMPAIGN_ASSETS
from zamc_pipelines.reactions import campaign_requests

ROOT = Path(__file__).parents[2]
NEEDED = ("postgres", "nats", "valkey", "sandbox", "migrate", "relay", "api", "launcher")
TRACE, CALLER = "5eed" * 8, "abad" * 4
EMAIL, METRICS, COLLECTOR = "ana.canary@example.org", "canary-of-the-metrics-page", "canary-of-the-collector"
FROM_THE_RUN_UP = [
    "zamc-run: run campaigns_job",
    "zamc-sensors: process campaign_requests",
    "zamc-relay: publish zamc.strategy.requested",
    "zamc-api: POST /graphql",
]
MODEL_ATTRIBUTES = {
    "gen_ai.provider.name", "gen_ai.request.model", "gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens",
    "zamc.platform", "zamc.prompt", "zamc.request_id", "zamc.ended", "zamc.retries",
}  # fmt: skip
PATIENCE_SECONDS = 120.0


@dataclass(frozen=True)
class Journey:
    """What one request left behind. outbox: traceparents of the events it led to; left: by name, what processes wrote; page: /metrics."""

    spans: list[Received]
    outbox: list[str | None]
    left: dict[str, str]
    page: str
    canaries: dict[str, str]
    run_id: str


def until(look: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (seen := look()):
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.1)
    return seen


@pytest.fixture(scope="module")
def journey() -> Iterator[Journey]:
    with collector() as heard, tempfile.TemporaryDirectory(prefix="zamc-trace-") as folder, pytest.MonkeyPatch.context() as patch:
        own = {
            "ZAMC_OTLP_ENDPOINT": heard.url,
            "ZAMC_OTLP_HEADERS": f"authorization=Bearer%20{COLLECTOR}",
            "ZAMC_METRICS_TOKEN": METRICS,
        }
        patch.setenv(MODELS, "sandbox")
        with LocalStack.start(home=Path(folder), services=NEEDED, environment=own, durable=False) as stack:
            for name, value in {**stack.environment, **own}.items():
                patch.setenv(name, value)
            settings_module.settings.cache_clear()
            try:
                yield _travelled(stack, heard)
            finally:
                telemetry.stop()
                settings_module.settings.cache_clear()


def _travelled(stack: LocalStack, heard: Collector) -> Journey:
    wired = Services(Settings())
    file = read_brief((ROOT / BRIEF).read_text())
    sandbox = customer.Sandbox(stack.url("sandbox"))
    project_id = customer.set_up(wired, sandbox, file.project, file.brief).project_id
    sandbox.close()
    with wired.database.transaction() as session:
        key = wired.identity.service.grant_key(session, email=EMAIL, roles={project_id: "owner"})
    brief, _ = calendar.shifted(file.brief, datetime.now(UTC).date())
    api = stack.url("api")
    _asked(api, key, project_id, json.dumps(brief.model_dump(mode="json")))
    run_id = _run()
    telemetry.stop()  # the sensor's spans, which a code location would send within seconds
    spans = heard.until(lambda spans: any(span.service == "zamc-run" and span.name.startswith("run ") for span in spans))
    page = httpx.get(f"{api}/metrics", headers={"authorization": f"Bearer {METRICS}"}, timeout=30).text
    with wired.database.transaction() as session:
        outbox = [row.envelope.get("traceparent") for row in session.scalars(select(OutboxRow).order_by(OutboxRow.sequence))]
    wired.database.close()
    wired.owner_database.close()
    logs = stack.home.folder("logs")
    left = {str(path.relative_to(logs)): path.read_text(errors="replace") for path in logs.rglob("*.log")}
    left["spans"] = b"".join(heard.raw).decode("utf-8", "replace")
    canaries = {**_secrets(stack.home.folder("secrets")), "key": key, "e-mail": EMAIL, "metrics": METRICS, "collector": COLLECTOR}
    assert heard.headers[0]["authorization"] == f"Bearer {COLLECTOR}"
    return Journey(spans, outbox, left, page, canaries, run_id)


def _asked(api: str, key: str, project_id: UUID, brief: str) -> None:
    headers = {"Authorization": f"Bearer {key}", "traceparent": f"00-{TRACE}-{CALLER}-00"}
    body = {"query": REQUEST, "variables": {"project": str(project_id), "brief": brief}}
    answer = httpx.post(f"{api}/graphql", headers=headers, json=body, timeout=30)
    assert answer.json()["data"]["requestStrategy"]["__typename"] == "StrategyRequested"


def _run() -> str:
    """What the daemon does: evaluate the sensor until it asks for a run, and hand that to the launcher."""
    with warnings.catch_warnings(action="ignore"):  # Dagster's, of what is in beta
        from zamc_pipelines.definitions import defs

    def ticked() -> dg.RunRequest | None:
        with dg.build_sensor_context(resources={"zamc": Zamc()}) as context:
            result = campaign_requests(context)
        return result.run_requests[0] if isinstance(result, dg.SensorResult) and result.run_requests else None

    request: dg.RunRequest = until(ticked, "the sensor to ask for a run")
    with DagsterInstance.get() as instance:
        location = ReconstructableRepository.for_module("zamc_pipelines.definitions", "defs", str(ROOT))
        run = instance.create_run_for_job(
            defs.resolve_job_def("campaigns_job"),
            run_config=request.run_config,
            tags=dict(request.tags),
            job_code_origin=location.get_reconstructable_job("campaigns_job").get_python_origin(),
        )
        instance.launch_run(run.run_id, workspace=None)  # type: ignore[arg-type]

        def ended() -> bool:
            found = instance.get_run_by_id(run.run_id)
            return found is not None and found.is_finished

        until(ended, "the end of the run")
        found = instance.get_run_by_id(run.run_id)
        assert found is not None
        assert found.is_success
        return run.run_id


def _way_up(spans: list[Received], leaf: Received) -> list[str]:
    """Processes and names from a span to the first that has no parent here."""
    by_id, found = {span.span_id: span for span in spans}, [leaf]
    while found[-1].parent_id in by_id:
        found.append(by_id[found[-1].parent_id])
    assert found[-1].parent_id == CALLER
    return [f"{span.service}: {span.name}" for span in found]


@pytest.mark.parametrize("platform", ["google_ads", "meta_ads"])
def test_a_call_of_a_platform_belongs_to_the_request_that_led_to_it(journey: Journey, platform: str) -> None:
    mine = [span for span in journey.spans if span.trace_id == TRACE]
    calls = [span for span in mine if span.attributes.get("zamc.platform") == platform and span.attributes["zamc.kind"] == "mutate"]
    ways = [_way_up(mine, call) for call in calls]
    assert all(way[2:] == FROM_THE_RUN_UP for way in ways)
    # Whichever platform is ready last has both turned on.
    assert (
        f"zamc-run: asset {platform}_deployments"
        in {way[1] for way in ways}
        <= {
            "zamc-run: asset google_ads_deployments",
            "zamc-run: asset meta_ads_deployments",
        }
    )


def test_a_call_of_a_model_belongs_to_the_request_that_led_to_it(journey: Journey) -> None:
    """Strategies are written in threads, so that several models are asked at once: those calls too."""
    mine = [span for span in journey.spans if span.trace_id == TRACE]
    calls = [span for span in mine if "gen_ai.provider.name" in span.attributes]
    ways = [_way_up(mine, call) for call in calls]
    assert {way[1] for way in ways} == {"zamc-run: asset strategies", "zamc-run: asset ad_copy"}
    assert all(way[2:] == FROM_THE_RUN_UP for way in ways)
    for call in calls:
        assert set(call.attributes) <= MODEL_ATTRIBUTES
        assert call.name == f"{call.attributes['gen_ai.provider.name']} ask"
        assert (call.kind, call.status) == (3, "unset")
        assert call.attributes["gen_ai.request.model"]
        assert call.attributes["zamc.request_id"]
        assert min(call.attributes["gen_ai.usage.input_tokens"], call.attributes["gen_ai.usage.output_tokens"]) > 0


def test_every_data_asset_of_the_run_is_a_span_of_it(journey: Journey) -> None:
    (run,) = (span for span in journey.spans if span.name == "run campaigns_job")
    below = [span for span in journey.spans if span.parent_id == run.span_id]
    assert sorted(span.name for span in below) == sorted(f"asset {name}" for name in CAMPAIGN_ASSETS)
    assert {(span.kind, span.status, len(span.attributes)) for span in below} == {(1, "unset", 0)}


@pytest.mark.parametrize("platform", ["google_ads", "meta_ads"])
def test_a_call_says_what_support_asks_for_and_nothing_of_what_was_sent(journey: Journey, platform: str) -> None:
    calls = [span for span in journey.spans if span.attributes.get("zamc.platform") == platform]
    allowed = {
        "zamc.platform", "zamc.account", "zamc.kind", "zamc.items", "zamc.request_id", "zamc.retries", "zamc.validate_only", "zamc.outage",
        "zamc.error.code", "error.type", "rpc.system", "rpc.service", "rpc.method", "http.request.method", "url.template",
        "http.response.status_code",
    }  # fmt: skip
    for call in calls:
        assert set(call.attributes) <= allowed
        assert call.kind == 3  # a client
        assert call.attributes["zamc.retries"] == 0
    # Google's answer to a question that found nothing has none.
    known = [call for call in calls if platform == "meta_ads" or call.attributes["zamc.kind"] == "mutate"]
    assert [dict(call.attributes) for call in known if not call.attributes.get("zamc.request_id")] == []
    assert not any("readyz" in span.name for span in journey.spans)
    assert {len(str(call.attributes["zamc.account"])) for call in calls} == {12}


def test_every_event_and_every_process_says_which_trace_it_belongs_to(journey: Journey) -> None:
    asked, *others = (each for each in journey.outbox if each is not None and TRACE in each)
    assert all(journey.outbox[-len(others) :])
    assert asked != others[0]
    lines = {
        name: [json.loads(line) for line in text.splitlines() if TRACE in line] for name, text in journey.left.items() if name != "spans"
    }
    api, run = lines["api.log"], lines[f"runs/{journey.run_id}.log"]
    (request,) = (line for line in api if line["event"] == "http.request")
    assert (request["route"], request["method"], request["status"], request["process"]) == ("/graphql", "POST", 200, "api")
    assert {line["process"] for line in run} == {"run"}
    assert {span.span_id for span in journey.spans} >= {line["span_id"] for line in [*api, *run]}


def test_no_secret_and_no_address_of_a_person_is_in_any_span_line_or_figure(journey: Journey) -> None:
    everything = {**journey.left, "page": journey.page}
    # Looking is no idle thing: what should be there is there.
    assert "publish zamc.strategy.requested" in everything["spans"]
    assert 'zamc_deployments{platform="google_ads",status="live"}' in everything["page"]
    found = {(name, where) for name, secret in journey.canaries.items() for where, text in everything.items() if secret in text}
    assert not found
    assert str(os.environ["ZAMC_DATABASE_URL"]) not in "".join(everything.values())

"""100 strategies through a provider that takes 2 seconds for each: how near one run comes to what its concurrency allows.

The provider is a server of this process that speaks OpenAI's wire format and sleeps; everything else is the product: the official client,
budget and record in PostgreSQL, limits and breakers in Valkey, the plan. The witness of concurrency is the server.
"""

import json
import logging
import math
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import structlog
from pydantic import SecretStr

from benchmarks.figure import Figure, at_most, shown
from cli.local.client import LocalStack
from zamc.bootstrap import Services
from zamc.database.migrate import migrate
from zamc.llm.service import set_policy
from zamc.settings import Settings
from zamc.strategies import repository
from zamc.strategies.brief_rules import read_brief

_STRATEGIES, _SECONDS = 100, 2.0
_BRIEF = Path("examples/briefs/lisbon-bakery-local.yaml")


class _Provider(ThreadingHTTPServer):
    """Counts how many calls are in it at once."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, content: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.content, self.calls, self.inside, self.most = content, 0, 0, 0
        self.lock = threading.Lock()


class _Handler(BaseHTTPRequestHandler):
    server: _Provider

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        with self.server.lock:
            self.server.calls += 1
            self.server.inside += 1
            self.server.most = max(self.server.most, self.server.inside)
        time.sleep(_SECONDS)
        with self.server.lock:
            self.server.inside -= 1
        choice = {"index": 0, "delta": {"role": "assistant", "content": self.server.content}, "finish_reason": "stop"}
        usage = {"prompt_tokens": 1_500, "completion_tokens": 900, "total_tokens": 2_400}
        head = {"id": "bench", "object": "chat.completion.chunk", "created": 1, "model": "gpt-5.4-mini"}
        chunks = ({**head, "choices": [choice]}, {**head, "choices": [], "usage": usage})
        sent = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks).encode() + b"data: [DONE]\n\n"
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("content-length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *_: Any) -> None:
        """Nobody reads it."""


def measure() -> list[Figure]:
    """Starts PostgreSQL and Valkey alone, in a folder that is gone afterwards."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    provider = _Provider(json.dumps(_answer()))
    threading.Thread(target=provider.serve_forever, daemon=True).start()
    with (
        tempfile.TemporaryDirectory(prefix="zamc-bench-") as folder,
        LocalStack.start(home=Path(folder), services=("postgres", "valkey"), durable=False) as stack,
    ):
        settings = Settings.model_validate(
            {
                **{name.removeprefix("ZAMC_").lower(): value for name, value in stack.environment.items() if name.startswith("ZAMC_")},
                "openai_api_key": SecretStr("bench"),
                "openai_url": f"http://127.0.0.1:{provider.server_address[1]}/v1",
                "openai_requests_per_minute": 0,
                "anthropic_api_key": None,
                "huggingface_api_key": None,
            }
        )
        wired = Services(settings)
        migrate(settings.database_owner_url.get_secret_value() if settings.database_owner_url else "")
        _ask(wired)
        started = time.monotonic()
        outcome = wired.strategies.draft()
        seconds = time.monotonic() - started
        wired.database.close()
        wired.owner_database.close()
    provider.shutdown()
    provider.server_close()
    assert outcome.counts == {"done": _STRATEGIES}, outcome
    ideal = math.ceil(_STRATEGIES / settings.model_concurrency) * _SECONDS
    return [
        shown(f"{_STRATEGIES} strategies, {_SECONDS:g} s each, {settings.model_concurrency} at once", seconds, "s"),
        shown("what the concurrency allows", ideal, "s"),
        at_most("taken / allowed", seconds / ideal, "ratio", 1.5),
        at_most("calls in the provider at once, by its own count", provider.most, "calls", settings.model_concurrency),
        at_most("calls bought", provider.calls, "calls", _STRATEGIES),
    ]


def _ask(wired: Services) -> None:
    file = read_brief(_BRIEF.read_text("utf-8"))
    with wired.owner_database.transaction() as session:
        project = wired.projects.create_project(session, file.project, by="bench")
        set_policy(session, project.id, providers=["openai"], offline=False, monthly_budget_micros=100_000_000, by="bench")
    with wired.database.transaction() as session:
        for number in range(_STRATEGIES):
            brief = file.brief.model_copy(update={"name": f"{file.brief.name} {number}", "tone": f"{file.brief.tone} {number}"})
            wired.strategies.request(session, project_id=project.id, brief=brief, requested_by="bench")
    with wired.database.transaction() as session:
        assert repository.count_by_status(session, project_id=project.id) == {"requested": _STRATEGIES}


def _answer() -> dict[str, Any]:
    """What a model would write: the brief's own lines."""
    brief = read_brief(_BRIEF.read_text("utf-8")).brief
    claims = [{"text": claim, "source": f"brief.claims[{index}]"} for index, claim in enumerate(brief.claims)]
    lines = [{"language": language, "angle": "claim", **claim} for language in brief.languages for claim in claims]
    return {
        "positioning": brief.product[:200],
        "personas": [{"name": "Neighbour", "description": brief.audience, "wants": "Fresh bread", "doubts": "The price"}],
        "audiences": [{"platform": each, "name": "Neighbours", "description": brief.audience} for each in brief.platforms],
        "messages": lines,
        "keywords": [{"language": language, "text": "sourdough bread", "match_type": "PHRASE"} for language in brief.languages],
        "negative_keywords": ["jobs"],
        "creative_direction": "Warm and plain",
        "hypotheses": ["The offer works better than the claim"],
        "risks": [],
    }

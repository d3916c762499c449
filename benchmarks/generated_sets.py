"""Sets of ads written by models that misbehave, from brief to published: how many get there, and whether anything false does.

Everything is the product's own: the official clients, budget and record, acceptance, checks, pictures, launch through both platforms' SDKs.
The models are the sandbox's, and by the seed about every third call goes wrong: 429 with a delay, 5xx, overload, a cut stream, a time-out,
refusals, cut or misshapen JSON, lines that are too long, invented claims, echoes of orders. The offline writer may not stand in for them.
The judge is the sandbox: its validation, its record of what was published, and of what it planted. No videos are made.

    python -m benchmarks.generated_sets --sets 60 --seed 3
"""

import argparse
import json
import logging
import os
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from unittest.mock import patch
from uuid import UUID

import httpx
import structlog
from sqlalchemy import text

from benchmarks.figure import Figure, at_least, at_most, report, shown
from benchmarks.launch_world import NEEDED, World, world
from benchmarks.sets.briefs import Asked, asked
from benchmarks.sets.judge import Ad, faults, published, told_lies
from cli.local.environment import MODELS
from zamc.errors import InvalidInput
from zamc.llm.service import PROVIDERS, set_policy

SETS, SEED = 1_000, 20261122
_AT_MOST = timedelta(minutes=60)
_PLATFORMS = ("google_ads", "meta_ads")
RATES = {
    "rate_limited": 0.03, "unavailable": 0.02, "internal": 0.01, "overloaded": 0.02, "cut_stream": 0.01, "timeout_after_commit": 0.005,
    "refusal": 0.02, "truncated": 0.03, "schema_violation": 0.03, "overlong": 0.06, "invented_claim": 0.08, "injection_echo": 0.05,
}  # fmt: skip
_SETTINGS = {
    "ZAMC_MODEL_PRICES": json.dumps({"huggingface/meta-llama/Llama-3.3-70B-Instruct": ["0.10", "0.40"]}),
    **{f"ZAMC_{name.upper()}_REQUESTS_PER_MINUTE": "0" for name in PROVIDERS},
    "ZAMC_MODEL_TIMEOUT_SECONDS": "5",
    "ZAMC_GOOGLE_ADS_ACCESS_LEVEL": "none",
    "ZAMC_META_ACCESS_TIER": "none",
}


def measure(sets: int = SETS, seed: int = SEED) -> list[Figure]:
    """In a world of its own, gone afterwards."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    before = os.environ.get(MODELS)
    os.environ[MODELS] = "sandbox"
    try:
        with world(overrides=_SETTINGS, services=NEEDED) as stage:
            return _measured(stage, sets, seed)
    finally:
        os.environ.pop(MODELS) if before is None else os.environ.update({MODELS: before})


def _measured(stage: World, sets: int, seed: int) -> list[Figure]:
    stage.lift_limits()
    _misbehave(stage, seed)
    begun = time.monotonic()
    briefs = _ask(stage, sets, seed)
    _work(stage, begun + _AT_MOST.total_seconds())
    seconds = time.monotonic() - begun
    store = stage.stack.home.folder("sandbox") / "sandbox.sqlite"
    campaigns = _campaigns(stage)
    ads = published(store, {campaign for _, campaign in campaigns})
    live: dict[UUID, list[Ad]] = {}
    for strategy, campaign in campaigns:
        if any(ad.texts for ad in ads.get(campaign, ())):
            live.setdefault(strategy, []).extend(ads[campaign])
    wrong = _wrong(briefs, live, told_lies(store))
    with httpx.Client(base_url=os.environ["ZAMC_SANDBOX_URL"], timeout=120) as sandbox:
        calls = sandbox.get("/sandbox/models/calls").json()
    struck = Counter(call["fault"] for call in calls["calls"] if call["fault"])
    return [
        at_least(f"published, of {sets} sets", len(live) / sets, "share", 0.95),
        at_most("published with a broken limit", wrong["limit"], "sets", 0),
        at_most("published with a figure that the brief does not state", wrong["number"], "sets", 0),
        at_most("published with a duplicate", wrong["duplicate"], "sets", 0),
        at_most("published with what was planted", wrong["planted"], "sets", 0),
        at_most("answers bought twice", len(calls["bought_twice"]), "answers", 0),
        shown("calls to models", len(calls["calls"]), "calls"),
        shown("of them gone wrong by the plan", sum(struck.values()) / len(calls["calls"]), "share"),
        shown("kinds of fault that struck", len(struck), f"of {len(RATES)}"),
        shown("lines in published ads", sum(len(ad.texts) for ads_of in live.values() for ad in ads_of), "lines"),
        shown("of the lines of copy, written by models", _by_models(stage), "share"),
        shown("wall time per set", seconds / sets, "s"),
    ]


def _misbehave(stage: World, seed: int) -> None:
    with httpx.Client(base_url=stage.stack.environment["ZAMC_SANDBOX_URL"], timeout=30) as sandbox:
        for number, platform in enumerate(("openai", "anthropic", "tgi")):
            plan = {"platform": platform, "seed": seed + number, "rates": RATES, "seconds": {"timeout_after_commit": 6.0}}
            sandbox.post("/sandbox/faults/plan", json=plan).raise_for_status()


def _ask(stage: World, sets: int, seed: int) -> dict[UUID, Asked]:
    """By strategy. A third of the sets asks each provider first."""
    starts = (stage.services.clock.business_now().date() + timedelta(days=2)).isoformat()
    briefs: dict[UUID, Asked] = {}
    for turn in range(len(PROVIDERS)):
        _prefer(stage, turn)
        with stage.services.database.transaction() as session:
            for number in range(turn, sets, len(PROVIDERS)):
                one = asked(number, seed=seed, starts=starts)
                made = stage.services.strategies.request(session, project_id=stage.project_id, brief=one.brief, requested_by="bench")
                briefs[made] = one
        stage.services.strategies.draft()
    return briefs


def _prefer(stage: World, turn: int) -> None:
    order = [*PROVIDERS[turn:], *PROVIDERS[:turn]]
    with stage.services.owner_database.transaction() as session:
        set_policy(session, stage.project_id, providers=order, offline=False, monthly_budget_micros=10**12, by="bench")


def _work(stage: World, until: float) -> None:
    """What the runs of Dagster do, again and again until nothing waits any more or the time is over."""
    services, turn = stage.services, 0
    while time.monotonic() < until and _waiting(stage):
        _prefer(stage, turn := (turn + 1) % len(PROVIDERS))
        services.strategies.draft()
        services.creatives.make_copy()
        services.creatives.make_images()
        with patch("zamc.creatives.service.make_video", side_effect=InvalidInput("video", "is not made in this benchmark")):
            services.creatives.make_videos()
        with ThreadPoolExecutor(len(_PLATFORMS)) as pool:
            list(pool.map(services.deployments.launch, _PLATFORMS))
        time.sleep(0.5)


def _waiting(stage: World) -> int:
    """Items that are neither done nor given up."""
    query = """SELECT (SELECT count(*) FROM strategies WHERE status = 'requested')
             + (SELECT count(*) FROM assets WHERE status = 'requested')
             + (SELECT count(*) FROM deployments WHERE status NOT IN ('live', 'failed'))"""
    with stage.services.database.transaction() as session:
        return int(session.execute(text(query)).scalar_one())


def _campaigns(stage: World) -> list[tuple[UUID, str]]:
    """(strategy, the platform's id of its campaign) of every live deployment: which ad answers which brief, and nothing else."""
    query = """SELECT d.strategy_id, o.external_id FROM platform_objects o
        JOIN (SELECT deployments.id, assets.strategy_id FROM deployments JOIN assets ON assets.id = deployments.asset_id
              WHERE deployments.status = 'live') d ON d.id = o.deployment_id
        WHERE o.kind = 'campaign' AND o.external_id IS NOT NULL"""
    with stage.services.database.transaction() as session:
        rows = session.execute(text(query)).all()
    return [(UUID(str(strategy)), str(external).rsplit("/", 1)[-1]) for strategy, external in rows]


def _wrong(briefs: Mapping[UUID, Asked], live: Mapping[UUID, list[Ad]], lies: list[tuple[str, str]]) -> Counter[str]:
    """Sets with each kind of fault, and one line on the terminal for each of them."""
    wrong: Counter[str] = Counter()
    for strategy, ads in live.items():
        one = briefs[strategy]
        planted = [lie for request, lie in lies if one.brief.offer in request and one.brief.claims[0] in request]
        found = {fault for ad in ads for fault in faults(ad, figures=one.figures, planted=planted)}
        wrong.update(found)
        if found:
            print(one.brief.name, sorted(found), [dict(ad.fields) for ad in ads], planted)
    return wrong


def _by_models(stage: World) -> float:
    query = """SELECT count(*) FILTER (WHERE line ->> 'change' IN ('written', 'mended'))::float / greatest(count(*), 1)
        FROM assets, jsonb_array_elements(provenance -> 'lines') line WHERE kind = 'copy'"""
    with stage.services.database.transaction() as session:
        return float(session.execute(text(query)).scalar_one())


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.generated_sets", description=__doc__)
    parser.add_argument("--sets", type=int, default=SETS)
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args()
    figures = measure(options.sets, options.seed)
    report("generated_sets", figures)
    return 0 if all(figure.holds is not False for figure in figures) else 1


if __name__ == "__main__":
    raise SystemExit(main())

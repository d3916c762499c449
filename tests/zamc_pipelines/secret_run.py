"""`python -m tests.zamc_pipelines.secret_run FOLDER`: one Dagster run that succeeds and two that do not, with secrets worth finding.

A process of its own, for a process reads a platform's certificate only once. Leaves in FOLDER what the runs left behind, and the secrets.
"""

import json
import logging
import os
import shutil
import sys
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch
from uuid import uuid4

import dagster as dg
import httpx
from sqlalchemy import text

from benchmarks.launch_world import World, world
from cli.local.environment import MODELS
from tests.zamc.strategies.briefs import brief
from zamc.errors import InvalidInput
from zamc.llm.service import PROVIDERS, set_policy
from zamc.settings import settings
from zamc.telemetry import configure_logging

SETTINGS = {
    "ZAMC_MODEL_PRICES": json.dumps(
        {"huggingface/meta-llama/Llama-3.3-70B-Instruct": ["0.10", "0.40"], "openai/gpt-image-2.5-flare": ["5.00", "30.00"]}
    ),
    "ZAMC_OPENAI_IMAGE_MODEL": "gpt-image-2.5-flare",
    "ZAMC_MODEL_TIMEOUT_SECONDS": "5",
}


def main(folder: Path) -> int:
    logging.basicConfig(level=logging.DEBUG)
    configure_logging(level=logging.DEBUG)
    os.environ[MODELS] = "sandbox"
    canaries: dict[str, str] = {}
    told: dict[str, object] = {}
    (folder / "dagster").mkdir()
    quiet = {"telemetry": {"enabled": False}}
    with (
        world(overrides=SETTINGS) as stage,
        dg.DagsterInstance.local_temp(str(folder / "dagster"), quiet) as kept,
    ):
        canaries |= _secrets(stage.stack.home.folder("secrets"))
        _allow(stage)
        told["good"] = _run(stage, kept, "Canary good")
        _faults(stage)
        # The first is written from the record and fails on the platforms, the second finds no model.
        told["bad"] = _run(stage, kept, "Canary bad", {"name": "Canary unwritten", "offer": "Order roasted beans online"})
        canaries["database"] = password = f"canary-{uuid4().hex}"
        os.environ["ZAMC_DATABASE_URL"] = f"postgresql+psycopg://zamc_app:{password}@127.0.0.1:1/zamc"
        settings.cache_clear()
        told["broken"] = _job(kept)
        (folder / "database.txt").write_text(_dump(stage), "utf-8")
        for name in ("logs", "nats"):
            source = stage.stack.home.folder(name)
            if source.exists():
                # A server's own configuration is where its password belongs.
                ignored = shutil.ignore_patterns("*.conf")
                shutil.copytree(source, folder / name, dirs_exist_ok=True, ignore_dangling_symlinks=True, ignore=ignored)
        with httpx.Client(base_url=os.environ["ZAMC_SANDBOX_URL"], timeout=30) as sandbox:
            calls = sandbox.get("/sandbox/models/calls").json()["calls"]
        told["accepted"] = sorted({call["platform"] for call in calls if call["billed"]})
        told["painted"] = sum(call["method"] == "images/generations" and call["billed"] for call in calls)
    (folder / "told.json").write_text(json.dumps({"canaries": canaries, **told}), "utf-8")
    return 0


def _secrets(folder: Path) -> dict[str, str]:
    """Every password and key of the stack, and the private key of the service account."""
    found = {path.name: path.read_text().strip() for path in folder.iterdir() if path.is_file() and path.suffix not in (".yaml", ".json")}
    account = json.loads((folder / "service-account.json").read_text())
    return {name: value for name, value in found.items() if len(value) >= 16} | {"private key": account["private_key"].splitlines()[1]}


def _allow(stage: World) -> None:
    with stage.services.owner_database.transaction() as session:
        set_policy(session, stage.project_id, providers=list(PROVIDERS), offline=False, monthly_budget_micros=10**9, by="test")


def _run(stage: World, kept: dg.DagsterInstance, name: str, *others: dict[str, str]) -> dict[str, object]:
    """Briefs, and the run that a sensor would start for them."""
    day = stage.services.clock.business_now().date() + timedelta(days=2)
    dates = {"start": day.isoformat(), "end": (day + timedelta(days=28)).isoformat()}
    with stage.services.database.transaction() as session:
        for changes in ({"name": name}, *others):
            one = brief(goal="traffic", conversion_value=..., **dates, **changes)
            stage.services.strategies.request(session, project_id=stage.project_id, brief=one, requested_by="test")
    return _job(kept)


def _job(kept: dg.DagsterInstance) -> dict[str, object]:
    from zamc_pipelines.definitions import defs

    with patch("zamc.creatives.service.make_video", side_effect=InvalidInput("video", "is not made in this test")):
        done = defs.resolve_job_def("campaigns_job").execute_in_process(instance=kept, raise_on_error=False)
    return {"success": done.success, "run": done.run_id}


def _faults(stage: World) -> None:
    """Models that refuse the key, break off and hide behind a proxy; platforms that answer with all that they were told."""
    with httpx.Client(base_url=stage.stack.environment["ZAMC_SANDBOX_URL"], timeout=30) as sandbox:
        for platform, fault in _BAD_DAY.items():
            sandbox.post("/sandbox/faults", json={"platform": platform, "fault": fault, "times": 50}).raise_for_status()


_BAD_DAY = {"openai": "token_revoked", "anthropic": "html", "tgi": "reset", "meta": "html", "google": "internal"}


def _dump(stage: World) -> str:
    """Every row of every table, as text."""
    lines = []
    with stage.services.owner_database.transaction() as session:
        query = """SELECT quote_ident(table_schema) || '.' || quote_ident(table_name) FROM information_schema.tables
            WHERE table_schema NOT IN ('pg_catalog', 'information_schema') AND table_type = 'BASE TABLE'"""
        for table in session.scalars(text(query)).all():
            lines += [f"{table} {row}" for row in session.scalars(text(f"SELECT t::text FROM {table} t")).all()]  # noqa: S608 - names of the catalogue
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))

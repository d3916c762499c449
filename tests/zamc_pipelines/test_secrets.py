"""No key or password of models, platforms and servers is in anything that Dagster runs leave behind, whether they succeed or fail."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_no_secret_is_left_behind_by_a_run(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.zamc_pipelines.secret_run", str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-4_000:]
    told = json.loads((tmp_path / "told.json").read_text())
    # The secrets were used, and the runs ended as they were meant to.
    assert told["good"]["success"]
    assert not told["broken"]["success"]
    assert "anthropic" in told["accepted"]
    assert told["painted"] >= 1
    assert {"sandbox-model-key", "sandbox-token", "sandbox-developer-token", "database", "private key"} <= told["canaries"].keys()

    left = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path.name != "told.json"}
    left |= {Path("stdout"): done.stdout.encode(), Path("stderr"): done.stderr.encode()}
    everything = b"".join(left.values())
    # What should be there is there, so that looking is no idle thing: the record, the dead letters, Dagster's database, the logs.
    database = left[tmp_path / "database.txt"].decode()
    for word in (
        "Canary good",
        "Canary bad",
        "Canary unwritten",
        "events.outbox",
        "events.dead_letters",
        "public.model_calls",
        "public.operation_attempts",
    ):
        assert word in database, word
    for run in ("good", "bad", "broken"):
        assert told[run]["run"].encode() in everything
    assert b"OperationalError" in everything
    assert b"llm.provider_failed" in left[Path("stderr")]

    found = {(name, str(path)) for name, secret in told["canaries"].items() for path, content in left.items() if secret.encode() in content}
    assert not found

"""A line is one JSON object, of ours and of libraries alike, with the trace that it belongs to."""

import json
import logging
import subprocess
import sys
from typing import Any

import pytest

_PROCESS = """
import logging, sys, threading
from zamc import telemetry
from zamc.telemetry import context
import structlog
telemetry.start("test")
log = structlog.get_logger()
{code}
"""


def lines(code: str, **environment: str) -> list[dict[str, Any]]:
    """What a process of its own writes."""
    own = {"PATH": "/usr/bin:/bin", **environment}
    done = subprocess.run([sys.executable, "-c", _PROCESS.format(code=code)], env=own, capture_output=True, text=True, check=False)
    return [json.loads(line) for line in done.stderr.splitlines()]


SETTINGS = {
    "ZAMC_DATABASE_URL": "postgresql+psycopg://zamc_app:canarypassword@127.0.0.1:1/zamc",
    "ZAMC_NATS_URL": "nats://zamc:canarynats@127.0.0.1:1",
    "ZAMC_REDIS_URL": "redis://:canaryvalkey@127.0.0.1:1/0",
    "ZAMC_OBJECTS_URL": "file:///nowhere",
}


def test_lines_of_ours_and_of_libraries_look_alike_and_name_their_trace() -> None:
    code = """
trace = context.parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
with context.at(trace):
    log.warning("it.happened", number=1)
    logging.getLogger("some.library").warning("it took %d s", 3)
log.info("after")
"""
    ours, theirs, after = lines(code)
    ids = {"trace_id": "0af7651916cd43dd8448eb211c80319c", "span_id": "b7ad6b7169203331", "process": "test"}
    assert {**ours, "timestamp": ""} == {"timestamp": "", "level": "warning", "event": "it.happened", "number": 1, **ids}
    assert {**theirs, "timestamp": ""} == {"timestamp": "", "level": "warning", "event": "it took 3 s", "logger": "some.library", **ids}
    assert "trace_id" not in after


def test_what_nobody_catches_is_one_line_too_and_quotes_no_password() -> None:
    code = """
from sqlalchemy import create_engine
def fail(): raise RuntimeError("could not reach postgresql://zamc_app:canarypassword@127.0.0.1/zamc for ana@example.org")
thread = threading.Thread(target=fail); thread.start(); thread.join()
fail()
"""
    told = lines(code, **SETTINGS)
    assert [line["event"] for line in told] == ["process.failed"] * 2
    assert all("RuntimeError" in line["exception"] for line in told)
    assert "canarypassword" not in str(told)
    assert "ana@example.org" not in str(told)


def test_the_level_is_a_setting_and_a_librarys_wrong_arguments_cost_nothing() -> None:
    code = """
log.info("not.told")
logging.getLogger("x").error("%d of %d", "a")
log.error("told", value=object, raw=b"\\xff", nested={"token": "abc", 1: (2, None)})
"""
    wrong, told = lines(code, **SETTINGS, ZAMC_LOG_LEVEL="WARNING")
    assert wrong["event"] == "%d of %d"
    assert told["nested"] == {"token": "[secret]", "1": [2, None]}


def test_without_a_collector_nothing_of_opentelemetry_is_loaded_and_no_thread_is_started() -> None:
    code = """
import os
from zamc.telemetry import tracing
with tracing.span("work", tracing.Kind.SERVER), tracing.client("call", {"a": 1}) as call:
    call.set({"b": 2})
loaded = [name for name in sys.modules if name.startswith("opentelemetry")]
log.warning("state", loaded=loaded, threads=len(os.listdir("/proc/self/task")))
"""
    (state,) = lines(code, **SETTINGS)
    assert (state["loaded"], state["threads"]) == ([], 1)


def test_a_handler_of_somebody_else_does_not_write_a_line_twice(caplog: pytest.LogCaptureFixture) -> None:
    from zamc.telemetry.logs import json_logger

    own = json_logger("dagster", logging.INFO)
    own.info("once")
    assert caplog.records == []

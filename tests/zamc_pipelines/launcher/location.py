"""A code location whose ops leave marks in a folder; the tests copy it, change it, and have a server run it."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from dagster import Config, Definitions, OpExecutionContext, in_process_executor, job, op

VERSION = "first"


class Marks(Config):
    folder: str
    name: str

    def leave(self, kind: str, **fields: object) -> None:
        draft = Path(self.folder, f".{kind}-{self.name}")
        draft.write_text(json.dumps({"at": time.monotonic(), "pid": os.getpid(), "version": VERSION, **fields}))
        draft.rename(Path(self.folder, f"{kind}-{self.name}"))

    def wait_for_release(self) -> None:
        deadline = time.monotonic() + 60
        while not (Path(self.folder, f"release-{self.name}").exists() or Path(self.folder, "release-all").exists()):
            if time.monotonic() > deadline:
                raise TimeoutError("nobody released this op")
            time.sleep(0.02)


@op
def work(context: OpExecutionContext, config: Marks) -> None:
    print("a line for the log")  # noqa: T201
    config.leave(
        "start",
        session=os.getsid(0),
        parent=os.getppid(),
        dice=random.random(),  # noqa: S311
        handlers=[str(signal.getsignal(number)) for number in (signal.SIGCHLD, signal.SIGHUP)],
        descriptors=sorted(str(path.readlink()) for path in Path("/proc/self/fd").iterdir() if path.is_symlink()),
    )
    config.leave("end")


@op
def wait(context: OpExecutionContext, config: Marks) -> None:
    config.leave("start")
    config.wait_for_release()
    config.leave("end")


@op
def start_helper_and_wait(context: OpExecutionContext, config: Marks) -> None:
    helper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    config.leave("start", helper=helper.pid)
    config.wait_for_release()


@op
def ignore_signals(context: OpExecutionContext, config: Marks) -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    config.leave("start")
    config.wait_for_release()


@op
def call(context: OpExecutionContext, config: Marks) -> None:
    """A gRPC channel works in the forked process: the answer of a port that nobody listens on comes from its threads."""
    import grpc

    with grpc.insecure_channel("127.0.0.1:1") as channel:
        try:
            channel.unary_unary("/nobody/Home")(b"", timeout=30)
        except grpc.RpcError as error:
            config.leave("start", status=error.code().name)


@op
def fail(context: OpExecutionContext, config: Marks) -> None:
    config.leave("start")
    raise ValueError("this op always fails")


@job(executor_def=in_process_executor)
def working() -> None:
    work()


@job(executor_def=in_process_executor)
def waiting() -> None:
    wait()


@job(executor_def=in_process_executor)
def helped() -> None:
    start_helper_and_wait()


@job(executor_def=in_process_executor)
def stubborn() -> None:
    ignore_signals()


@job(executor_def=in_process_executor)
def failing() -> None:
    fail()


@job(executor_def=in_process_executor)
def calling() -> None:
    call()


definitions = Definitions(jobs=[working, waiting, helped, stubborn, calling, failing])

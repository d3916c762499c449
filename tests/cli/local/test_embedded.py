"""PostgreSQL, NATS and Valkey as they run on a user's machine: nothing committed is lost, nothing secret is shown."""

import asyncio
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import nats
import psycopg
import pytest
import redis

from cli.local.client import LocalStack
from cli.local.errors import StackError
from cli.local.stack import BASE
from tests.cli.local.processes import all_end, below, command_line, eventually


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[LocalStack]:
    with LocalStack.start(home=tmp_path, services=BASE) as running:
        yield running


def owner(stack: LocalStack) -> "psycopg.Connection[tuple[object, ...]]":
    return psycopg.connect(stack.environment["ZAMC_DATABASE_OWNER_URL"].replace("+psycopg", ""), autocommit=True)


def remember(stack: LocalStack) -> None:
    """A row, a message and a key, each acknowledged."""
    with owner(stack) as connection:
        connection.execute("CREATE TABLE kept (word text)")
        connection.execute("INSERT INTO kept VALUES ('row')")
    with redis.Redis.from_url(stack.environment["ZAMC_REDIS_URL"]) as valkey:
        valkey.set("kept", "key")
        # appendfsync everysec: written within a second, at once when waited for.
        valkey.execute_command("WAITAOF", 1, 0, 5000)

    async def publish() -> None:
        client = await nats.connect(stack.environment["ZAMC_NATS_URL"])
        await client.jetstream().add_stream(name="KEPT", subjects=["kept"])
        await client.jetstream().publish("kept", b"message")
        await client.close()

    asyncio.run(publish())


def remembered(stack: LocalStack) -> tuple[object, ...]:
    with owner(stack) as connection:
        row = connection.execute("SELECT word FROM kept").fetchone()
    with redis.Redis.from_url(stack.environment["ZAMC_REDIS_URL"]) as valkey:
        key = valkey.get("kept")

    async def read() -> bytes | None:
        client = await nats.connect(stack.environment["ZAMC_NATS_URL"])
        message = await client.jetstream().get_last_msg("KEPT", "kept")
        await client.close()
        return message.data

    return row, key, asyncio.run(read())


KEPT = (("row",), b"key", b"message")


def test_nothing_is_lost_by_a_stop_and_urls_stay(tmp_path: Path) -> None:
    with LocalStack.start(home=tmp_path, services=BASE) as first:
        remember(first)
        environment = first.environment
    with LocalStack.start(home=tmp_path, services=BASE) as second:
        assert second.environment == environment
        assert remembered(second) == KEPT


@pytest.mark.parametrize("halves", [["pid"], ["guard_pid"], ["pid", "guard_pid"]])
def test_after_a_kill_of_the_supervisor_no_server_lives_on_and_nothing_is_lost(tmp_path: Path, halves: list[str]) -> None:
    first = LocalStack.start(home=tmp_path, services=BASE)
    remember(first)
    state = first.state
    processes = below(state["guard_pid"])
    assert sum("postgres" in line for line in processes.values()) > 3  # with its own children
    for half in halves:
        os.kill(state[half], signal.SIGKILL)
    if len(halves) == 1:
        all_end(processes)
    with LocalStack.start(home=tmp_path, services=BASE) as second:
        all_end(processes)
        assert remembered(second) == KEPT
    first.stop()


@pytest.mark.parametrize("service", BASE)
def test_a_server_that_dies_comes_back_on_its_port_with_its_data(stack: LocalStack, service: str) -> None:
    remember(stack)
    port, pid = stack.ports[service], stack.pid(service)
    assert pid
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: stack.pid(service) not in {pid, None} and stack.state["services"][service]["state"] == "ready", "the restart")
    assert stack.ports[service] == port
    assert remembered(stack) == KEPT


def test_it_starts_when_the_standard_ports_are_taken(tmp_path: Path) -> None:
    with ExitStack() as others:
        for port in (5432, 4222, 8222, 6379, 3000, 8000):
            # Somebody else's server may be there already, which is as good.
            sock = others.enter_context(socket.socket())
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                sock.bind(("127.0.0.1", port))
                sock.listen()
            except OSError:
                continue
        with LocalStack.start(home=tmp_path, services=BASE) as stack:
            remember(stack)
            assert remembered(stack) == KEPT


def test_a_port_that_was_taken_since_the_last_run_is_chosen_anew(tmp_path: Path) -> None:
    with LocalStack.start(home=tmp_path, services=BASE) as first:
        remember(first)
        before = first.ports
    with socket.socket() as intruder:
        intruder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        intruder.bind(("127.0.0.1", before["postgres"]))
        intruder.listen()
        with LocalStack.start(home=tmp_path, services=BASE) as second:
            changed = {name for name, port in second.ports.items() if port != before[name]}
            assert changed == {"postgres"}
            assert remembered(second) == KEPT


def test_no_password_is_on_a_command_line_or_in_a_log(stack: LocalStack) -> None:
    with owner(stack) as connection, pytest.raises(psycopg.errors.UndefinedTable):
        connection.execute("SELECT * FROM nonsense")
    secrets = {file.name: file.read_text().strip() for file in stack.home.folder("secrets").iterdir()}
    assert {"postgres-superuser", "postgres-zamc_owner", "postgres-zamc_app", "postgres-dagster", "nats", "valkey"} <= set(secrets)
    shown = "\n".join(command_line(int(entry.name)) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    assert str(stack.home.root) in shown
    logs = "\n".join(file.read_text(errors="replace") for file in stack.home.folder("logs").iterdir())
    assert "nonsense" in logs
    state = stack.home.state_file.read_text() + stack.home.ports_file.read_text()
    found = {name for name, secret in secrets.items() if secret in shown or secret in logs or secret in state}
    assert not found


def test_only_their_owner_can_read_the_folder_and_the_secrets(stack: LocalStack) -> None:
    assert stack.home.root.stat().st_mode & 0o077 == 0
    for file in stack.home.folder("secrets").iterdir():
        assert file.stat().st_mode & 0o777 == 0o600, file


def test_a_start_that_was_killed_in_the_middle_of_initdb_is_mended(tmp_path: Path) -> None:
    first = LocalStack.start(home=tmp_path, services=BASE, wait=False)
    eventually((tmp_path / "postgres" / "data.unfinished" / "base").exists, "initdb's work")
    os.kill(first.state["pid"], signal.SIGKILL)
    first.stop()
    assert not (tmp_path / "postgres" / "data").exists()
    with LocalStack.start(home=tmp_path, services=BASE) as second:
        remember(second)
        assert remembered(second) == KEPT


def test_secrets_that_do_not_belong_to_the_data_are_named(tmp_path: Path) -> None:
    with LocalStack.start(home=tmp_path, services={"postgres"}):
        pass
    (tmp_path / "secrets" / "postgres-superuser").write_text("another")
    with pytest.raises(StackError, match="restore the folder secrets/"):
        LocalStack.start(home=tmp_path, services={"postgres"})


def test_data_of_another_major_version_is_refused(tmp_path: Path) -> None:
    with LocalStack.start(home=tmp_path, services={"postgres"}):
        pass
    (tmp_path / "postgres" / "data" / "PG_VERSION").write_text("9\n")
    with pytest.raises(StackError, match=r"was made by PostgreSQL 9, the program is \d+"):
        LocalStack.start(home=tmp_path, services={"postgres"})

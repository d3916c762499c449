"""The files beside docker-compose.yml, given to the servers that they are for."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
import yaml

from cli.local.client import LocalStack
from cli.local.secrets import Secrets
from cli.local.wheels import nats_server, postgres_bin, valkey_server
from tests.deploy.compose import FOLDER, model
from zamc.database.migrate import migrate

FILES = ("docker-compose.yml", "env.example", "prepare.sh")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy to prepare."""
    for name in FILES:
        shutil.copy(FOLDER / name, tmp_path / name)
    return tmp_path


def prepare(folder: Path, *options: str) -> str:
    done = subprocess.run(["sh", str(folder / "prepare.sh"), *options], capture_output=True, text=True, check=True)
    return done.stderr


def secret(folder: Path, name: str) -> str:
    return (folder / "secrets" / name).read_text().strip()


def test_prepare_makes_every_secret_that_compose_wants(folder: Path) -> None:
    prepare(folder)
    wanted = {Path(declared["file"]).name for declared in model()["secrets"].values()}
    assert wanted <= {file.name for file in (folder / "secrets").iterdir()}
    assert (folder / "secrets").stat().st_mode & 0o777 == 0o700
    assert len(secret(folder, "postgres-zamc_app")) == 48
    assert secret(folder, "postgres-zamc_app") in secret(folder, "ZAMC_DATABASE_URL")
    assert secret(folder, "postgres-zamc_app") != secret(folder, "postgres-zamc_owner")


def test_prepare_keeps_what_is_there(folder: Path) -> None:
    prepare(folder)
    before = {file.name: file.read_text() for file in (folder / "secrets").iterdir()}
    (folder / ".env").write_text("ZAMC_IMAGE=ours\n")
    assert ".env is kept" in prepare(folder)
    assert {file.name: file.read_text() for file in (folder / "secrets").iterdir()} == before
    assert (folder / ".env").read_text() == "ZAMC_IMAGE=ours\n"


@pytest.mark.skipif(shutil.which("openssl") is None, reason="prepare.sh --sandbox makes a key with openssl")
def test_prepare_for_the_sandbox_names_the_stand_ins(folder: Path) -> None:
    prepare(folder, "--sandbox")
    lines = (folder / ".env").read_text().splitlines()
    assert [line for line in lines if line.startswith("COMPOSE_PROFILES=")] == ["COMPOSE_PROFILES=apps,sandbox"]
    assert "ZAMC_META_GRAPH_URL=http://sandbox:8080" in lines
    google = yaml.safe_load(secret(folder, "google-ads.yaml"))
    assert google["endpoint"] == "sandbox:50051"
    key = yaml.safe_load(secret(folder, "google-ads-key.json"))
    assert key["private_key"].startswith("-----BEGIN PRIVATE KEY-----\n")
    from google.oauth2.service_account import Credentials

    assert Credentials.from_service_account_info(key).service_account_email == key["client_email"]


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def server(*argv: str, port: int) -> Iterator["subprocess.Popen[bytes]"]:
    child = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + 30
        while True:
            assert child.poll() is None, child.communicate()[0].decode()
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.02)
        yield child
    finally:
        child.kill()
        child.communicate()


def test_nats_takes_its_file_and_acknowledges_what_is_on_disk(folder: Path) -> None:
    prepare(folder)
    port = free_port()
    config = folder / "nats.conf"
    text = (FOLDER / "nats.conf").read_text()
    # Compose mounts it into /etc/nats; includes count from there.
    assert (Path("/etc/nats") / "../../run/secrets/nats-users.conf").resolve() == Path("/run/secrets/nats-users.conf").resolve()
    for old, new in {
        "0.0.0.0:4222": f"127.0.0.1:{port}",
        "127.0.0.1:8222": "127.0.0.1:-1",
        "../../run/secrets/": "secrets/",
        '"/data"': f'"{folder / "data"}"',
    }.items():
        assert old in text
        text = text.replace(old, new)
    assert "sync_interval: always" in text
    config.write_text(text)
    with server(str(nats_server()), "--config", str(config), port=port):
        with socket.create_connection(("127.0.0.1", port), timeout=5) as asked:
            said = asked.recv(4096)
        assert b'"jetstream":true' in said
        assert b'"auth_required":true' in said


def test_valkey_takes_its_file_and_asks_for_the_password(folder: Path) -> None:
    prepare(folder)
    port = free_port()
    config = folder / "valkey.conf"
    text = (FOLDER / "valkey.conf").read_text()
    for old, new in {
        "/run/secrets/": f"{folder}/secrets/",
        "port 6379": f"port {port}",
        "dir /data": f"dir {folder}",
        "* -::*": "127.0.0.1",
    }.items():
        assert old in text
        text = text.replace(old, new)
    config.write_text(text)
    with server(str(valkey_server()), str(config), port=port):
        url = secret(folder, "ZAMC_REDIS_URL").replace("valkey:6379", f"127.0.0.1:{port}")
        assert redis.Redis.from_url(url).ping()
        with pytest.raises(redis.AuthenticationError):
            redis.Redis(port=port).ping()


def test_postgres_gets_the_roles_that_the_addresses_name(folder: Path) -> None:
    prepare(folder)
    with LocalStack.start(home=folder / "home", services=("postgres",), durable=False) as stack:
        port = stack.ports["postgres"]
        superuser: dict[str, Any] = {"host": "127.0.0.1", "port": port, "user": "postgres"}
        password = Secrets(stack.home.folder("secrets")).get("postgres-superuser")
        with psycopg.connect(**superuser, password=password, dbname="postgres", autocommit=True) as connection:
            # As on an empty volume: the local stack has made its own.
            for statement in (
                "DROP DATABASE zamc",
                "DROP DATABASE dagster",
                "DROP ROLE zamc_owner",
                "DROP ROLE zamc_api",
                "DROP ROLE zamc_app",
                "DROP ROLE dagster",
            ):
                connection.execute(statement)
        environment = {
            "PATH": f"{postgres_bin()}{os.pathsep}{os.environ['PATH']}",
            "SECRETS": str(folder / "secrets"),
            "PGHOST": "127.0.0.1",
            "PGPORT": str(port),
            "PGPASSWORD": password,
        }
        subprocess.run(["sh", str(FOLDER / "postgres-roles.sh")], env=environment, check=True, capture_output=True, text=True)

        def address(name: str) -> str:
            return secret(folder, name).replace("@postgres:5432", f"@127.0.0.1:{port}")

        migrate(address("ZAMC_DATABASE_OWNER_URL"))
        with psycopg.connect(address("ZAMC_DATABASE_URL").replace("+psycopg", "")) as connection:
            assert connection.execute("SELECT count(*) FROM projects").fetchone() == (0,)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("DROP TABLE projects")
        with psycopg.connect(address("ZAMC_DAGSTER_DATABASE_URL").replace("+psycopg2", "")) as connection:
            connection.execute("CREATE TABLE probe (id int)")
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            psycopg.connect(address("ZAMC_DAGSTER_DATABASE_URL").replace("+psycopg2", ""), dbname="zamc")

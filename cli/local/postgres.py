"""PostgreSQL: a cluster of its own on a loopback port, its roles and its databases."""

import base64
import hashlib
import hmac
import os
import secrets as randomness
import shutil
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from cli.local.errors import StackError
from cli.local.home import Home, write_atomically
from cli.local.memory import postgres_memory, usable_bytes
from cli.local.privileges import identity_for, unprivileged_user
from cli.local.secrets import Secrets
from cli.local.services import Service
from cli.local.wheels import postgres_bin

if TYPE_CHECKING:
    # 0.2 s, which the program that starts the supervisor need not spend.
    import psycopg

SUPERUSER = "postgres"
OWNER_ROLE, APP_ROLE, API_ROLE, DAGSTER_ROLE = "zamc_owner", "zamc_app", "zamc_api", "dagster"
# Which database belongs to whom. zamc_app owns nothing: row-level security must bind it.
DATABASES = {"zamc": OWNER_ROLE, "dagster": DAGSTER_ROLE}
SCRAM_ITERATIONS = 4096


def postgres_services(home: Home, *, port: int, secrets: Secrets, environment: Mapping[str, str], durable: bool) -> list[Service]:
    """initdb, only while there is no cluster, and the server. Raises StackError.

    durable=False is for tests: a power cut may then lose data, the death of a process still may not; and since many of them run at once, a
    server has PostgreSQL's own small share of the memory.
    """
    folder = home.folder("postgres")
    cluster, unfinished = folder / "data", folder / "data.unfinished"
    programs = postgres_bin()
    if os.geteuid() == 0:
        _give(folder, unprivileged_user())
    run_as = identity_for(programs / "postgres", folder)
    _refuse_other_version(cluster, programs)
    password = secrets.get("postgres-superuser")
    password_file = folder / "password"
    services = []
    if not (cluster / "PG_VERSION").exists():

        def prepare_initdb() -> None:
            # Killed half way, initdb leaves a folder that it would refuse the next time.
            shutil.rmtree(unfinished, ignore_errors=True)
            write_atomically(password_file, password + "\n")
            if run_as is not None:
                os.chown(password_file, run_as.uid, run_as.gid)

        services.append(
            Service(
                name="initdb",
                # No ICU in these builds, hence the locale. Checksums show a disk that lies.
                argv=(
                    str(programs / "initdb"),
                    *("-D", str(unfinished), "-U", SUPERUSER, f"--pwfile={password_file}", "--encoding=UTF8", "--locale=C"),
                    *("--auth=scram-sha-256", "--data-checksums", *(() if durable else ("--no-sync",))),
                ),
                environment=environment,
                folder=folder,
                prepare=prepare_initdb,
                one_shot=True,
                run_as=run_as,
            )
        )

    def prepare_server() -> None:
        password_file.unlink(missing_ok=True)
        if not cluster.exists():
            unfinished.rename(cluster)

    provision = Provision(port, password, {role: secrets.get(f"postgres-{role}") for role in (OWNER_ROLE, APP_ROLE, DAGSTER_ROLE)})
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        # No Unix socket: its folder would have to be shared with the unprivileged user.
        "unix_socket_directories": "",
        "max_connections": "200",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_line_prefix": "%m [%p] %u@%d ",
        **(postgres_memory(usable_bytes()) if durable else {"fsync": "off", "full_page_writes": "off"}),
    }
    services.append(
        Service(
            name="postgres",
            argv=(str(programs / "postgres"), "-D", str(cluster), *(f"--{name}={value}" for name, value in settings.items())),
            environment=environment,
            folder=folder,
            ready=provision,
            prepare=prepare_server,
            depends_on=tuple(service.name for service in services),
            run_as=run_as,
            # Fast shutdown: on SIGTERM PostgreSQL would wait for its clients.
            stop_signal=signal.SIGINT,
            stop_seconds=20.0,
            port=port,
            port_names=("postgres",),
            url=f"postgresql://127.0.0.1:{port}/zamc",
        )
    )
    return services


@dataclass
class Provision:
    """Readiness of PostgreSQL: it answers, and the roles and databases are there. Both are made here when they are missing."""

    port: int
    superuser_password: str = field(repr=False)
    role_passwords: Mapping[str, str] = field(repr=False)
    _done: bool = False

    def __call__(self) -> bool:
        """Raises StackError when the password of secrets/ is not that of the cluster."""
        import psycopg

        try:
            with psycopg.connect(
                host="127.0.0.1",
                port=self.port,
                user=SUPERUSER,
                password=self.superuser_password,
                dbname="postgres",
                connect_timeout=2,
                autocommit=True,
            ) as connection:
                if not self._done:
                    self._provision(connection)
                    self._done = True
                return True
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                raise StackError(
                    "PostgreSQL refuses the password in secrets/postgres-superuser: restore the folder secrets/ that belongs to postgres/"
                ) from None
            return False

    def _provision(self, connection: "psycopg.Connection[tuple[object, ...]]") -> None:
        from psycopg import sql

        for role, password in self.role_passwords.items():
            exists = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone()
            verb = sql.SQL("ALTER ROLE" if exists else "CREATE ROLE")
            # The verifier, not the password: a statement may reach the server's log.
            connection.execute(sql.SQL("{} {} LOGIN PASSWORD {}").format(verb, sql.Identifier(role), sql.Literal(scram_verifier(password))))
        # What a transaction of the API becomes: it has no password, and row-level security shows it its caller's projects alone.
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (API_ROLE,)).fetchone():
            connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(API_ROLE)))
        connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(API_ROLE), sql.Identifier(APP_ROLE)))
        for database, owner in DATABASES.items():
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (database,)).fetchone():
                connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(database), sql.Identifier(owner)))
            # By default everybody may connect to every database and make temporary tables in it.
            connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(database)))
        connection.execute(sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE zamc TO {}").format(sql.Identifier(APP_ROLE)))


def scram_verifier(password: str) -> str:
    """What PostgreSQL stores for an ASCII password under scram-sha-256 (RFC 5803)."""
    salt = randomness.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode("ascii"), salt, SCRAM_ITERATIONS)
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    stored_key = hashlib.sha256(client_key).digest()

    def text(value: bytes) -> str:
        return base64.b64encode(value).decode("ascii")

    return f"SCRAM-SHA-256${SCRAM_ITERATIONS}:{text(salt)}${text(stored_key)}:{text(server_key)}"


def _give(folder: Path, user: tuple[int, int]) -> None:
    if folder.stat().st_uid == user[0]:
        return
    for path in (folder, *folder.rglob("*")):
        os.chown(path, *user, follow_symlinks=False)


def _refuse_other_version(cluster: Path, programs: Path) -> None:
    try:
        found = (cluster / "PG_VERSION").read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return
    said = subprocess.run((str(programs / "postgres"), "--version"), capture_output=True, text=True, check=True).stdout
    offered = said.split()[-1].partition(".")[0]
    if found != offered:
        raise StackError(
            f"{cluster} was made by PostgreSQL {found}, the program is {offered}: move the data with pg_dump, or start on another ZAMC_HOME"
        )

"""`python -m sandbox`: start the stand-ins and serve until SIGTERM or Ctrl-C."""

import argparse
import fcntl
import json
import os
import signal
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TextIO

EXAMPLE: Final = """
example:
  python -m sandbox --home /tmp/ads --meta-port 8081 --google-port 8082 --clock 2027-03-01T08:00:00Z &
  curl -X POST localhost:8081/sandbox/meta/accounts -d '{"name": "Blender", "currency": "EUR", "timezone_name": "Europe/Berlin"}'
  curl "localhost:8081/v26.0/me/adaccounts?fields=name,currency&access_token=sandbox-token"
  curl -X POST localhost:8081/sandbox/clock -d '{"advance_seconds": 86400}'

HOME/ports.json holds the ports in use and the certificate that a Google Ads client must trust
(GRPC_DEFAULT_SSL_ROOTS_FILE_PATH). The state lies in HOME/sandbox.sqlite and survives a restart.
"""


def moment(text: str) -> datetime:
    """An ISO time; without an offset it is UTC."""
    value = datetime.fromisoformat(text)
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox",
        description="Google Ads (gRPC with TLS) and Meta's Graph API (HTTP) on loopback, over a simulated ad market.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    env = os.environ.get
    add = parser.add_argument
    add("--home", type=Path, required=True, help="folder of the state, the certificate and ports.json")
    add("--google-port", type=int, default=0, help="gRPC port; 0 takes a free one")
    add("--meta-port", type=int, default=0, help="HTTP port: Graph API, OAuth tokens, model providers, admin; 0 takes a free one")
    add("--host", default=None, help="also serve other machines under this name (in the certificate too); loopback alone if not given")
    add("--seed", type=int, default=None, help="seed of the market, kept in the store (0)")
    add("--clock", type=moment, default=None, help="business time to start at, ISO 8601 (now); moves on, never back")
    add("--token", default=env("SANDBOX_TOKEN", "sandbox-token"), help="access token, both platforms ($SANDBOX_TOKEN)")
    add("--developer-token", default=env("SANDBOX_DEVELOPER_TOKEN", "sandbox-developer-token"), help="Google Ads")
    add("--client-id", default=env("SANDBOX_CLIENT_ID", "sandbox-client"), help="Google's OAuth client")
    add("--client-secret", default=env("SANDBOX_CLIENT_SECRET", "sandbox-client-secret"), help="its secret")
    add("--refresh-token", default=env("SANDBOX_REFRESH_TOKEN", "sandbox-refresh-token"), help="Google's refresh token")
    add("--app-secret", default=env("SANDBOX_APP_SECRET", "sandbox-app-secret"), help="Meta's app secret")
    add("--model-key", default=env("SANDBOX_MODEL_KEY", "sandbox-model-key"), help="API key of the model providers ($SANDBOX_MODEL_KEY)")
    return parser.parse_args(argv)


def lock(home: Path) -> TextIO:
    """Hold `home` until the process ends. Raises OSError when another sandbox has it."""
    held = (home / "lock").open("w")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise OSError(f"another sandbox runs in {home}; stop it or choose another --home") from None
    return held


def serve(options: argparse.Namespace) -> int:
    """Start both servers, write HOME/ports.json, wait for a signal, stop. Returns the exit code."""
    from sandbox import market
    from sandbox.clock import Clock
    from sandbox.faults import Faults
    from sandbox.google import server as google
    from sandbox.http import Credentials, start
    from sandbox.store import Store

    home: Path = options.home
    home.mkdir(parents=True, exist_ok=True)
    held = lock(home)
    ports = home / "ports.json"
    ports.unlink(missing_ok=True)
    store = Store(home / "sandbox.sqlite")
    clock, faults = Clock(store, options.clock), Faults()
    market.set_seed(store, options.seed)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())

    ads = google.start(
        store,
        clock,
        faults,
        port=options.google_port,
        host=options.host,
        tls_dir=home / "tls",
        token=options.token,
        developer_token=options.developer_token,
    )
    credentials = Credentials(
        token=options.token,
        client_id=options.client_id,
        client_secret=options.client_secret,
        refresh_token=options.refresh_token,
        app_secret=options.app_secret,
        model_key=options.model_key,
    )
    web = start(store, clock, faults, port=options.meta_port, host=options.host, credentials=credentials)
    cert = str((home / "tls" / "cert.pem").resolve())
    draft = home / "ports.json.new"
    draft.write_text(json.dumps({"google": ads.port, "http": web.port, "cert": cert, "pid": os.getpid()}) + "\n")
    draft.replace(ports)
    sys.stderr.write(f"sandbox: Google Ads on localhost:{ads.port} (TLS), Graph API on http://127.0.0.1:{web.port}\n")
    stop.wait()
    web.stop()
    ads.stop()
    store.close()
    held.close()
    ports.unlink(missing_ok=True)
    return 0


def main(argv: list[str] | None = None) -> int:
    options = arguments(argv)
    try:
        return serve(options)
    except OSError as error:
        sys.stderr.write(f"sandbox: {error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())

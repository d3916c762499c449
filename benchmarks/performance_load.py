"""Loading performance: rows a second from the official SDK into public.analytics, beside a raw COPY of the same rows into the same
partitioned, indexed tables, in one run; and the most memory that the loading process took.

One account reports 100 days at the grain of ads, with conversions for one ad in twenty. A server of its own process answers SearchStream
over TLS with prepared bytes; everything from there on is the product's: client, gate, checks, spool, staging table, merge, commit by day.
ZAMC_BENCH_ROWS: how many rows of ads (10,000,000).
"""

import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import IO, Any

from benchmarks.figure import Figure, at_least, at_most, shown

ROWS = int(os.environ.get("ZAMC_BENCH_ROWS", "10000000"))
DAYS, FIRST = 100, date(2027, 1, 1)
_A_DAY = ROWS // DAYS
_BATCH = 10_000  # rows of one message of SearchStream
_CONVERTS = 20  # one ad in so many
_ADS_PER_GROUP, _GROUPS_PER_CAMPAIGN = 5, 4
_CUSTOMER = "1234567890"
_DAY = b"2027-01-01"
_RANGE = re.compile(r"BETWEEN '([0-9-]{10})' AND '([0-9-]{10})'")
_TABLES = ("analytics", "analytics_conversions")
_SHARE, _MEGABYTES = 0.25, 500.0


def measure() -> list[Figure]:
    """Starts PostgreSQL alone, in a folder that is gone afterwards. Takes about half an hour with all rows."""
    from cli.local.client import LocalStack

    with (
        tempfile.TemporaryDirectory(prefix="zamc-bench-") as folder,
        LocalStack.start(home=Path(folder) / "home", services=("postgres", "migrate"), durable=False) as stack,
    ):
        url, owner = (stack.environment[f"ZAMC_DATABASE_{name}"] for name in ("URL", "OWNER_URL"))
        _account(url)
        with _serving(Path(folder) / "tls") as (port, certificate):
            environment = {**os.environ, "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": certificate}
            done = subprocess.run(
                [sys.executable, "-m", "benchmarks.performance_load", "load", url, port],
                check=True, stdout=subprocess.PIPE, text=True, env=environment,
            )  # fmt: skip
        seen = json.loads(done.stdout.splitlines()[-1])
        raw = _raw_copy(owner, Path(folder))
    loaded, copied = seen["rows"] / seen["seconds"], raw["rows"] / raw["seconds"]
    return [
        shown("rows", raw["rows"], "rows"),
        shown("from the SDK into public.analytics", loaded, "rows/s"),
        shown("raw COPY of the same rows", copied, "rows/s"),
        at_least("loading over raw COPY", loaded / copied, "ratio", _SHARE),
        at_most("peak memory of the loading process", seen["megabytes"], "MB", _MEGABYTES),
        shown("the same rows again, unchanged", seen["again_rows"] / seen["again_seconds"], "rows/s"),
    ]


def _account(url: str) -> None:
    from tests.zamc.analytics.scripted import launched
    from zamc.database.engine import Database

    database = Database(url)
    launched(database, starts_on=FIRST, external_id=_CUSTOMER)
    database.close()


class _serving:  # noqa: N801 - reads as a sentence: with _serving(...) as ...
    """A server in a process of its own; its port and its certificate's file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> tuple[str, str]:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.performance_load", "serve", str(self._folder)], stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        port, certificate = self._process.stdout.readline().split()
        return port, certificate

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(30)


def _serve(folder: Path) -> None:
    import grpc

    from sandbox.google.tls import make_certificate

    certificate = make_certificate(folder)
    facts, conversions, actions = _prepared()

    def answer(packed: bytes, _context: Any) -> Iterator[bytes]:
        query = packed.decode(errors="replace")
        if "FROM conversion_action" in query:
            yield actions
            return
        found = _RANGE.search(query)
        first, last = (date.fromisoformat(day) for day in found.groups()) if found else (FIRST, FIRST)
        kept = conversions if "segments.conversion_action" in query else facts
        count = (last - first).days + 1
        for n in range(count):
            # A date is as long as any other, so that a prepared message stays one.
            day = (first + timedelta(days=n)).isoformat().encode()
            for batch in kept[:-1]:
                yield batch.replace(_DAY, day)
        yield _totals(kept[-1], count)

    handler = grpc.method_handlers_generic_handler(
        "google.ads.googleads.v26.services.GoogleAdsService", {"SearchStream": grpc.unary_stream_rpc_method_handler(answer)}
    )
    server = grpc.server(ThreadPoolExecutor(2), handlers=(handler,), options=[("grpc.max_send_message_length", -1)])
    port = server.add_secure_port("localhost:0", grpc.ssl_server_credentials([(certificate.key, certificate.chain)]))
    server.start()
    print(port, certificate.path, flush=True)
    server.wait_for_termination()


def _prepared() -> tuple[list[bytes], list[bytes], bytes]:
    """One day's messages of both queries, each list ending with a message of the day's totals; and the conversion actions."""
    from google.ads.googleads.v26.services.types.google_ads_service import SearchGoogleAdsStreamResponse

    response = SearchGoogleAdsStreamResponse.pb()
    facts, conversions = response(), response()
    batches: tuple[list[bytes], list[bytes]] = ([], [])
    totals = (response(), response())
    for number in range(_A_DAY):
        row = _row(facts.results.add(), number)
        row.metrics.impressions, row.metrics.clicks, row.metrics.cost_micros = 900 + number % 997, number % 89, 1_000 * (number % 8_999)
        _add(totals[0].summary_row.metrics, row.metrics, "impressions", "clicks", "cost_micros")
        if number % _CONVERTS == 0:
            sold = _row(conversions.results.add(), number)
            sold.segments.conversion_action, sold.segments.conversion_action_name = (
                f"customers/{_CUSTOMER}/conversionActions/77",
                "Purchase",
            )
            for name, value in (("conversions", 1.0 + number % 3), ("conversions_value", 17.25)):
                setattr(sold.metrics, name, value)
                setattr(sold.metrics, f"all_{name}", value)
            names = ("conversions", "conversions_value")
            _add(totals[1].summary_row.metrics, sold.metrics, *names, *(f"all_{name}" for name in names))
        for message, kept in zip((facts, conversions), batches, strict=True):
            if len(message.results) == _BATCH or (number == _A_DAY - 1 and message.results):
                kept.append(message.SerializeToString())
                message.ClearField("results")
    for kept, total in zip(batches, totals, strict=True):
        kept.append(total.SerializeToString())
    actions = response()
    action = actions.results.add().conversion_action
    action.id, action.name, action.click_through_lookback_window_days = 77, "Purchase", 30
    return batches[0], batches[1], actions.SerializeToString()


def _row(row: Any, number: int) -> Any:
    group = number // _ADS_PER_GROUP
    row.ad_group_ad.ad.id, row.ad_group_ad.ad.name = 700_000_000_000 + number, f"Spring sale, headline test {number}"
    row.ad_group.id, row.campaign.id = 150_000_000_000 + group, 20_000_000_000 + group // _GROUPS_PER_CAMPAIGN
    row.customer.currency_code, row.segments.date = "EUR", _DAY.decode()
    return row


def _add(total: Any, metrics: Any, *names: str) -> None:
    for name in names:
        setattr(total, name, getattr(total, name) + getattr(metrics, name))


def _totals(of_a_day: bytes, days: int) -> bytes:
    from google.ads.googleads.v26.services.types.google_ads_service import SearchGoogleAdsStreamResponse

    message = SearchGoogleAdsStreamResponse.pb()()
    message.ParseFromString(of_a_day)
    for field, value in message.summary_row.metrics.ListFields():
        setattr(message.summary_row.metrics, field.name, value * days)
    return bytes(message.SerializeToString())


def _load(url: str, port: str) -> None:
    """Read all days, then again, and print what it took."""
    from google.ads.googleads.client import GoogleAdsClient
    from google.oauth2.credentials import Credentials

    from zamc.analytics.rules import Grain
    from zamc.analytics.service import AnalyticsService
    from zamc.database.engine import Database
    from zamc.platforms.google_ads.client import GoogleClient
    from zamc.platforms.google_ads.reports import GoogleAdsReports

    names = {"developer_token": "benchmark", "endpoint": f"localhost:{port}", "version": "v26", "use_proto_plus": False}
    sdk = GoogleAdsClient(Credentials(token=names["developer_token"]), **names)
    reports = GoogleAdsReports(GoogleClient(sdk, version="v26", timeout_seconds=3600))
    reports.grains = (Grain.AD,)
    database = Database(url)
    service = AnalyticsService(database, _Clock(), {"google_ads": lambda _: reports}, look_back_days=0)
    seen: dict[str, float] = {}
    for prefix in ("", "again_"):
        started = time.perf_counter()
        outcome = service.sync(platform="google_ads", first_day=FIRST, day=FIRST + timedelta(days=DAYS - 1), look_back=False)
        seen[f"{prefix}seconds"] = time.perf_counter() - started
        if outcome.failures:
            raise SystemExit(str(outcome.failures))
        seen[f"{prefix}rows"] = outcome.rows_read
        if not prefix:
            # The second reading is about what a day costs that has not changed; the figure is about the first.
            seen["megabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    seen["megabytes"] = max(seen["megabytes"], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    print(json.dumps(seen))


class _Clock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def business_now(self) -> datetime:
        return datetime.combine(FIRST + timedelta(days=DAYS + 1), datetime.min.time(), UTC)


def _raw_copy(owner: str, folder: Path) -> dict[str, float]:
    """Write the tables to files, empty them, and COPY the files back."""
    import psycopg

    rows = 0
    # The owner: COPY into a table with row-level security is not for those whom it binds.
    with psycopg.connect(owner.replace("postgresql+psycopg:", "postgresql:")) as keeper:
        for table in _TABLES:
            with (folder / table).open("wb") as file, keeper.cursor() as cursor:
                with cursor.copy(f"COPY (SELECT * FROM public.{table}) TO STDOUT") as copy:  # noqa: S608 - names of this module
                    for chunk in copy:
                        file.write(chunk)
                rows += cursor.rowcount
        keeper.commit()
        keeper.execute(f"TRUNCATE {', '.join(f'public.{table}' for table in _TABLES)}")
        keeper.commit()
        started = time.perf_counter()
        for table in _TABLES:
            with (folder / table).open("rb") as file, keeper.cursor().copy(f"COPY public.{table} FROM STDIN") as copy:
                _feed(copy, file)
        keeper.commit()
        seconds = time.perf_counter() - started
    return {"rows": rows, "seconds": seconds}


def _feed(copy: Any, file: IO[bytes]) -> None:
    while chunk := file.read(1 << 17):
        copy.write(chunk)


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        _serve(Path(sys.argv[2]))
    elif sys.argv[1:2] == ["load"]:
        _load(sys.argv[2], sys.argv[3])
    else:
        for figure in measure():
            print(figure)

"""The platform of performance_load: a SearchStream over TLS that answers with prepared bytes. `python -m benchmarks.performance_source
FOLDER ROWS_A_DAY` prints its port and its certificate's file, and serves until it is terminated.

Each day has ROWS_A_DAY ads, and conversions for one ad in twenty.
"""

import re
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from typing import Any

CUSTOMER, FIRST = "1234567890", date(2027, 1, 1)
_BATCH = 10_000  # rows of one message of SearchStream
_CONVERTS = 20  # one ad in so many
_ADS_PER_GROUP, _GROUPS_PER_CAMPAIGN = 5, 4
_DAY = b"2027-01-01"
_RANGE = re.compile(r"BETWEEN '([0-9-]{10})' AND '([0-9-]{10})'")


def serve(folder: Path, a_day: int) -> None:
    """Until it is terminated."""
    import grpc

    from sandbox.google.tls import make_certificate

    certificate = make_certificate(folder)
    facts, conversions, actions = _prepared(a_day)

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


def _prepared(a_day: int) -> tuple[list[bytes], list[bytes], bytes]:
    """One day's messages of both queries, each list ending with a message of the day's totals; and the conversion actions."""
    from google.ads.googleads.v26.services.types.google_ads_service import SearchGoogleAdsStreamResponse

    response = SearchGoogleAdsStreamResponse.pb()
    facts, conversions = response(), response()
    batches: tuple[list[bytes], list[bytes]] = ([], [])
    totals = (response(), response())
    for number in range(a_day):
        row = _row(facts.results.add(), number)
        row.metrics.impressions, row.metrics.clicks, row.metrics.cost_micros = 900 + number % 997, number % 89, 1_000 * (number % 8_999)
        _add(totals[0].summary_row.metrics, row.metrics, "impressions", "clicks", "cost_micros")
        if number % _CONVERTS == 0:
            sold = _row(conversions.results.add(), number)
            sold.segments.conversion_action = f"customers/{CUSTOMER}/conversionActions/77"
            sold.segments.conversion_action_name = "Purchase"
            for name, value in (("conversions", 1.0 + number % 3), ("conversions_value", 17.25)):
                setattr(sold.metrics, name, value)
                setattr(sold.metrics, f"all_{name}", value)
            names = ("conversions", "conversions_value")
            _add(totals[1].summary_row.metrics, sold.metrics, *names, *(f"all_{name}" for name in names))
        for message, kept in zip((facts, conversions), batches, strict=True):
            if len(message.results) == _BATCH or (number == a_day - 1 and message.results):
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


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]))

"""The loading process of performance_load: the product's own sync with the official SDK, and nothing else in the process.

`python -m benchmarks.performance_loader DATABASE_URL PORT` reads lines "FIRST_DAY LAST_DAY", syncs those days, and answers each with a line
of JSON: seconds, rows, and megabytes, the most memory that the process has taken until then.
"""

import json
import resource
import sys
import time
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zamc.analytics.service import AnalyticsService


def load(url: str, port: str) -> None:
    """Until standard input ends. Exits with the platform's words when an account fails."""
    clock = _Clock()
    service = _service(url, port, clock)
    for line in sys.stdin:
        first, last = map(date.fromisoformat, line.split())
        clock.today = last + timedelta(days=1)
        started = time.perf_counter()
        outcome = service.sync(platform="google_ads", first_day=first, day=last, look_back=False)
        seconds = time.perf_counter() - started
        if outcome.failures:
            raise SystemExit(str(outcome.failures))
        megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({"seconds": seconds, "rows": outcome.rows_read, "megabytes": megabytes}), flush=True)


def _service(url: str, port: str, clock: "_Clock") -> "AnalyticsService":
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
    return AnalyticsService(Database(url), clock, {"google_ads": lambda _: reports}, look_back_days=0)


class _Clock:
    today = date.min

    def now(self) -> datetime:
        return datetime.now(UTC)

    def business_now(self) -> datetime:
        """Noon in UTC: the same date in every account's time zone that is near."""
        return datetime.combine(self.today, datetime.min.time(), UTC) + timedelta(hours=12)


if __name__ == "__main__":
    load(sys.argv[1], sys.argv[2])

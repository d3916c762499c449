"""What every test may ask for: the real servers, a migrated database of its own, a clock that it moves."""

import os
import signal
from collections import Counter
from collections.abc import Generator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.recycling import Recycling
from tests.services import Database as DatabaseUrls
from tests.services import Services, services  # noqa: F401 - a fixture
from zamc.database.engine import Database
from zamc.database.migrate import migrate

# Started in the background by a shell, everything below would ignore Ctrl-C, and a test that sends one would wait for ever.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
# No test asserts on wall time: a slow machine is not a counterexample.
settings.register_profile("zamc", deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
settings.load_profile("zamc")
# A child process that a test starts must not compile everything again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

FOLDER = Path(__file__).parent
# What starts whole platforms: few tests, and minutes each. The longest first.
LONG = (
    *("cli/demo/", "deploy/test_live", "dashboard/", "zamc_pipelines/test_trace.py", "dbt/", "api/test_outages.py"),
    *("zamc_pipelines/", "cli/local/", "chaos/"),
)


class ManualClock:
    """Both clocks stand still until a test moves them."""

    def __init__(self, now: datetime = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)) -> None:
        self.wall = now
        self.business = now

    def now(self) -> datetime:
        return self.wall

    def business_now(self) -> datetime:
        return self.business

    def advance(self, **step: float) -> None:
        """Move both clocks on by a timedelta."""
        self.wall += timedelta(**step)
        self.business += timedelta(**step)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(scope="session")
def migrated(services: Services) -> Iterator[DatabaseUrls]:  # noqa: F811
    """A migrated database that nobody uses but as a template."""
    template = services.new_database()
    migrate(template.owner_url)
    services.close_database(template)
    yield template
    services.drop_database(template)


@pytest.fixture(scope="session")
def recycling(services: Services, migrated: DatabaseUrls) -> Iterator[Recycling]:  # noqa: F811
    """Copies of the migrated database, one user at a time."""
    copies = Recycling(services, migrated)
    yield copies
    copies.close()


@pytest.fixture
def urls(recycling: Recycling) -> Iterator[DatabaseUrls]:
    """The addresses of a migrated database that is this test's alone, and in which nothing is."""
    taken = recycling.take()
    yield taken
    recycling.give_back(taken)


@pytest.fixture
def database(urls: DatabaseUrls) -> Iterator[Database]:
    """A fresh database as zamc_app, the role of everything but migrations."""
    opened = Database(urls.app_url)
    yield opened
    opened.close()


@pytest.fixture
def owner_database(urls: DatabaseUrls) -> Iterator[Database]:
    """The same database as zamc_owner: what an operator's terminal has."""
    opened = Database(urls.owner_url)
    yield opened
    opened.close()


def pytest_configure(config: pytest.Config) -> None:
    """xdist would give out the files with the fewest tests last, so that one worker ends with a long one while the other has nothing."""
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Among several workers the longest files come first, then those with the most tests."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return
    tests = Counter(item.path for item in items)

    def turn(item: pytest.Item) -> tuple[int, int, str]:
        name = item.path.relative_to(FOLDER).as_posix()
        rank = next((place for place, start in enumerate(LONG) if name.startswith(start)), len(LONG))
        return rank, -tests[item.path], name

    items.sort(key=turn)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With ZAMC_REQUIRE_ALL=1, as CI sets it, nothing may be left out: a skipped test is a failed one."""
    report = yield
    if report.skipped and os.environ.get("ZAMC_REQUIRE_ALL") == "1":
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome, report.longrepr = "failed", f"{item.nodeid} did not run, and ZAMC_REQUIRE_ALL=1: {reason}"
    return report

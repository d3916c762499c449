"""A real browser on the real API process, which has real servers and the stand-ins of the platforms behind it."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, sync_playwright
from sqlalchemy import select

from cli.local.client import LocalStack
from cli.local.stack import BASE
from tests.dashboard.build import ROOT, make_dashboard
from tests.tools import tool
from zamc.clock import SystemClock
from zamc.database.engine import Database
from zamc.identity import repository as identity
from zamc.identity.service import IdentityService
from zamc.identity.tables import ApiKey
from zamc.projects import repository as projects
from zamc.projects.service import ProjectService

CHROMIUM_OPTIONS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage"),
    *("--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"),
]


@dataclass
class Platform:
    """A running platform and what its operator does."""

    url: str
    environment: dict[str, str]
    database: Database

    def work(self, what: str) -> None:
        """See tests/dashboard/work.py."""
        argv = (sys.executable, "-m", "tests.dashboard.work", what)
        ran = subprocess.run(
            argv, cwd=ROOT, env={**os.environ, **self.environment}, capture_output=True, text=True, check=False, timeout=180
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr

    def project(self, name: str) -> UUID:
        with self.database.transaction() as session:
            return ProjectService(SystemClock()).create_project(session, name, by="test").id

    def key(self, email: str, **roles: str) -> str:
        """A key with these roles by project name (_ for a space)."""
        with self.database.transaction() as session:
            named = {name: projects.project_by_name(session, name.replace("_", " ")) for name in roles}
            return IdentityService().grant_key(session, email=email, roles={row.id: roles[name] for name, row in named.items() if row})

    def revoke(self, key: str) -> None:
        """As the service does it, which tells whoever believes the key."""
        with self.database.transaction() as session:
            found = session.scalars(select(ApiKey).where(ApiKey.prefix == key[:16])).one()
            assert identity.revoke_key(session, found.id, user_id=found.user_id, now=SystemClock().now())


@pytest.fixture(scope="module")
def platform(browser: BrowserContext) -> Iterator[Platform]:
    """Asks for the browser only so that nothing starts where there is none."""
    make_dashboard()
    with (
        tempfile.TemporaryDirectory(prefix="zamc-test-") as folder,
        LocalStack.start(home=Path(folder), services=(*BASE, "migrate", "sandbox", "api"), durable=False) as stack,
    ):
        database = Database(stack.environment["ZAMC_DATABASE_URL"])
        made = Platform(stack.environment["ZAMC_API_URL"], stack.environment, database)
        made.work("set-up")
        yield made
        database.close()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    chromium = tool("chromium", "chromium-browser", "google-chrome", install="apt-get install chromium")
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            tmp_path_factory.mktemp("chromium"),
            executable_path=chromium,
            args=CHROMIUM_OPTIONS,
            locale="en-GB",
            timezone_id="America/Los_Angeles",
            reduced_motion="reduce",
        )
        context.set_default_timeout(20_000)
        yield context
        context.close()


@dataclass
class Tab:
    """A fresh tab: nobody is signed in. `complaints` are the errors that its console shows."""

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)

    def sign_in(self, key: str) -> None:
        self.page.goto(self.url)
        self.page.get_by_label("API key").fill(key)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.get_by_role("button", name="Sign out").wait_for()


@pytest.fixture
def tab(browser: BrowserContext, platform: Platform) -> Iterator[Tab]:
    """Fails the test when the page complains of anything that the test did not take out of `complaints`."""
    opened = Tab(browser.new_page(), platform.url)
    opened.page.set_viewport_size({"width": 1280, "height": 900})
    opened.page.on("console", _collect(opened.complaints))
    opened.page.on("pageerror", lambda error: opened.complaints.append(str(error)))
    yield opened
    opened.page.close()
    assert opened.complaints == []


def _collect(complaints: list[str]) -> Callable[[ConsoleMessage], None]:
    def take(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(message.text)

    return take


@pytest.fixture
def shot() -> Callable[[Page, str], None]:
    """Keep a picture for people in build/dashboard/."""
    folder = ROOT / "build" / "dashboard"
    folder.mkdir(parents=True, exist_ok=True)

    def take(page: Page, name: str) -> None:
        page.screenshot(path=folder / f"{name}.png", full_page=True)

    return take

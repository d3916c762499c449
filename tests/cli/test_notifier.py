"""`zamc notifier` as a process: what a probe looks at, an alert that becomes a mail, and an end in order."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from sqlalchemy import select

from tests.cli.test_relay_heartbeat import READY_SECONDS, beat_after
from tests.services import Database as DatabaseUrls
from tests.services import Services
from tests.zamc.notifications.conftest import Brand, brand
from zamc.clock import SystemClock
from zamc.notifications.delivery_tables import Delivery

__all__ = ["brand"]


def test_a_notifier_beats_sends_what_is_due_and_ends_in_order(services: Services, urls: DatabaseUrls, brand: Brand, tmp_path: Path) -> None:
    brand.clock.wall = SystemClock().now()
    brand.member("olga", "owner")
    heartbeat, box = tmp_path / "alive", tmp_path / "mail"
    command = [sys.executable, "-m", "cli.main", "notifier", "--heartbeat", str(heartbeat)]
    environment = {**os.environ, **services.environment_for(urls), "ZAMC_MAIL_FOLDER": str(box)}
    child = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    try:
        first = beat_after(heartbeat, 0, child)
        brand.tell(brand.news(title="Tried for real"))
        deadline = time.monotonic() + READY_SECONDS
        while not list(box.glob("*.eml")):
            assert child.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        beat_after(heartbeat, first, child)
        child.send_signal(signal.SIGTERM)
        assert child.wait(timeout=60) == 0
    finally:
        child.kill()
        child.wait()
    (mail,) = box.glob("*.eml")
    assert "Subject: [warning] Padaria: Tried for real" in mail.read_text()
    with brand.database.transaction() as session:
        assert session.scalars(select(Delivery.state)).all() == ["sent"]

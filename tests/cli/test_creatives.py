"""`zamc creatives show` says what was made, why it may be said, and where it lies."""

from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from tests.conftest import ManualClock
from tests.zamc.creatives.test_service import House
from zamc.creatives.service import CreativeService
from zamc.creatives.video import Video
from zamc.database.engine import Database
from zamc.database.ids import uuid7
from zamc.storage.objects import ObjectStore


@dataclass
class Wired:
    """What the command takes of the services."""

    database: Database
    objects: ObjectStore


@pytest.fixture
def strategy(database: Database, clock: ManualClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> UUID:
    """A strategy whose creatives lie in a folder; one video could not be made."""

    def video(spec: object) -> Video:
        raise OSError("No space left on device")

    store = ObjectStore(f"file://{tmp_path}")
    monkeypatch.setattr("zamc.bootstrap.services", lambda: Wired(database, store))
    monkeypatch.setattr("zamc.creatives.video.render_video", video)
    house = House(database, clock)
    made = house.strategy()
    service = CreativeService(database, clock, store, house.next)
    service.make_copy()
    service.make_images()
    for _ in range(8):
        service.make_videos()
        clock.advance(hours=1)
    return made


def _show(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["creatives", "show", *arguments])


def test_every_text_has_the_line_of_the_brief_behind_it(strategy: UUID) -> None:
    said = _show(str(strategy)).output
    assert ": ready" in said.splitlines()[0]
    assert "copy/google_ads/en  ready" in said
    assert "headlines[0]: Bluebird\n      verbatim project.name: Bluebird" in said
    assert "brief.claims[1]: Beans arrive within 3 days" in said
    assert "image/meta_ads/meta_card_1/en  ready  1080 x 1080" in said
    assert "checks: copy_rules 0 findings" in said
    assert "Left out: video/meta_ads/meta_video_square/en" in said
    assert "No space left" in said
    assert _show().output == said


def test_every_file_is_where_it_says(strategy: UUID) -> None:
    files = [line.strip().removeprefix("file://") for line in _show().output.splitlines() if line.startswith("  file://")]
    assert len(files) > 5
    assert all(Path(file).stat().st_size > 1000 for file in files)


def test_one_member_is_opened(strategy: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr("typer.launch", opened.append)
    said = _show("--member", "meta_square", "--open").output
    assert "copy/google_ads" not in said
    assert len(opened) == 1
    assert opened[0] in said


def test_a_stranger_is_refused(strategy: UUID) -> None:
    refused = _show(str(uuid7()))
    assert refused.exit_code == 1
    assert "neither a set of creatives nor a strategy" in str(refused.exception)

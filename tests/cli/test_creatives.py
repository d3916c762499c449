"""`zamc creatives show` says what was made, why it may be said, and where it lies."""

import re
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID

import pytest
from PIL import Image
from sqlalchemy import select
from typer.testing import CliRunner, Result

from cli.main import app
from tests.conftest import ManualClock
from tests.zamc.creatives.test_service import Begun, House
from zamc.creatives.logos import LogoService
from zamc.creatives.service import CreativeService
from zamc.creatives.tables import Asset
from zamc.creatives.video import Video
from zamc.creatives.video_scenes import VideoSpec
from zamc.database.engine import Database
from zamc.database.ids import uuid7
from zamc.errors import InvalidInput, NotFound, ZamcError
from zamc.llm.views import of_strategies
from zamc.storage.objects import ObjectStore
from zamc.web.fetcher import Fetcher


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
    assert "headlines[0]  [brand]: Bluebird\n      verbatim project.name: Bluebird" in said
    assert set(re.findall(r"primary_texts\[\d\]  \[(\w+)\]", said)) >= {"offer", "action"}
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


def test_a_video_of_another_size_and_length_is_made_on_demand(
    strategy: UUID, tmp_path: Path, database: Database, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zamc.creatives.video.render_video", _encoded)
    store = ObjectStore(f"file://{tmp_path}")
    creatives = CreativeService(database, clock, store, Begun())
    monkeypatch.setattr("zamc.bootstrap.services", lambda: SimpleNamespace(database=database, objects=store, creatives=creatives))
    before = _members(database)
    for size, seconds, shown in (
        ("landscape", 15, "1920 x 1080, 15 s"),
        ("vertical", 6, "1080 x 1920, 6 s"),
        ("square", 15, "1080 x 1080, 15 s"),
    ):
        said = CliRunner().invoke(app, ["creatives", "film", str(strategy), "--size", size, "--seconds", str(seconds)]).output
        assert said.startswith(f"{shown}, silence: Order fresh coffee beans online")
        assert Path(said.splitlines()[-1].removeprefix("file://")).read_bytes().startswith(b"VideoSpec")
    assert _members(database) == before  # no set is changed by it
    for words, why in ((["--size", "round"], "square, vertical, landscape"), (["--seconds", "7"], "6, 15"), (["--language", "pl"], "en")):
        refused = CliRunner().invoke(app, ["creatives", "film", str(strategy), *words])
        assert isinstance(refused.exception, InvalidInput)
        assert why in str(refused.exception)
    assert isinstance(CliRunner().invoke(app, ["creatives", "film", str(uuid7())]).exception, NotFound)


def _encoded(spec: VideoSpec) -> Video:
    """Encoding takes seconds and has tests of its own."""
    return Video(repr(spec).encode(), spec.placement.width, spec.placement.height, spec.seconds)


def _members(database: Database) -> list[tuple[str, str, str | None]]:
    with database.transaction() as session:
        return [(row.local_ref, row.status, row.object_hash) for row in session.scalars(select(Asset).order_by(Asset.id))]


def test_a_name_that_no_member_has_is_said(strategy: UUID) -> None:
    refused = _show(str(strategy), "--member", "meta_round")
    assert isinstance(refused.exception, InvalidInput)
    assert "copy/google_ads/en" in str(refused.exception)


def test_a_stranger_is_refused(strategy: UUID) -> None:
    refused = _show(str(uuid7()))
    assert refused.exit_code == 1
    assert "neither a set of creatives nor a strategy" in str(refused.exception)


def test_a_logo_is_set_shown_and_taken_back(strategy: UUID, tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    store = ObjectStore(f"file://{tmp_path}")
    logos = LogoService(database, store, Fetcher())
    monkeypatch.setattr("zamc.bootstrap.services", lambda: SimpleNamespace(database=database, objects=store, logos=logos))
    file = tmp_path / "logo.png"
    Image.new("RGBA", (300, 150), "red").save(file)
    said = CliRunner().invoke(app, ["creatives", "logo", "Bluebird", "--file", str(file)])
    assert "300 x 150 pixels" in said.output
    assert Path(said.output.strip().splitlines()[-1].removeprefix("file://")).read_bytes().startswith(b"\x89PNG")
    assert "no logo of its own" in CliRunner().invoke(app, ["creatives", "logo", "Bluebird", "--remove"]).output
    for words in ([], ["--file", str(file), "--remove"], ["--file", str(tmp_path / "none.png")], ["--url", "https://example.org/logo.png"]):
        failed = CliRunner().invoke(app, ["creatives", "logo", "Bluebird", *words])
        assert isinstance(failed.exception, ZamcError), words


def test_who_wrote_it_for_how_much_is_shown(strategy: UUID, database: Database) -> None:
    call = {"provider": "anthropic", "model": "claude-sonnet-4-6", "prompt_version": "copy-1", "cost_micros": 12_300}
    with database.transaction() as session:
        for row in session.scalars(select(Asset).where(Asset.kind == "copy")):
            row.provenance = row.provenance | {"writer": "model", "model_call": call, "notes": ["Left out 'No. 1': not in the brief"]}
    shown = _show(str(strategy), "--member", "copy/").output
    assert "anthropic claude-sonnet-4-6, prompt copy-1, 0.01 USD" in shown
    assert "Left out 'No. 1'" in shown
    with database.transaction() as session:
        view = of_strategies(session, [strategy])[strategy]
    assert view.cost_micros == 12_300 * shown.count("anthropic claude")

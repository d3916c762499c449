"""Whatever a creative says or shows leads to a line of the brief, and to the call that it comes from: copy, pictures, videos."""

from typing import Any

import pytest

from tests.conftest import ManualClock
from tests.zamc.creatives.test_service import House
from tests.zamc.strategies.briefs import examples
from zamc.creatives.video import Video
from zamc.creatives.views import set_view
from zamc.database.engine import Database
from zamc.strategies.schema import BriefFile

# Texts that people read, by kind; what else stands in a creative's content are names, sizes and buttons of a platform.
_READ = {"image": ("headline", "supporting", "call_to_action"), "video": ("captions", "call_to_action")}
_NOT_READ = {"call_to_action", "image"}


@pytest.fixture
def house(database: Database, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setattr("zamc.creatives.video.render_video", lambda spec: Video(repr(spec).encode(), 1080, 1080, spec.seconds))
    return House(database, clock)


def texts(kind: str, content: dict[str, Any]) -> dict[str, str]:
    """Every text of a creative by its path."""
    names = _READ.get(kind, tuple(name for name in content if name not in _NOT_READ))
    found: dict[str, str] = {}
    for name in names:
        value = content.get(name, "")
        for index, one in enumerate(value) if isinstance(value, list) else [(None, value)]:
            at = name if index is None else f"{name}[{index}]"
            inner = {f"{at}.{key}": text for key, text in one.items() if key not in _NOT_READ} if isinstance(one, dict) else {at: one}
            found |= {path: text for path, text in inner.items() if text}
    return found


@pytest.mark.parametrize("file", examples(), ids=lambda file: file.project)
def test_every_text_of_every_creative_names_its_line_of_the_brief(house: House, file: BriefFile) -> None:
    strategy = house.strategy(file.brief, name=file.project)
    house.service.make_copy()
    house.service.make_images()
    house.service.make_videos()
    members = {member.local_ref: member for member in house.members(strategy)}
    assert {member.status for member in members.values()} == {"ready"}
    assert {member.kind for member in members.values()} == {"copy", "image", "video"} if "meta_ads" in file.brief.platforms else True
    with house.database.transaction() as session:
        view = set_view(session, strategy)
    for shown in view.members:
        row = members[shown.local_ref]
        said = {each.field: each for each in shown.texts}
        for path, text in texts(row.kind, row.content).items():
            assert said[path].text == text, (shown.local_ref, path)
            assert said[path].source, (shown.local_ref, path)
            for part in said[path].source.split(" + "):
                assert part.startswith(("brief.", "project.name")), part
            # The words that stand there: nothing is named that the brief does not have.
            assert len(said[path].grounds) == len(said[path].source.split(" + ")), (shown.local_ref, path, said[path])
        if row.kind == "copy":
            assert row.provenance["writer"] == "rules"
            assert all(said[path].angle for path in texts(row.kind, row.content))
        else:
            assert row.provenance["maker"] == "layout"
        assert row.checks
        assert all(check["findings"] == 0 for check in row.checks)


def test_a_videos_sound_is_the_briefs_wish_and_stands_in_its_checks(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.zamc.strategies.briefs import brief
    from zamc.creatives.sound import SILENCE, Sound

    asked: list[str] = []

    def render(spec: Any) -> Video:
        asked.append(spec.sound)
        sound = Sound("tone", -24.4, -33.0) if spec.sound == "tone" else SILENCE
        return Video(b"video", 1080, 1080, spec.seconds, sound=sound)

    monkeypatch.setattr("zamc.creatives.video.render_video", render)
    loud = house.strategy(brief(brand={"primary": "#1F3A5F", "secondary": "#F2A541", "sound": "tone"}))
    quiet = house.strategy(brief(), name="Redwing")
    house.service.make_videos()
    assert set(asked) == {"silence", "tone"}
    for strategy, note in ((loud, {"sound": "tone", "peak_dbfs": -24.4, "mean_dbfs": -33.0}), (quiet, {"sound": "silence"})):
        for member in [each for each in house.members(strategy) if each.kind == "video"]:
            assert {"check": "loudness", **note, "findings": 0} in member.checks


def test_silence_is_no_new_wish_and_a_tone_is_another_brief() -> None:
    from tests.zamc.strategies.briefs import brief
    from zamc.strategies.rules import brief_key

    colours = {"primary": "#1F3A5F", "secondary": "#F2A541"}
    keys = [brief_key("p", brief(brand=brand)) for brand in (colours, {**colours, "sound": "silence"}, {**colours, "sound": "tone"})]
    assert keys[0] == keys[1] != keys[2]

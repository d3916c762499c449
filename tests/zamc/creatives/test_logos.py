"""A brand's own logo: set by a person, drawn wherever the brand is, and the platforms' logo asset."""

from collections.abc import Iterator
from io import BytesIO
from uuid import UUID

import pytest
from PIL import Image
from sqlalchemy import text

from tests.conftest import ManualClock
from tests.zamc.creatives.test_photographs import SVG, png
from tests.zamc.creatives.test_service import House
from tests.zamc.web.site import Detour, Names, Site, answer, serving
from zamc.creatives.logos import LogoService
from zamc.creatives.video import Video
from zamc.creatives.video_frames import frames
from zamc.creatives.video_scenes import VideoSpec
from zamc.database.engine import Database
from zamc.errors import Conflict, InvalidInput, Mend, NotFound
from zamc.llm import repository as models
from zamc.projects.tables import Project
from zamc.web.fetcher import Fetcher

LOGO = png((400, 200), "RGBA", (200, 0, 120, 255))
PINK = (200, 0, 120)


@pytest.fixture
def house(database: Database, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setattr("zamc.creatives.video.render_video", lambda spec: Video(repr(spec).encode(), 1080, 1080, spec.seconds))
    return House(database, clock)


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as made:
        yield made


def logos(house: House, site: Site | None = None) -> LogoService:
    return LogoService(house.database, house.shelf, Fetcher(resolver=Names({}), network=Detour(site.port if site else 1)))


def project_of(house: House) -> UUID:
    with house.database.transaction() as session:
        return session.scalars(text("SELECT id FROM projects")).one()


def share(data: bytes, colour: tuple[int, int, int]) -> float:
    image = Image.open(BytesIO(data)).convert("RGB")
    return sum(count for count, found in image.getcolors(1 << 24) or [] if found == colour) / (image.width * image.height)


def test_the_logo_is_in_every_picture_and_is_the_logo_asset(house: House) -> None:
    strategy = house.strategy()
    kept = logos(house).set(project_of(house), LOGO, by="mia")
    house.service.make_images()
    images = [member for member in house.members(strategy) if member.kind == "image"]
    assert len(images) > 5
    for member in images:
        assert member.provenance["logo"] == kept["sha256"]
        data = house.shelf.kept[member.object_hash or ""]
        assert share(data, PINK) > (0.10 if "logo" in member.local_ref else 0.0005), member.local_ref
    house.service.make_videos()
    assert all(member.provenance["logo"] == kept["sha256"] for member in house.members(strategy) if member.kind == "video")


def test_a_videos_card_shows_the_logo(house: House) -> None:
    from zamc.creatives.sizes import META_VIDEO_SQUARE

    def last(logo: bytes) -> bytes:
        spec = VideoSpec(META_VIDEO_SQUARE, "Bluebird", ("Fresh beans",), "Order now", "#1F3A5F", "#F2A541", "en", logo=logo)
        planes = None
        for planes in frames(spec):  # noqa: B007 - the last one is wanted
            pass
        assert planes is not None
        return planes.luma.tobytes()

    assert last(b"") != last(LOGO)


def test_without_a_logo_the_initial_stands_in_again(house: House) -> None:
    strategy = house.strategy()
    service = logos(house)
    service.set(project_of(house), LOGO, by="mia")
    service.remove(project_of(house), by="mia")
    house.service.make_images()
    assert all("logo" not in member.provenance for member in house.members(strategy))
    with house.database.transaction() as session:
        actions = session.scalars(text("SELECT action FROM audit_log WHERE action LIKE 'logo.%' ORDER BY id")).all()
    assert actions == ["logo.set", "logo.removed"]


def test_a_logo_is_fetched_only_where_the_project_lets_the_web_be_read(
    house: House, owner_database: Database, site: Site, database: Database
) -> None:
    house.strategy()
    site.pages["/logo.png"] = answer(LOGO, kind="image/png")
    service, project = logos(house, site), project_of(house)
    with pytest.raises(Conflict, match="does not let the web be read"):
        service.fetch(project, "http://shop.example.org/logo.png", by="mia")
    assert site.seen == []
    with owner_database.transaction() as session:
        models.put_model_policy(
            session, project, {"monthly_budget_micros": None, "offline": True, "providers": None, "decided_by": "test", "pages": True}
        )
    kept = service.fetch(project, "http://shop.example.org/logo.png", by="mia")
    assert (kept["width"], kept["source"]) == (400, "http://shop.example.org/logo.png")
    with database.transaction() as session:
        row = session.get(Project, project)
        assert row is not None
        assert row.brand["logo"] == kept


@pytest.mark.parametrize(
    ("page", "error"),
    [
        (answer(SVG, kind="image/svg+xml"), Mend),
        (answer(SVG, kind="image/png"), InvalidInput),
        (answer(b"<html>", kind="text/html"), Mend),
        (answer(b"\x89PNG" + b"\0" * 10_100_000, kind="image/png"), Mend),
    ],
)
def test_what_is_no_picture_is_not_taken(site: Site, page: bytes, error: type[Exception], house: House, owner_database: Database) -> None:
    house.strategy()
    site.pages["/logo.png"] = page
    with owner_database.transaction() as session:
        values = {"monthly_budget_micros": None, "offline": True, "providers": None, "decided_by": "test", "pages": True}
        models.put_model_policy(session, project_of(house), values)
    with pytest.raises(error):
        logos(house, site).fetch(project_of(house), "http://shop.example.org/logo.png", by="mia")
    assert house.shelf.put_hashes == []


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/l.png", "http://[::1]/l.png", "file:///etc/passwd", "http://169.254.169.254/", "data:image/png;base64,AA"]
)
def test_a_logo_is_not_fetched_from_inside(url: str) -> None:
    with pytest.raises(InvalidInput, match="logo"):
        Fetcher(resolver=Names({})).picture(url, allowed=True)


def test_nobodys_project_has_no_logo(house: House) -> None:
    from zamc.database.ids import uuid7

    with pytest.raises(NotFound):
        logos(house).set(uuid7(), LOGO, by="mia")

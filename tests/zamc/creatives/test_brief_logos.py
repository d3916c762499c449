"""The logo that a brief names: read once where the project allows it, drawn like one that a person set, and never a reason to fail."""

from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest

from tests.conftest import ManualClock
from tests.zamc.creatives.test_logos import LOGO, PINK, project_of, share
from tests.zamc.creatives.test_photographs import SVG, png
from tests.zamc.creatives.test_service import House
from tests.zamc.strategies.briefs import brief, data
from tests.zamc.web.site import Detour, Names, Site, answer, redirect, serving
from zamc.creatives.brief_logos import NOT_ALLOWED, BriefLogoReader, hint
from zamc.creatives.logos import LogoService
from zamc.creatives.service import CreativeService
from zamc.creatives.video import Video
from zamc.creatives.views import set_view
from zamc.database.engine import Database
from zamc.errors import InvalidInput, OutsideCallInTransaction
from zamc.llm import repository as models
from zamc.strategies.rules import check_brief
from zamc.web.fetcher import Fetcher

URL = "https://cdn.example.org/logo.png"
ASKED = brief(brand={"primary": "#1F3A5F", "secondary": "#F2A541", "logo": "http://cdn.example.org/logo.png"})


class Shop:
    """A house whose briefs name a logo on a site."""

    def __init__(self, house: House, owner: Database, site: Site) -> None:
        self.house, self.owner, self.site = house, owner, site
        self.fetcher = Fetcher(resolver=Names({"inside.example.org": [["10.0.0.7"]]}), network=Detour(site.port))
        self.reader = BriefLogoReader(house.database, house.clock, house.shelf, self.fetcher)
        self.service = CreativeService(house.database, house.clock, house.shelf, house.next, logos=self.reader, workers=2)
        self.strategy = house.strategy(ASKED)
        self.project = project_of(house)

    def allow(self, *, pages: bool = True) -> None:
        values = {"monthly_budget_micros": None, "offline": True, "providers": None, "decided_by": "test", "pages": pages}
        with self.owner.transaction() as session:
            models.put_model_policy(session, self.project, values)

    def images(self) -> list[Any]:
        self.service.make_images()
        made = [member for member in self.house.members(self.strategy) if member.kind == "image"]
        assert {member.status for member in made} == {"ready"}
        return made


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as made:
        yield made


@pytest.fixture
def shop(database: Database, owner_database: Database, clock: ManualClock, site: Site, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setattr("zamc.creatives.video.render_video", lambda spec: Video(repr(spec).encode(), 1080, 1080, spec.seconds))
    return Shop(House(database, clock), owner_database, site)


def test_it_is_in_every_picture_and_video_and_is_read_once(shop: Shop) -> None:
    shop.allow()
    shop.site.pages["/logo.png"] = answer(LOGO, kind="image/png")
    for member in shop.images():
        assert member.provenance["logo_source"] == "brief.brand.logo"
        data_of = shop.house.shelf.kept[member.object_hash]
        assert share(data_of, PINK) > (0.10 if "logo" in member.local_ref else 0.0005), member.local_ref
    shop.service.make_videos()
    videos = [member for member in shop.house.members(shop.strategy) if member.kind == "video"]
    assert {member.provenance["logo_source"] for member in videos} == {"brief.brand.logo"}
    assert len(shop.site.seen) == 1


def test_the_one_that_a_person_set_goes_before_it(shop: Shop) -> None:
    shop.allow()
    shop.site.pages["/logo.png"] = answer(LOGO, kind="image/png")
    kept = LogoService(shop.house.database, shop.house.shelf, shop.fetcher).set(shop.project, png((200, 200), "RGB", (0, 90, 0)), by="mia")
    assert {(member.provenance["logo"], member.provenance["logo_source"]) for member in shop.images()} == {(kept["sha256"], "project")}
    assert shop.site.seen == []


def test_without_leave_nothing_is_asked_and_everybody_is_told_how(shop: Shop) -> None:
    shop.allow(pages=False)
    assert {member.provenance["logo_note"] for member in shop.images()} == {NOT_ALLOWED}
    assert shop.site.seen == []
    with shop.house.database.transaction() as session:
        view = set_view(session, shop.strategy)
        assert hint(session, shop.project, ASKED.brand.logo) == NOT_ALLOWED
        assert hint(session, shop.project, None) == ""
    assert all(NOT_ALLOWED in member.notes for member in view.members if member.kind == "image")
    assert "zamc projects models NAME --pages" in NOT_ALLOWED
    assert "zamc creatives logo" in NOT_ALLOWED
    shop.allow()
    with shop.house.database.transaction() as session:
        assert hint(session, shop.project, ASKED.brand.logo) == ""


BAD = {
    "an SVG that says so": (answer(SVG, kind="image/svg+xml"), "image/svg+xml instead of a PNG or JPEG picture"),
    "an SVG that does not": (answer(SVG, kind="image/png"), "is an SVG, which may hold a program; hand it in as PNG"),
    "a page": (answer(b"<html>", kind="text/html"), "text/html instead of a PNG or JPEG picture"),
    "too many bytes": (answer(b"\x89PNG" + b"\0" * 10_100_000, kind="image/png"), "more than 10 MB"),
    "too many pixels": (answer(png((12_001, 200)), kind="image/png"), "at most 24 million are taken"),
    "too small": (answer(png((16, 16)), kind="image/png"), "at least 128 x 128 are needed"),
    "no picture": (answer(b"GIF89a" + b"\0" * 100, kind="image/png"), "is neither a PNG nor a JPEG file"),
    "half a picture": (answer(LOGO[: len(LOGO) // 2], kind="image/png"), "cannot be read as PNG"),
    "a way inside": (redirect("http://169.254.169.254/logo.png"), "needs a host name, not an IP address"),
    "a name inside": (redirect("http://inside.example.org/logo.png"), "leads to an address that is not on the public internet"),
    "missing": (answer(b"", status="404 Not Found"), "answered 404 instead of a PNG or JPEG picture"),
    "out of order": (answer(b"", status="503 Service Unavailable"), "answered 503"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_logo_is_one_clear_sentence_and_the_initial_stands_in(shop: Shop, name: str) -> None:
    page, why = BAD[name]
    shop.allow()
    shop.site.pages["/logo.png"] = page
    [note] = {member.provenance["logo_note"] for member in shop.images()}
    assert why in note
    assert note.startswith("brief.brand.logo is not used (")
    assert note.count("brief.brand.logo") == 1
    assert "landing_page" not in note
    assert "zamc creatives logo" in note
    assert "the brand's initial stands in" in note
    assert len(note) < 400
    assert len(shop.site.seen) == 1
    assert all("logo" not in member.provenance for member in shop.house.members(shop.strategy))


def test_one_that_could_not_be_read_is_asked_for_again_after_an_hour(shop: Shop) -> None:
    shop.allow()
    assert shop.reader.of(shop.project, URL.replace("https", "http")).sha256 == ""
    shop.site.pages["/logo.png"] = answer(LOGO, kind="image/png")
    assert shop.reader.of(shop.project, URL.replace("https", "http")).sha256 == ""
    shop.house.clock.advance(minutes=61)
    assert shop.reader.of(shop.project, URL.replace("https", "http")).sha256
    assert len(shop.site.seen) == 2


def test_many_who_want_it_at_once_ask_once(shop: Shop) -> None:
    shop.allow()
    shop.site.pages["/logo.png"] = answer(LOGO, kind="image/png")
    found: list[str] = []
    threads = [
        Thread(target=lambda: found.append(shop.reader.of(shop.project, "http://cdn.example.org/logo.png").sha256)) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(found), len(set(found)), len(shop.site.seen)) == (6, 1, 1)


def test_it_is_never_read_inside_a_transaction(shop: Shop) -> None:
    with shop.house.database.transaction(), pytest.raises(OutsideCallInTransaction):
        shop.reader.of(shop.project, URL)


def test_only_the_newest_addresses_are_kept(shop: Shop) -> None:
    shop.allow()
    for number in range(25):
        shop.house.clock.advance(seconds=1)
        shop.reader.of(shop.project, f"http://cdn.example.org/{number}.png")
    from zamc.projects.tables import Project

    with shop.house.database.transaction() as session:
        row = session.get(Project, shop.project)
        assert row is not None
        assert sorted(row.brand["brief_logos"]) == sorted(f"http://cdn.example.org/{number}.png" for number in range(5, 25))


@pytest.mark.parametrize(
    "logo",
    ["http://127.0.0.1/l.png", "file:///etc/passwd", "data:image/png;base64,AA", "http://localhost/l.png", "https://user@example.org/l.png",
     "http://[::1]/l.png", "https://example.org/{lpurl}.png", "https://example.org/" + "x" * 2_000],
)  # fmt: skip
def test_an_address_that_is_none_of_the_public_web_is_refused_with_the_brief(logo: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_brief(data(brand={"primary": "#1F3A5F", "secondary": "#F2A541", "logo": logo}))
    assert caught.value.field == "brief.brand.logo"

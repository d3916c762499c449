"""A real browser plays our videos: it knows their size and length, its clock moves on, and it shows the pictures that we drew."""

import base64
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.tools import tool
from tests.zamc.creatives.test_video import LANDSCAPE, SQUARE, VERTICAL, spec
from zamc.creatives.sizes import Placement
from zamc.creatives.video import render_video
from zamc.creatives.video_scenes import scenes

OPTIONS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking"]
SHOW = """async data => {
    const bytes = Uint8Array.from(atob(data), character => character.charCodeAt(0));
    const video = document.createElement("video");
    window.video = video;
    video.muted = true;
    video.src = URL.createObjectURL(new Blob([bytes], {type: "video/mp4"}));
    document.body.append(video);
    video.playbackRate = 4;
    await video.play();
    return [video.videoWidth, video.videoHeight, video.duration];
}"""
PIXEL = """() => {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 1;
    const pen = canvas.getContext("2d");
    pen.drawImage(video, 8, video.videoHeight - 8, 1, 1, 0, 0, 1, 1);
    return Array.from(pen.getImageData(0, 0, 1, 1).data).slice(0, 3);
}"""


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    chromium = tool("chromium", "chromium-browser", "google-chrome", install="apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=OPTIONS)
        opened = browser.new_page()
        opened.set_default_timeout(60_000)
        yield opened
        browser.close()


@pytest.mark.parametrize(("placement", "seconds"), [(SQUARE, 6), (VERTICAL, 6), (LANDSCAPE, 15)], ids=["square", "vertical", "landscape"])
def test_chromium_plays_it(page: Page, placement: Placement, seconds: int) -> None:
    page.goto("about:blank")
    data = base64.b64encode(render_video(spec(placement, seconds=seconds)).data).decode()
    width, height, duration = page.evaluate(SHOW, data)
    assert (width, height) == (placement.width, placement.height)
    assert abs(duration - seconds) < 0.1
    page.wait_for_function("() => video.currentTime > 0.5 && video.getVideoPlaybackQuality().totalVideoFrames > 5")
    page.wait_for_function("() => video.ended")
    assert page.evaluate("() => video.error") is None
    _, card = scenes(spec(placement, seconds=seconds))
    assert page.evaluate(PIXEL) == pytest.approx(list(card.layout.ground), abs=8)  # chroma is coded coarsely

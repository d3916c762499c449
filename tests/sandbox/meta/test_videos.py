"""Videos and carousels, as the official SDK uploads and uses them."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from facebook_business.adobjects.advideo import AdVideo
from facebook_business.exceptions import FacebookError, FacebookRequestError

from tests.sandbox.meta.movies import mp4, redirect_uploads
from tests.sandbox.world import Advertiser, World, codes


@pytest.fixture
def at_once(world: World) -> Iterator[None]:
    world.post("meta/settings", video_seconds=0)
    yield
    world.post("meta/settings", video_seconds=0.5, video_chunk_bytes=1024 * 1024)


def keep(folder: Path, data: bytes, name: str = "spot.mp4") -> str:
    path = folder / name
    path.write_bytes(data)
    return str(path)


def upload(brand: Advertiser, folder: Path, data: bytes | None = None, **params: Any) -> str:
    return str(brand.account.create_ad_video(params={"source": keep(folder, data or mp4()), **params})["id"])


def state(brand: Advertiser, video: str) -> str:
    return str(brand.get(video, fields="status")["status"]["video_status"])


def test_a_video_is_encoded_for_a_while_and_then_ready(world: World, brand: Advertiser, tmp_path: Path) -> None:
    world.post("meta/settings", video_seconds=300)
    video = upload(brand, tmp_path, mp4(width=720, height=1280, seconds=15), title="Spot")
    assert state(brand, video) == "processing"
    assert brand.get(video, "thumbnails")["data"] == []
    world.clock.advance(301)
    shown = AdVideo(video, api=brand.api).api_get(fields=["title", "length", "status", "picture", "source", "published"])
    assert (shown["title"], shown["length"]) == ("Spot", 15)
    assert shown["status"]["video_status"] == "ready"
    assert shown["status"]["processing_phase"]["status"] == "complete"
    frames = list(AdVideo(video, api=brand.api).get_thumbnails(fields=["uri", "is_preferred", "width"]))
    assert [f["is_preferred"] for f in frames] == [True, False, False, False, False]
    assert frames[0]["width"] == 720


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"this is no film, whatever its name says", 1363024),
        (mp4(brand=b"heic"), 1363024),
        (mp4()[:-10], 1363033),
        (mp4(seconds=0.2), 1363026),
        (mp4(width=90), 1363042),
    ],
)
def test_what_is_no_mp4_ends_as_an_error(brand: Advertiser, tmp_path: Path, data: bytes, code: int) -> None:
    video = upload(brand, tmp_path, data)
    status = brand.get(video, fields="status")["status"]
    assert status["video_status"] == "error"
    assert status["processing_phase"]["errors"][0]["code"] == code


@pytest.mark.usefixtures("at_once")
def test_a_real_file_of_a_real_encoder_is_understood(brand: Advertiser, tmp_path: Path) -> None:
    path = tmp_path / "real.mp4"
    with av.open(path, "w") as file:
        stream = file.add_stream("libx264", rate=10, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for _ in range(20):
            file.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((240, 320, 3), dtype=np.uint8))))
        file.mux(stream.encode())
    video = str(brand.account.create_ad_video(params={"source": str(path)})["id"])
    assert brand.get(video, fields="status,length,title") == {
        "id": video,
        "length": 2.0,
        "title": "real.mp4",
        "status": {
            "video_status": "ready",
            **{phase: {"status": "complete"} for phase in ("uploading_phase", "processing_phase", "publishing_phase")},
        },
    }


@pytest.mark.usefixtures("at_once")
def test_the_sdk_s_own_uploader_sends_a_file_in_chunks(world: World, brand: Advertiser, tmp_path: Path) -> None:
    world.post("meta/settings", video_chunk_bytes=1000)
    redirect_uploads(brand.api)
    video = AdVideo(parent_id=brand.id, api=brand.api)
    video[AdVideo.Field.filepath] = keep(tmp_path, mp4(filling=4500))
    video.remote_create()
    assert state(brand, video["id"]) == "ready"
    video.waitUntilEncodingReady(interval=0, timeout=1)
    phases = [c for c in world.calls("POST adaccount/advideos") if c["account"] == brand.id]
    assert len(phases) == 7
    assert [(v["id"], v["title"]) for v in brand.account.get_ad_videos(fields=["title"])] == [(video["id"], "spot.mp4")]


@pytest.mark.usefixtures("at_once")
def test_a_chunk_in_the_wrong_place_is_sent_again_where_the_platform_says(world: World, brand: Advertiser, tmp_path: Path) -> None:
    world.post("meta/settings", video_chunk_bytes=1000)
    redirect_uploads(brand.api)
    # The first chunk arrives, its answer is an error: the SDK starts over at offset 0 and is told where to go on.
    detail = {"code": 1, "is_transient": True, "committed": True}
    world.post("faults", platform="meta", method="POST adaccount/advideos", fault="error", skip=1, detail=detail)
    video = AdVideo(parent_id=brand.id, api=brand.api)
    data = mp4(filling=2500)
    video[AdVideo.Field.filepath] = keep(tmp_path, data)
    video.remote_create()
    assert state(brand, video["id"]) == "ready"
    outcomes = [c["outcome"] for c in world.calls("POST adaccount/advideos") if c["account"] == brand.id]
    assert outcomes.count("error 6000/1363037") == 1
    (kept,) = [
        o for o in world.admin("GET", f"objects?platform=meta&kind=advideo&account={brand.id}")[1]["objects"] if o["id"] == video["id"]
    ]
    assert kept["body"]["file"] == {"bytes": len(data), "md5": hashlib.md5(data, usedforsecurity=False).hexdigest()}


@pytest.mark.usefixtures("at_once")
def test_a_broken_film_makes_the_sdk_s_wait_raise(brand: Advertiser, tmp_path: Path) -> None:
    video = AdVideo(upload(brand, tmp_path, b"nonsense"), api=brand.api)
    with pytest.raises(FacebookError, match="error"):
        video.waitUntilEncodingReady(interval=0, timeout=1)


def test_an_upload_must_be_whole_and_its_session_known(brand: Advertiser) -> None:
    begun = brand.post(brand.id, "advideos", upload_phase="start", file_size=500)
    assert (begun["start_offset"], begun["end_offset"]) == ("0", "500")
    assert state(brand, begun["video_id"]) == "uploading"
    with pytest.raises(FacebookRequestError) as unfinished:
        brand.post(brand.id, "advideos", upload_phase="finish", upload_session_id=begun["upload_session_id"])
    assert codes(unfinished.value) == (6000, 1363037)
    assert unfinished.value.body()["error"]["error_data"] == {"start_offset": "0", "end_offset": "500"}
    assert brand.post(brand.id, "advideos", upload_phase="cancel", upload_session_id=begun["upload_session_id"]) == {"success": True}
    with pytest.raises(FacebookRequestError) as unknown:
        brand.post(brand.id, "advideos", upload_phase="finish", upload_session_id=begun["upload_session_id"])
    assert codes(unknown.value) == (100, 1363041)


@pytest.mark.usefixtures("at_once")
def test_a_video_can_be_fetched_from_an_address(world: World, brand: Advertiser) -> None:
    with pytest.raises(FacebookRequestError) as caught:
        brand.account.create_ad_video(params={"file_url": f"{world.url}:1/none.mp4"})
    assert codes(caught.value) == (389, 1363050)
    # The sandbox's own health page is no film, but it can be fetched.
    video = brand.account.create_ad_video(params={"file_url": f"{world.url}/sandbox/health"})["id"]
    assert state(brand, video) == "error"


@pytest.mark.usefixtures("at_once")
def test_videos_are_found_by_title_and_deleted_when_nothing_shows_them(brand: Advertiser, tmp_path: Path) -> None:
    first, second = upload(brand, tmp_path, title="A"), upload(brand, tmp_path, title="B")
    assert [v["id"] for v in brand.account.get_ad_videos(params={"title": "B"})] == [second]
    brand.account.delete_ad_videos(params={"video_id": first})
    assert [v["id"] for v in brand.account.get_ad_videos()] == [second]
    brand.creative(object_story_spec=story(brand, second))
    with pytest.raises(FacebookRequestError):
        AdVideo(second, api=brand.api).api_delete()


def story(brand: Advertiser, video: str, **changes: Any) -> dict[str, Any]:
    data = {
        "video_id": video,
        "image_hash": brand.image(),
        "message": "Six seconds",
        "title": "Blender Studio",
        "call_to_action": {"type": "LEARN_MORE", "value": {"link": "https://example.org/"}},
        **changes,
    }
    return {"page_id": brand.page, "video_data": {k: v for k, v in data.items() if v is not None}}


@pytest.mark.usefixtures("at_once")
def test_a_video_creative_needs_a_thumbnail_and_a_video_that_is_ready(world: World, brand: Advertiser, tmp_path: Path) -> None:
    ready, broken = upload(brand, tmp_path), upload(brand, tmp_path, b"nonsense")
    world.post("meta/settings", video_seconds=900)
    waiting = upload(brand, tmp_path)
    cases = [
        (story(brand, ready, image_hash=None), 1443226),
        (story(brand, waiting), 1885204),
        (story(brand, broken), 1885204),
        (story(brand, "17"), 1487243),
        (story(brand, ready, video_id=None), 1885252),
    ]
    for spec, subcode in cases:
        with pytest.raises(FacebookRequestError) as caught:
            brand.creative(object_story_spec=spec)
        assert codes(caught.value) == (100, subcode)
    made = brand.creative(object_story_spec=story(brand, ready))
    shown = brand.get(made, fields="object_type,video_id,title,body,object_story_spec")
    assert (shown["object_type"], shown["video_id"], shown["title"]) == ("VIDEO", ready, "Blender Studio")
    frame = brand.get(ready, "thumbnails")["data"][0]["id"]
    assert frame.startswith(ready)
    uri = brand.get(ready, "thumbnails", fields="uri")["data"][0]["uri"]
    assert brand.creative(object_story_spec=story(brand, ready, image_hash=None, image_url=uri))


def cards(brand: Advertiser, count: int, **changes: Any) -> list[dict[str, Any]]:
    return [
        {
            "link": f"https://example.org/{n}",
            "name": f"Card {n}",
            "description": "Free",
            "image_hash": brand.image(width=8 + n),
            "call_to_action": {"type": "LEARN_MORE", "value": {"link": f"https://example.org/{n}"}},
            **changes,
        }
        for n in range(count)
    ]


def carousel(brand: Advertiser, attachments: list[dict[str, Any]], **changes: Any) -> str:
    data = {
        "link": "https://example.org/",
        "message": "All of them",
        "child_attachments": attachments,
        "multi_share_end_card": False,
        "multi_share_optimized": True,
        **changes,
    }
    return brand.creative(object_story_spec={"page_id": brand.page, "link_data": data})


def test_a_carousel_shows_two_to_ten_cards_with_a_link_each(brand: Advertiser) -> None:
    made = carousel(brand, cards(brand, 3))
    shown = brand.get(made, fields="object_story_spec")["object_story_spec"]["link_data"]
    assert [c["name"] for c in shown["child_attachments"]] == ["Card 0", "Card 1", "Card 2"]
    assert (shown["multi_share_end_card"], shown["multi_share_optimized"]) == (False, True)
    adset = brand.adset(brand.campaign())
    assert brand.ad(adset, made)
    three = cards(brand, 3)
    refused: list[tuple[list[dict[str, Any]], int | None]] = [
        (cards(brand, 1), 1815147),
        (cards(brand, 11), 1815147),
        ([three[0], {k: v for k, v in three[1].items() if k != "link"}], 1487851),
        ([three[0], {k: v for k, v in three[1].items() if k != "image_hash"}], 1885252),
        ([three[0], {**three[1], "image_hash": "0" * 32}], 1487242),
        ([three[0], {**three[1], "name": "x" * 256}], 1487106),
        ([three[0], {**three[1], "call_to_action": {"type": "BUY_A_BOAT"}}], None),
        ([three[0], {**three[1], "sparkle": 1}], None),
    ]
    for attachments, subcode in refused:
        with pytest.raises(FacebookRequestError) as caught:
            carousel(brand, attachments)
        assert codes(caught.value) == (100, subcode)

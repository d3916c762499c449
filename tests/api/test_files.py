"""Files for whoever has a signed address: whole, in parts, and for nobody else."""

from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from api.app import create_app
from tests.conftest import ManualClock
from zamc.bootstrap import Services
from zamc.storage.links import safe_name

VIDEO = bytes(range(256)) * 4096


@pytest.fixture
def wired_files(wired: Services, tmp_path: Path) -> Services:
    made = Services(wired.settings.model_copy(update={"objects_url": tmp_path.as_uri()}))
    made.__dict__["clock"] = ManualClock()
    return made


@pytest.fixture
def viewer(wired_files: Services) -> TestClient:
    return TestClient(create_app(wired_files), raise_server_exceptions=False)


@pytest.fixture
def path(wired_files: Services) -> str:
    stored = wired_files.objects.put(VIDEO, media_type="video/mp4")
    return wired_files.file_links.path(stored.sha256, "video/mp4", name="spring sale.mp4")


def test_the_whole_file_in_pieces(viewer: TestClient, path: str) -> None:
    answer = viewer.get(path)
    assert (answer.status_code, answer.content) == (200, VIDEO)
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["content-length"] == str(len(VIDEO))
    assert answer.headers["content-disposition"] == 'inline; filename="spring-sale.mp4"'
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    head = viewer.head(path)
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(VIDEO)))


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [("bytes=0-0", 0, 1), ("bytes=0-", 0, len(VIDEO)), ("bytes=300000-700000", 300_000, 700_001), ("bytes=-5", len(VIDEO) - 5, len(VIDEO)),
     (f"bytes=10-{10**17}", 10, len(VIDEO)), (f"bytes=-{10**17}", 0, len(VIDEO))],
)  # fmt: skip
def test_a_player_jumps_about(viewer: TestClient, path: str, asked: str, start: int, end: int) -> None:
    answer = viewer.get(path, headers={"range": asked})
    assert (answer.status_code, answer.content) == (206, VIDEO[start:end])
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{len(VIDEO)}"
    assert answer.headers["content-length"] == str(end - start)


@pytest.mark.parametrize(
    "asked", ["bytes=5-1", "bytes=a-b", "lines=0-1", "bytes=0-1,5-6", "bytes=-", "bytes=--1", "", "bytes=" + "9" * 400 + "-"]
)
def test_what_is_no_range_is_the_whole(viewer: TestClient, path: str, asked: str) -> None:
    answer = viewer.get(path, headers={"range": asked})
    assert (answer.status_code, len(answer.content)) == (200, len(VIDEO))


@pytest.mark.parametrize("asked", [f"bytes={len(VIDEO)}-", "bytes=-0"])
def test_a_range_behind_the_end_is_416(viewer: TestClient, path: str, asked: str) -> None:
    answer = viewer.get(path, headers={"range": asked})
    assert (answer.status_code, answer.headers["content-range"]) == (416, f"bytes */{len(VIDEO)}")


def test_a_browser_loads_it_once(viewer: TestClient, path: str, wired_files: Services) -> None:
    tag = viewer.get(path).headers["etag"]
    assert viewer.get(path, headers={"if-none-match": tag}).status_code == 304
    assert viewer.get(path, headers={"range": "bytes=0-9", "if-range": '"another"'}).status_code == 200
    wired_files.clock.advance(seconds=1)  # type: ignore[attr-defined]  # a ManualClock
    assert wired_files.file_links.path(tag.strip('"'), "video/mp4", name="spring sale.mp4") == path


@pytest.mark.parametrize("changed", ["file", "type", "expires", "name", "signature", "odd", "other-key"])
def test_a_changed_address_is_no_address(viewer: TestClient, wired_files: Services, path: str, changed: str) -> None:
    parts = urlsplit(path)
    query = dict(parse_qsl(parts.query))
    target = parts.path
    if changed == "file":
        other = wired_files.objects.put(b"a secret of somebody else", media_type="video/mp4")
        target = f"/files/{other.sha256}.mp4"
    elif changed == "type":
        target = target.replace(".mp4", ".csv")
    elif changed == "other-key":
        wired_files = Services(wired_files.settings.model_copy(update={"identity_key": SecretStr("x" * 40)}))
        viewer = TestClient(create_app(wired_files))
    else:
        query |= {
            "expires": {"expires": str(int(query["expires"]) + 3600)},
            "name": {"name": "evil.html"},
            "signature": {"signature": "0" * 64},
            "odd": {"signature": "ä" * 64},
        }[changed]
    answer = viewer.get(f"{target}?{urlencode(query)}")
    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


@pytest.mark.parametrize("name", ["../../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%00.mp4", "a" * 64 + ".svg", "0" * 64 + ".mp4", "x"])
def test_no_other_file_is_reached(viewer: TestClient, path: str, name: str) -> None:
    assert viewer.get(f"/files/{name}?{urlsplit(path).query}").status_code in {404, 422}


def test_an_address_is_too_old_after_its_time(viewer: TestClient, wired_files: Services, path: str) -> None:
    wired_files.clock.advance(seconds=timedelta(hours=1, minutes=16).total_seconds())  # type: ignore[attr-defined]  # a ManualClock
    assert viewer.get(path).status_code == 404


@pytest.mark.parametrize(
    ("name", "safe"),
    [('a"; filename=b.exe', "a-filename-b.exe"), ("line\r\nbreak", "line-break"), ("../../x", "x"), ("", "file"), ("Größe 北京", "Gr-e")],
)
def test_a_name_is_nothing_else(name: str, safe: str) -> None:
    assert safe_name(name) == safe

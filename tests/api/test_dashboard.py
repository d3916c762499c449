"""The API serves the built dashboard under a strict policy, and says how to build one that is not there."""

from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.dashboard import HINT, router


def _client(built: Path) -> TestClient:
    app = FastAPI()
    app.include_router(router(built))
    return TestClient(app)


@pytest.fixture
def built(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>ZAMC</title>")
    (folder / "assets" / "index-abc.js").write_text("export {};")
    (tmp_path / "secret.txt").write_text("secret")
    return folder


def test_without_a_build_the_page_says_how_to_make_one_and_with_one_it_is_there_at_once(built: Path) -> None:
    away = built.with_name("not-yet")
    client = _client(away)
    hint = client.get("/")
    assert (hint.status_code, hint.text) == (404, HINT)
    assert "make dashboard" in hint.text
    built.rename(away)
    assert client.get("/").status_code == 200


def test_a_page_may_load_and_call_its_own_server_only(built: Path) -> None:
    page = _client(built).get("/")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert page.headers["x-content-type-options"] == "nosniff"


def test_the_page_is_asked_for_each_time_and_its_files_never_again(built: Path) -> None:
    client = _client(built)
    assert client.get("/").headers["cache-control"] == "no-cache"
    script = client.get("/assets/index-abc.js")
    assert "immutable" in script.headers["cache-control"]
    assert "javascript" in script.headers["content-type"]


@pytest.mark.parametrize("name", ["nothing.js", "..%2findex.html", "..%2f..%2fsecret.txt", "%2e%2e/%2e%2e/secret.txt", "%00", "."])
def test_nothing_else_is_served(built: Path, name: str) -> None:
    answer = _client(built).get(f"/assets/{name}")
    assert answer.status_code == 404
    assert "secret" not in answer.text

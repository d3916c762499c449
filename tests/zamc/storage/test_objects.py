import hashlib
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from zamc.database.engine import Database
from zamc.errors import ConfigurationError, InvalidInput, Later, NotFound, OutsideCallInTransaction
from zamc.storage.objects import DamagedObject, ObjectStore

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40
HASH = hashlib.sha256(PNG).hexdigest()


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return ObjectStore(f"file://{tmp_path}/objects")


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_what_is_put_can_be_got_by_its_hash(store: ObjectStore, tmp_path: Path) -> None:
    stored = store.put(PNG, media_type="image/png")
    assert (stored.sha256, stored.size, stored.media_type) == (HASH, len(PNG), "image/png")
    assert store.get(stored.sha256, stored.media_type) == PNG
    assert files(tmp_path) == [tmp_path / "objects" / HASH[:2] / HASH[2:4] / f"{HASH}.png"]


def test_the_path_for_people_is_a_url_of_the_file(store: ObjectStore, tmp_path: Path) -> None:
    store.put(PNG, media_type="image/png")
    url = store.path(HASH, "image/png")
    assert url == f"file://{tmp_path}/objects/{HASH[:2]}/{HASH[2:4]}/{HASH}.png"
    assert Path(url.removeprefix("file://")).read_bytes() == PNG


def test_putting_twice_stores_once_and_leaves_the_file_alone(store: ObjectStore, tmp_path: Path) -> None:
    store.put(PNG, media_type="image/png")
    before = files(tmp_path)[0].stat().st_ino
    assert store.put(PNG, media_type="image/png").sha256 == HASH
    assert [path.stat().st_ino for path in files(tmp_path)] == [before]


def test_many_writers_of_the_same_bytes_make_one_whole_object(store: ObjectStore, tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        stored = set(pool.map(lambda _: store.put(PNG, media_type="image/png"), range(64)))
    assert len(stored) == 1
    assert len(files(tmp_path)) == 1
    assert store.get(HASH, "image/png") == PNG


def test_a_missing_object_is_not_found(store: ObjectStore) -> None:
    with pytest.raises(NotFound, match=HASH):
        store.get(HASH, "image/png")


@pytest.mark.parametrize("damage", [PNG[:-1], PNG[:100] + b"?" + PNG[101:], b""])
def test_a_damaged_object_is_an_error_and_a_new_put_mends_it(store: ObjectStore, tmp_path: Path, damage: bytes) -> None:
    store.put(PNG, media_type="image/png")
    files(tmp_path)[0].write_bytes(damage)
    with pytest.raises(DamagedObject, match=r"does not match its hash"):
        store.get(HASH, "image/png")
    store.put(PNG, media_type="image/png")
    assert store.get(HASH, "image/png") == PNG


@pytest.mark.parametrize("name", ["", "../../etc/passwd", HASH.upper(), HASH + "\n", HASH[:-1]])
def test_a_name_that_is_no_hash_is_refused(store: ObjectStore, name: str) -> None:
    with pytest.raises(InvalidInput, match="64 lower-case hexadecimal"):
        store.get(name, "image/png")


def test_an_unknown_media_type_is_refused_before_anything_is_written(store: ObjectStore, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="image/png"):
        store.put(PNG, media_type="text/html")
    assert files(tmp_path) == []


CRASH = """
import os, signal, sys
from pathlib import Path
from zamc.storage.objects import ObjectStore
Path.replace = lambda self, target: os.kill(os.getpid(), signal.SIGKILL)
ObjectStore(sys.argv[1]).put(Path(sys.argv[2]).read_bytes(), media_type="image/png")
"""


def test_a_kill_between_write_and_rename_leaves_no_visible_object(store: ObjectStore, tmp_path: Path) -> None:
    source = tmp_path / "source.png"
    source.write_bytes(PNG)
    killed = subprocess.run([sys.executable, "-c", CRASH, f"file://{tmp_path}/objects", str(source)], timeout=60, check=False)
    assert killed.returncode == -signal.SIGKILL
    left = files(tmp_path / "objects")
    assert [path.suffix for path in left] == [".part"]  # the crash point was reached: all was written, nothing was renamed
    assert left[0].read_bytes() == PNG
    with pytest.raises(NotFound):
        store.get(HASH, "image/png")
    store.put(PNG, media_type="image/png")
    assert store.get(HASH, "image/png") == PNG


def test_a_full_disk_leaves_nothing_behind(store: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_space(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(Later, match="No space left"):
        store.put(PNG, media_type="image/png")
    assert files(tmp_path) == []


def test_the_file_is_flushed_before_it_is_renamed(store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    sync, replace = os.fsync, Path.replace

    def watched_sync(descriptor: int) -> None:
        order.append("fsync")
        sync(descriptor)

    def watched_replace(self: Path, target: Path) -> Path:
        order.append("rename")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", watched_sync)
    monkeypatch.setattr(Path, "replace", watched_replace)
    store.put(PNG, media_type="image/png")
    assert order[:2] == ["fsync", "rename"]
    assert order[2:] == ["fsync"] * 3


def test_object_storage_refuses_to_be_called_inside_a_transaction(store: ObjectStore) -> None:
    database = Database("postgresql+psycopg://nobody@127.0.0.1:1/none")  # it connects at the first statement: there is none
    with database.transaction():
        with pytest.raises(OutsideCallInTransaction, match="object storage"):
            store.put(PNG, media_type="image/png")
        with pytest.raises(OutsideCallInTransaction, match="object storage"):
            store.get(HASH, "image/png")
    store.put(PNG, media_type="image/png")


def test_storage_that_is_no_folder_works_the_same() -> None:
    store = ObjectStore("memory://bucket/prefix")
    with pytest.raises(NotFound):
        store.get(HASH, "image/png")
    store.put(PNG, media_type="image/png")
    assert store.get(HASH, "image/png") == PNG
    assert store.path(HASH, "image/png").startswith("memory://")


@pytest.mark.parametrize("url", ["nosuch://bucket", "also-nosuch:///x"])
def test_a_kind_of_storage_that_does_not_exist_is_named(url: str) -> None:
    with pytest.raises(ConfigurationError, match="ZAMC_OBJECTS_URL"):
        ObjectStore(url)

"""Files by what they contain: images, video and exports, in a folder here and in S3-compatible storage elsewhere."""

import os
import re
import secrets
from dataclasses import dataclass
from hashlib import sha256 as new_sha256
from pathlib import Path

from zamc.database.engine import refuse_inside_transaction
from zamc.errors import ConfigurationError, InvalidInput, Later, NotFound, ZamcError

EXTENSIONS = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/gif": "gif",
    "video/mp4": "mp4",
    "text/csv": "csv",
    "application/json": "json",
    "application/zip": "zip",
}
_SHA256 = re.compile(r"[0-9a-f]{64}")


class DamagedObject(ZamcError):
    """What lies in object storage is not what was put there. Putting the right bytes again mends it."""


@dataclass(frozen=True)
class StoredObject:
    """What a row keeps of a file: SHA-256 in lower-case hex, size in bytes, media type."""

    sha256: str
    size: int
    media_type: str


class ObjectStore:
    """Content-addressed files under one fsspec URL: file:///folder, s3://bucket/prefix.

    An object is there whole or not at all, and the same bytes are stored once. Threads and processes may share a store.
    Raises ConfigurationError when the URL names a kind of storage that is not installed.
    """

    def __init__(self, url: str) -> None:
        import fsspec

        try:
            self._fs, root = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError) as error:
            raise ConfigurationError(f"ZAMC_OBJECTS_URL: {url.split(':', 1)[0]} storage is not usable: {error}") from error
        self._root = str(root).rstrip("/")
        self._local = "file" in ((self._fs.protocol,) if isinstance(self._fs.protocol, str) else self._fs.protocol)

    def put(self, data: bytes, *, media_type: str) -> StoredObject:
        """Store `data` and return what names it. Putting the same bytes again changes nothing, and mends a damaged object.

        Raises InvalidInput for a media type that is not in EXTENSIONS, and Later when the storage cannot take it now
        (nothing is visible then).
        """
        refuse_inside_transaction("object storage")
        stored = StoredObject(new_sha256(data).hexdigest(), len(data), media_type)
        path = self._path(stored.sha256, media_type)
        try:
            if self._read(path) != data:
                self._write(path, data)
        except OSError as error:
            raise Later(f"object storage did not take {path}: {error}") from error
        return stored

    def get(self, sha256: str, media_type: str) -> bytes:
        """The bytes that were put. Raises NotFound, DamagedObject (they no longer match their hash), or Later."""
        refuse_inside_transaction("object storage")
        path = self._path(sha256, media_type)
        try:
            data = self._read(path)
        except OSError as error:
            raise Later(f"object storage did not answer for {path}: {error}") from error
        if data is None:
            raise NotFound(f"no object {sha256} ({media_type}) in storage")
        if new_sha256(data).hexdigest() != sha256:
            raise DamagedObject(f"{self.path(sha256, media_type)} does not match its hash; restore it, or make it again")
        return data

    def size(self, sha256: str, media_type: str) -> int:
        """In bytes. Raises NotFound, Later."""
        path = self._path(sha256, media_type)
        try:
            return int(self._fs.size(path))
        except FileNotFoundError:
            raise NotFound(f"no object {sha256} ({media_type}) in storage") from None
        except OSError as error:
            raise Later(f"object storage did not answer for {path}: {error}") from error

    def part(self, sha256: str, media_type: str, start: int, end: int) -> bytes:
        """The bytes from `start` up to `end`, without checking them against the hash, which only the whole has. Raises NotFound, Later."""
        refuse_inside_transaction("object storage")
        path = self._path(sha256, media_type)
        try:
            return bytes(self._fs.cat_file(path, start=start, end=end))
        except FileNotFoundError:
            raise NotFound(f"no object {sha256} ({media_type}) in storage") from None
        except OSError as error:
            raise Later(f"object storage did not answer for {path}: {error}") from error

    def path(self, sha256: str, media_type: str) -> str:
        """Where a person finds the object, as a URL. It does not say whether it is there."""
        return str(self._fs.unstrip_protocol(self._path(sha256, media_type)))

    def _path(self, sha256: str, media_type: str) -> str:
        if not _SHA256.fullmatch(sha256):
            raise InvalidInput("sha256", "must be 64 lower-case hexadecimal digits")
        if media_type not in EXTENSIONS:
            raise InvalidInput("media_type", f"must be one of {', '.join(EXTENSIONS)}, not {media_type!r}")
        return f"{self._root}/{sha256[:2]}/{sha256[2:4]}/{sha256}.{EXTENSIONS[media_type]}"

    def _read(self, path: str) -> bytes | None:
        try:
            return bytes(self._fs.cat_file(path))
        except FileNotFoundError:
            return None

    def _write(self, path: str, data: bytes) -> None:
        if self._local:
            _write_durably(Path(path), data)
        else:
            # One PUT: object stores show an object only when all of it has arrived.
            self._fs.pipe_file(path, data)


def _write_durably(path: Path, data: bytes) -> None:
    """Write beside the target, flush to disk, then rename: a crash leaves at most a hidden .part file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    try:
        with part.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    # A row that names the object is committed after this; the folders' entries must be as durable as the row.
    for folder in (path.parent, path.parent.parent, path.parent.parent.parent):
        _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

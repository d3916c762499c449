"""Addresses of files that are good for a while and for whoever has them: what an <img> or <video> loads without a header of ours."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol
from urllib.parse import quote, urlencode

from zamc.clock import Clock
from zamc.errors import NotFound
from zamc.storage.objects import EXTENSIONS

_PURPOSE = "file"
LASTS = timedelta(hours=1)
# So that the same file has the same address for a while, and a browser loads it once.
_ROUND = timedelta(minutes=15)
_TYPES = {extension: media_type for media_type, extension in EXTENSIONS.items()}
_FORM = re.compile(r"([0-9a-f]{64})\.([a-z0-9]{2,5})")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


class Seal(Protocol):
    """What signs and checks (zamc.identity.keyring.Keyring)."""

    def mac(self, purpose: str, message: bytes) -> str: ...

    def is_mac(self, purpose: str, message: bytes, mac: str) -> bool: ...


@dataclass(frozen=True)
class FileRequest:
    """What an address that is good asks for. name: as a download is called."""

    sha256: str
    media_type: str
    name: str
    expires_at: datetime


class FileLinks:
    """seal: opened when the first address is made, as it needs ZAMC_IDENTITY_KEY."""

    def __init__(self, seal: Callable[[], Seal], clock: Clock) -> None:
        self._seal, self._clock = seal, clock

    def path(self, sha256: str, media_type: str, *, name: str) -> str:
        """A path such as /files/<hash>.mp4?expires=...&name=...&signature=..., good for an hour at least.

        Whoever asks has checked that the caller may see the file. name: for people; everything but letters, digits, . _ - becomes a dash.
        Raises ConfigurationError without ZAMC_IDENTITY_KEY.
        """
        step = int(_ROUND.total_seconds())
        expires = (int((self._clock.now() + LASTS).timestamp()) // step + 1) * step
        file, plain = f"{sha256}.{EXTENSIONS[media_type]}", safe_name(name)
        query = {"expires": expires, "name": plain, "signature": self._seal().mac(_PURPOSE, _message(file, expires, plain))}
        return f"/files/{quote(file)}?{urlencode(query)}"

    def check(self, file: str, *, expires: int, name: str, signature: str) -> FileRequest:
        """Raises NotFound for whatever is not one of ours, or over: nobody learns which files there are."""
        form = _FORM.fullmatch(file)
        good = self._seal().is_mac(_PURPOSE, _message(file, expires, name), signature) if signature.isascii() else False
        if form is None or form[2] not in _TYPES or not good or expires <= self._clock.now().timestamp():
            raise NotFound("there is no such file, or its address is too old; ask for a new one")
        return FileRequest(form[1], _TYPES[form[2]], name, datetime.fromtimestamp(expires, UTC))


def safe_name(name: str) -> str:
    """A file name that no header, shell or file system takes for something else."""
    return _UNSAFE.sub("-", name).strip("-.")[:100] or "file"


def _message(file: str, expires: int, name: str) -> bytes:
    return f"{file}\n{expires}\n{name}".encode()

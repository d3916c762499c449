"""Credentials at rest: encrypted with a key that only settings know, bound to their account, with the key's id so that keys can rotate.

A sealed text is `v1:<key id>:<Fernet token>` (AES-128-CBC and HMAC-SHA256, cryptography.io/en/latest/fernet).
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from zamc.errors import ConfigurationError

_SHORTEST_KEY = 32
_VERSION = "v1"


class Vault:
    """Seals and opens. keys: newest first, separated by commas; each has at least 32 characters of randomness."""

    def __init__(self, keys: str) -> None:
        chosen = [key.strip() for key in keys.split(",") if key.strip()]
        if not chosen or any(len(key) < _SHORTEST_KEY for key in chosen):
            raise ConfigurationError(
                f"ZAMC_CREDENTIALS_KEY must be one or more keys of at least {_SHORTEST_KEY} characters, newest first, separated by commas; "
                "`openssl rand -hex 32` makes one"
            )
        self._keys = {key_id(key): Fernet(_derived(key)) for key in chosen}
        self.newest = next(iter(self._keys))

    def seal(self, account_id: UUID, content: Mapping[str, Any]) -> str:
        """For one account, with the newest key."""
        plain = json.dumps({"account": str(account_id), "content": content}, separators=(",", ":")).encode()
        return f"{_VERSION}:{self.newest}:{self._keys[self.newest].encrypt(plain).decode()}"

    def open(self, account_id: UUID, sealed: str) -> dict[str, Any]:
        """Raises ConfigurationError, which names the key that is missing or says that the text was tampered with; never the text."""
        used = key_of(sealed)
        if used not in self._keys:
            raise ConfigurationError(
                f"the credentials of account {account_id} were encrypted with the key {used or 'of another form'}, which "
                "ZAMC_CREDENTIALS_KEY does not hold: put it back behind the newest, or connect the account again with `zamc accounts add`"
            )
        try:
            opened = json.loads(self._keys[used].decrypt(sealed.rpartition(":")[2].encode()))
        except (InvalidToken, ValueError):
            opened = {}
        if opened.get("account") != str(account_id):
            raise ConfigurationError(f"the credentials of account {account_id} were changed in the database; connect the account again")
        content: dict[str, Any] = opened["content"]
        return content


def key_id(key: str) -> str:
    """Names a key and does not tell it."""
    return hashlib.sha256(b"zamc.credentials.id:" + key.encode()).hexdigest()[:8]


def key_of(sealed: str) -> str:
    """The id of the key that a text was sealed with."""
    version, _, rest = sealed.partition(":")
    return rest.partition(":")[0] if version == _VERSION else ""


def _derived(key: str) -> bytes:
    made = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"zamc.credentials.v1").derive(key.encode())
    return base64.urlsafe_b64encode(made)

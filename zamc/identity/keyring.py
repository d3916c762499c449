"""What identity keeps secret with: keys that only settings know, one derived key per purpose, several generations so that keys rotate."""

import base64
import hashlib
import hmac
import secrets
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from zamc.errors import ConfigurationError

_SHORTEST_KEY = 32
_NONCE_BYTES = 12


class Keyring:
    """keys: newest first, separated by commas; each has at least 32 characters of randomness."""

    def __init__(self, keys: str) -> None:
        self._keys = [key.strip() for key in keys.split(",") if key.strip()]
        if not self._keys or any(len(key) < _SHORTEST_KEY for key in self._keys):
            raise ConfigurationError(
                f"ZAMC_IDENTITY_KEY must be one or more keys of at least {_SHORTEST_KEY} characters, newest first, separated by commas; "
                "`openssl rand -hex 32` makes one"
            )

    def mac(self, purpose: str, message: bytes) -> str:
        """HMAC-SHA256 under the newest key, in hex."""
        return _mac(self._keys[0], purpose, message)

    def macs(self, purpose: str, message: bytes) -> list[str]:
        """Under every key, newest first: what a stored one may be equal to."""
        return [_mac(key, purpose, message) for key in self._keys]

    def is_mac(self, purpose: str, message: bytes, mac: str) -> bool:
        """Compared in constant time."""
        return any(hmac.compare_digest(made, mac) for made in self.macs(purpose, message))

    def seal(self, purpose: str, subject: str, plain: bytes) -> str:
        """Encrypted with the newest key (AES-256-GCM), bound to its subject."""
        key = self._keys[0]
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = AESGCM(_derived(key, purpose)).encrypt(nonce, plain, subject.encode())
        return f"{_key_id(key)}:{base64.urlsafe_b64encode(nonce + sealed).decode()}"

    def open(self, purpose: str, subject: str, sealed: str) -> bytes:
        """Raises ConfigurationError: the key is not there any more, or the text was changed; never quotes it."""
        key_id, _, text = sealed.partition(":")
        for key in self._keys:
            if _key_id(key) == key_id:
                try:
                    data = base64.urlsafe_b64decode(text)
                    return AESGCM(_derived(key, purpose)).decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], subject.encode())
                except (InvalidTag, ValueError):
                    raise ConfigurationError(f"a {purpose} in the database was changed: it does not open for {subject}") from None
        raise ConfigurationError(f"a {purpose} was encrypted with key {key_id[:8]}, which ZAMC_IDENTITY_KEY does not hold any more")


def _mac(key: str, purpose: str, message: bytes) -> str:
    return hmac.digest(_derived(key, purpose), message, "sha256").hex()


@lru_cache(maxsize=256)
def _derived(key: str, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"zamc.identity.v1:{purpose}".encode()).derive(key.encode())


def _key_id(key: str) -> str:
    """Names a key and does not tell it."""
    return hashlib.sha256(b"zamc.identity.id:" + key.encode()).hexdigest()[:8]

"""Keys that sign access tokens: Ed25519, made when the newest is a month old, published as a JWKS, their private halves encrypted."""

import base64
import secrets
from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from zamc.clock import Clock
from zamc.database.engine import Database
from zamc.identity import proof_repository
from zamc.identity.keyring import Keyring
from zamc.identity.tables import SigningKey

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

SIGNS_FOR = timedelta(days=30)
# What a key has signed is good for an hour at most; others may keep the JWKS for a while.
PUBLISHED_AFTER = timedelta(days=2)
_PURPOSE = "signing key"
# Whoever sends a token of an unknown key makes us look into the database this often at most.
_LOOK_AGAIN = timedelta(seconds=5)


class SigningKeys:
    """Threads share it; it remembers public keys."""

    def __init__(self, database: Database, keyring: Keyring, clock: Clock) -> None:
        self._database, self._keyring, self._clock = database, keyring, clock
        self._lock = Lock()
        self._known: dict[str, tuple[Ed25519PublicKey, datetime]] = {}
        self._looked_at: datetime | None = None
        self._signer: tuple[str, Ed25519PrivateKey, datetime] | None = None

    def signer(self) -> tuple[str, "Ed25519PrivateKey"]:
        """(kid, private key) of the key that signs now; makes one when there is none. Raises ConfigurationError when it does not open."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        now, kept = self._clock.now(), self._signer
        if kept is None or kept[2] <= now:
            with self._database.transaction() as session:
                row = proof_repository.signing_key(session, now=now) or self._made(session, now)
                private = self._keyring.open(_PURPOSE, row.kid, row.private_key)
            # Asked again after a minute: somebody may have ended it (`rotate`).
            until = min(row.signs_until, now + timedelta(minutes=1))
            kept = self._signer = (row.kid, Ed25519PrivateKey.from_private_bytes(private), until)
        return kept[0], kept[1]

    def public(self, kid: str) -> "Ed25519PublicKey | None":
        """A published key by its id, which is compared and never opened, fetched or executed."""
        now = self._clock.now()
        with self._lock:
            if kid not in self._known and (self._looked_at is None or now - self._looked_at >= _LOOK_AGAIN):
                self._looked_at = now
                self._known = self._published(now)
            found = self._known.get(kid)
        return found[0] if found and found[1] > now else None

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """RFC 7517; each key with the one algorithm that it is for (RFC 8037)."""
        with self._database.transaction() as session:
            rows = proof_repository.published_keys(session, now=self._clock.now())
            return {"keys": [_jwk(row) for row in rows]}

    def rotate(self, session: Session) -> None:
        """From now on a new key signs; what the old ones have signed stays good until it expires."""
        proof_repository.lock_signing_keys(session)
        proof_repository.stop_signing(session, now=self._clock.now())
        self._signer = None

    def _published(self, now: datetime) -> dict[str, tuple["Ed25519PublicKey", datetime]]:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        with self._database.transaction() as session:
            rows = proof_repository.published_keys(session, now=now)
            return {row.kid: (Ed25519PublicKey.from_public_bytes(row.public_key), row.expires_at) for row in rows}

    def _made(self, session: Session, now: datetime) -> SigningKey:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        proof_repository.lock_signing_keys(session)
        other = proof_repository.signing_key(session, now=now)
        if other is not None:
            return other
        private, kid = Ed25519PrivateKey.generate(), secrets.token_hex(8)
        key = SigningKey(
            kid=kid,
            public_key=private.public_key().public_bytes_raw(),
            private_key=self._keyring.seal(_PURPOSE, kid, private.private_bytes_raw()),
            created_at=now,
            signs_until=now + SIGNS_FOR,
            expires_at=now + SIGNS_FOR + PUBLISHED_AFTER,
        )
        proof_repository.add_signing_key(session, key)
        return key


def _jwk(row: SigningKey) -> dict[str, Any]:
    x = base64.urlsafe_b64encode(row.public_key).rstrip(b"=").decode()
    return {"kty": "OKP", "crv": "Ed25519", "x": x, "kid": row.kid, "alg": "EdDSA", "use": "sig"}

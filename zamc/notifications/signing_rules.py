"""How a webhook is signed, so that its receiver knows that it is ours, whole, and not an old one: pure.

As the Standard Webhooks specification writes it (github.com/standard-webhooks), so that its libraries verify ours: HMAC-SHA256 over
`<id>.<timestamp>.<body>` under the secret's bytes, in base64 behind "v1,".
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping

SECRET_PREFIX = "whsec_"  # noqa: S105 - what a secret begins with
SECRET_BYTES = 32
# How far a receiver's clock may be off; what is older is a replay.
TOLERANCE_SECONDS = 300


def signed_headers(secret: str, delivery_id: str, body: bytes, *, at: int) -> dict[str, str]:
    """webhook-id, webhook-timestamp (seconds since 1970) and webhook-signature of one try."""
    return {
        "webhook-id": delivery_id,
        "webhook-timestamp": str(at),
        "webhook-signature": f"v1,{_mac(secret, delivery_id, str(at), body)}",
    }


def verified(secret: str, headers: Mapping[str, str], body: bytes, *, now: int) -> bool:
    """What a receiver does: compare in constant time, and refuse what is older than five minutes. headers: names in lower case."""
    told, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not stamp.isascii() or not stamp.isdecimal() or len(stamp) > 12 or abs(now - int(stamp)) > TOLERANCE_SECONDS:
        return False
    expected = f"v1,{_mac(secret, told, stamp, body)}"
    return any(hmac.compare_digest(expected, given) for given in headers.get("webhook-signature", "").split(" ") if given.isascii())


def secret_of(random: bytes) -> str:
    """A secret as people copy it."""
    return SECRET_PREFIX + base64.b64encode(random).decode()


def _mac(secret: str, delivery_id: str, stamp: str, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    return base64.b64encode(hmac.new(key, f"{delivery_id}.{stamp}.".encode() + body, hashlib.sha256).digest()).decode()

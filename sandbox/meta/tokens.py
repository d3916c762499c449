"""Access tokens: who may call, until when, with which permissions. Tokens expire by real time: the market's clock may be months ahead."""

import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from typing import Final

from sandbox.meta.errors import GraphError, named
from sandbox.store import Store

SCOPES: Final = ("ads_management", "ads_read", "business_management", "pages_show_list", "pages_read_engagement")
LONG_LIVED_SECONDS: Final = 60 * 24 * 3600
SHORT_LIVED_SECONDS: Final = 2 * 3600
CODE_SECONDS: Final = 600
# Why a token is of no use any more -> error by name.
REASONS: Final = {"revoked": "token_revoked", "expired": "token_expired", "app_removed": "app_removed", "checkpoint": "checkpoint"}


@dataclass(frozen=True)
class App:
    """The app of the Graph API that everybody here uses, and the token of its system user, which never expires."""

    id: str
    secret: str
    token: str

    @property
    def own_token(self) -> str:
        return f"{self.id}|{self.secret}"


@dataclass(frozen=True)
class Token:
    """One access token. `expires_at` and `issued_at` in UNIX seconds, 0 for never; `reason` is "" while it is valid."""

    kind: str = "SYSTEM_USER"
    user_id: str = "1"
    scopes: Sequence[str] = SCOPES
    issued_at: int = 0
    expires_at: int = 0
    reason: str = ""

    def state(self, now: float) -> str:
        return self.reason or ("expired" if self.expires_at and self.expires_at <= now else "")


@lru_cache(maxsize=1024)
def proof(secret: str, token: str) -> str:
    return hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()


class Tokens:
    """All tokens of the app, kept in the store."""

    def __init__(self, store: Store, app: App) -> None:
        self._store, self.app = store, app
        self._lock = threading.Lock()
        self._known: dict[str, Token] = {}

    def get(self, text: str) -> Token | None:
        """The token behind a text; None for one that was never issued."""
        with self._lock:
            if text in self._known:
                return self._known[text]
        with self._store.reading() as tx:
            kept = tx.setting(f"meta_token:{text}")
        token = Token(**json.loads(kept)) if kept else self._given(text)
        if token is not None:
            with self._lock:
                self._known[text] = token
        return token

    def _given(self, text: str) -> Token | None:
        if hmac.compare_digest(text.encode(), self.app.token.encode()):
            return Token()
        if hmac.compare_digest(text.encode(), self.app.own_token.encode()):
            return Token(kind="APP", user_id="", scopes=())
        return None

    def keep(self, text: str, token: Token) -> None:
        with self._store.transaction() as tx:
            tx.set_setting(f"meta_token:{text}", json.dumps(asdict(token)))
        with self._lock:
            self._known[text] = token

    def issue(self, *, seconds: int, scopes: Sequence[str] = SCOPES, kind: str = "USER") -> tuple[str, Token]:
        """A new token; `seconds` 0 for one that never expires."""
        now = int(time.time())
        token = Token(kind, scopes=tuple(scopes), issued_at=now, expires_at=now + seconds if seconds else 0)
        text = "EAA" + secrets.token_hex(40)
        self.keep(text, token)
        return text, token

    def end(self, text: str, reason: str) -> None:
        """Revoke, expire or ("") restore a token. Raises KeyError for one that was never issued."""
        token = self.get(text)
        if token is None:
            raise KeyError(text)
        self.keep(text, replace(token, reason=reason))

    def check(self, text: str, params: Mapping[str, str], *, proof_required: bool) -> Token:
        """The token of a call. Raises GraphError 104, 190 or, for a wrong proof, 100."""
        if not text:
            raise GraphError(104, "An access token is required to request this resource.")
        token = self.get(text)
        if token is None:
            raise named("token")
        given = params.get("appsecret_proof")
        if given is None and proof_required:
            raise GraphError(100, "API calls from the server require an appsecret_proof argument", kind="GraphMethodException")
        if given is not None and not hmac.compare_digest(given, proof(self.app.secret, text)):
            raise GraphError(100, "Invalid appsecret_proof provided in the API argument", kind="GraphMethodException")
        state = token.state(time.time())
        if state:
            raise named(REASONS[state])
        return token


def check_scope(token: Token, *, write: bool) -> None:
    """Whether the token may touch ad objects. Raises GraphError 200 or, for an app's own token, 10."""
    if token.kind == "APP":
        raise named("permission")
    if "ads_management" in token.scopes or (not write and "ads_read" in token.scopes):
        return
    raise named("ads_permission")


def token_of(params: Mapping[str, str], headers: Mapping[str, str]) -> str:
    """As a parameter or as a bearer token."""
    return params.get("access_token") or headers.get("authorization", "").removeprefix("Bearer ").removeprefix("OAuth ").strip()

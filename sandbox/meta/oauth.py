"""Meta's OAuth: the consent dialog, codes and tokens for tokens, what a token is worth, and taking it back.

developers.facebook.com/docs/facebook-login/guides/access-tokens and /docs/graph-api/reference/debug_token.
"""

import hmac
import json
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from sandbox.meta.errors import GraphError, param
from sandbox.meta.tokens import CODE_SECONDS, LONG_LIVED_SECONDS, SCOPES, SHORT_LIVED_SECONDS, Token, Tokens
from sandbox.store import Store

Params = Mapping[str, str]


def _refused(message: str, code: int = 1, subcode: int | None = None) -> GraphError:
    return GraphError(code, message, subcode)


class OAuth:
    """Everything about tokens that has an address of its own."""

    def __init__(self, store: Store, tokens: Tokens) -> None:
        self._store, self._tokens = store, tokens
        self._grants: Mapping[str, Callable[[Params], dict[str, Any]]] = {
            "fb_exchange_token": self._exchange,
            "client_credentials": self._of_app,
            "authorization_code": self._redeem,
        }

    def _client(self, params: Params) -> None:
        app = self._tokens.app
        if params.get("client_id") != app.id:
            raise _refused("Error validating application. Cannot get application info due to a system error.", 101)
        if not hmac.compare_digest(params.get("client_secret", "").encode(), app.secret.encode()):
            raise _refused("Error validating client secret.")

    def access_token(self, params: Params) -> dict[str, Any]:
        """GET or POST /oauth/access_token. Raises GraphError."""
        grant = params.get("grant_type") or ("authorization_code" if params.get("code") else "")
        if grant not in self._grants:
            raise param(f"grant_type must be one of {', '.join(self._grants)}", "grant_type")
        self._client(params)
        return self._grants[grant](params)

    def _granted(self, *, seconds: int, scopes: tuple[str, ...] = SCOPES) -> dict[str, Any]:
        text, _ = self._tokens.issue(seconds=seconds, scopes=scopes)
        return {"access_token": text, "token_type": "bearer", **({"expires_in": seconds} if seconds else {})}

    def _seconds(self) -> int:
        with self._store.reading() as tx:
            return int(float(tx.setting("meta_token_seconds") or LONG_LIVED_SECONDS))

    def _exchange(self, params: Params) -> dict[str, Any]:
        """A valid token for one that lives longer."""
        old = self._tokens.check(params.get("fb_exchange_token", ""), {}, proof_required=False)
        return self._granted(seconds=self._seconds(), scopes=tuple(old.scopes))

    def _of_app(self, _: Params) -> dict[str, Any]:
        return {"access_token": self._tokens.app.own_token, "token_type": "bearer"}

    def _redeem(self, params: Params) -> dict[str, Any]:
        key = f"meta_code:{params.get('code', '')}"
        with self._store.transaction() as tx:
            kept = json.loads(tx.setting(key) or "{}")
            tx.set_setting(key, "{}")
        if not kept:
            raise _refused("This authorization code has been used.", 100, 36009)
        if kept["at"] < time.time() - CODE_SECONDS:
            raise _refused("This authorization code has expired.", 100, 36007)
        if kept["redirect_uri"] != params.get("redirect_uri"):
            raise _refused("Error validating verification code. Please make sure your redirect_uri is identical.", 100, 36008)
        return self._granted(seconds=SHORT_LIVED_SECONDS, scopes=tuple(kept["scopes"]))

    def dialog(self, params: Params) -> str:
        """GET /dialog/oauth: everybody consents at once; the address to go back to, with a code. Raises GraphError."""
        back = params.get("redirect_uri", "")
        if params.get("client_id") != self._tokens.app.id:
            raise _refused("Invalid App ID: The provided app ID does not look like a valid app ID.", 101)
        if urlsplit(back).scheme not in ("http", "https"):
            raise _refused("The redirect_uri URL must be absolute", 191)
        code = "AQ" + secrets.token_urlsafe(24)
        asked = [s for s in params.get("scope", "").replace(",", " ").split() if s in SCOPES] or list(SCOPES)
        with self._store.transaction() as tx:
            tx.set_setting(f"meta_code:{code}", json.dumps({"redirect_uri": back, "scopes": asked, "at": time.time()}))
        given = {"code": code, **({"state": params["state"]} if "state" in params else {})}
        return f"{back}{'&' if '?' in back else '?'}{urlencode(given)}"

    def debug(self, params: Params) -> dict[str, Any]:
        """GET /debug_token: what a token is worth. Raises GraphError."""
        text = params.get("input_token", "")
        if not text:
            raise param("The parameter input_token is required", "input_token")
        token = self._tokens.get(text)
        if token is None:
            problem = {"code": 190, "message": "Invalid OAuth access token.", "subcode": None}
            return {"data": {"error": problem, "is_valid": False, "scopes": []}}
        return {"data": self._described(token)}

    def _described(self, token: Token) -> dict[str, Any]:
        state = token.state(time.time())
        subcode = {"expired": 463, "revoked": 460, "app_removed": 458, "checkpoint": 459}.get(state)
        problem = {"code": 190, "message": f"Error validating access token: {state}", "subcode": subcode}
        return {
            "app_id": self._tokens.app.id,
            "type": token.kind,
            "application": "Sandbox",
            "data_access_expires_at": 0,
            "expires_at": token.expires_at,
            "issued_at": token.issued_at,
            "is_valid": not state,
            "scopes": list(token.scopes),
            "granular_scopes": [{"scope": scope} for scope in token.scopes],
            **({"user_id": token.user_id} if token.user_id else {}),
            **({"error": problem} if state else {}),
        }

    def permissions(self, text: str) -> dict[str, Any]:
        """GET /me/permissions."""
        token = self._tokens.get(text)
        return {"data": [{"permission": scope, "status": "granted"} for scope in (token.scopes if token else ())]}

    def revoke(self, text: str) -> dict[str, Any]:
        """DELETE /me/permissions: the app is removed, and the token with it."""
        self._tokens.end(text, "app_removed")
        return {"success": True}


ENDPOINTS: Final = (
    ("GET", "oauth/access_token"),
    ("POST", "oauth/access_token"),
    ("GET", "debug_token"),
    ("GET", "dialog/oauth"),
    ("GET", "me/permissions"),
    ("DELETE", "me/permissions"),
)

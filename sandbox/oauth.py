"""Google's OAuth 2.0 endpoints: a code, a refresh token or a service account's signed assertion becomes an access token.

Access tokens are signed, not kept: they carry when they end and which generation they belong to, and revoking begins a new
generation. What is revoked lies in the store, so that it survives a restart and the gRPC server sees it at once.
Time is real time: the SDK refreshes by its own clock.
"""

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any, Final, Protocol
from urllib.parse import urlencode

from sandbox.store import Transaction

LIFETIME_SECONDS: Final = 3599
JWT_BEARER: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SETTING: Final = "google_oauth"
PREFIX: Final = "ya29.sandbox-"
CODE: Final = "sandbox-authorization-code"

Answer = tuple[int, dict[str, Any]]


class Client(Protocol):
    """The credentials that are checked."""

    @property
    def token(self) -> str: ...
    @property
    def client_id(self) -> str: ...
    @property
    def client_secret(self) -> str: ...
    @property
    def refresh_token(self) -> str: ...


def state(tx: Transaction) -> dict[str, Any]:
    """{"seconds", "generation", "refresh_token", "revoked"}: life of an access token (0: the fixed one is given out, for an hour),
    which tokens are too old, the refresh token that rotation made (none: the configured one), and whose grants are refused.
    """
    kept = json.loads(tx.setting(SETTING) or "{}")
    return {"seconds": 0.0, "generation": 0, "refresh_token": None, "revoked": [], **kept}


def change(tx: Transaction, given: Mapping[str, Any]) -> dict[str, Any]:
    """The admin API's order: {"seconds"?, "revoke"?: ["access", "refresh", "service_account"], "restore"?: true, "rotate"?: "new"}.

    Raises ValueError for what nobody knows.
    """
    if unknown := given.keys() - {"seconds", "revoke", "restore", "rotate"}:
        raise ValueError(f"unknown field {min(unknown)!r}; known are seconds, revoke, restore, rotate")
    kept = state(tx)
    if "seconds" in given:
        kept["seconds"] = float(given["seconds"])
    if given.get("restore"):
        kept["revoked"] = []
    what = given.get("revoke", [])
    revoked = [what] if isinstance(what, str) else list(what)
    if strange := set(revoked) - {"access", "refresh", "service_account"}:
        raise ValueError(f"{min(strange)!r} cannot be revoked; access, refresh and service_account can")
    kept["revoked"] = sorted({*kept["revoked"], *revoked})
    if "access" in revoked:
        kept["generation"] += 1
    if "rotate" in given:
        kept["refresh_token"] = str(given["rotate"])
    tx.set_setting(SETTING, json.dumps(kept))
    return kept


def problem(tx: Transaction, token: str, fixed: str) -> str | None:
    """Why an access token is not good: an AuthenticationError code; None where it is."""
    now = state(tx)
    if hmac.compare_digest(token.encode(), fixed.encode()):
        return "OAUTH_TOKEN_REVOKED" if "access" in now["revoked"] else None
    if not token.startswith(PREFIX):
        return "OAUTH_TOKEN_INVALID"
    text, _, signature = token.removeprefix(PREFIX).partition(".")
    if not hmac.compare_digest(_sign(text, fixed), signature):
        return "OAUTH_TOKEN_INVALID"
    claims = json.loads(base64.urlsafe_b64decode(text))
    if claims["generation"] < now["generation"]:
        return "OAUTH_TOKEN_REVOKED"
    return "OAUTH_TOKEN_EXPIRED" if claims["ends"] <= time.time() else None


def _sign(text: str, secret: str) -> str:
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def _grant(tx: Transaction, client: Client) -> dict[str, Any]:
    now = state(tx)
    granted = {"expires_in": LIFETIME_SECONDS, "scope": "https://www.googleapis.com/auth/adwords", "token_type": "Bearer"}
    if not now["seconds"] and not now["generation"]:
        return {**granted, "access_token": client.token}
    seconds = now["seconds"] or float(LIFETIME_SECONDS)
    claims = {"ends": time.time() + seconds, "generation": now["generation"], "nonce": time.time_ns()}
    text = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode()
    return {**granted, "access_token": f"{PREFIX}{text}.{_sign(text, client.token)}", "expires_in": max(1, int(seconds))}


def token(tx: Transaction, params: Mapping[str, str], client: Client, *, host: str) -> Answer:
    """Status and JSON of POST /oauth2/token, errors as RFC 6749 section 5.2 has them.

    The signature of an assertion is not verified: the sandbox knows no service account's public key.
    """
    grant = params.get("grant_type")
    if grant == JWT_BEARER:
        wrong = _claims_problem(params.get("assertion", ""), host)
        if "service_account" in state(tx)["revoked"]:
            wrong = "Invalid JWT Signature."
        return _refused("invalid_grant", wrong) if wrong else (200, _grant(tx, client))
    if grant not in ("refresh_token", "authorization_code"):
        return _refused("unsupported_grant_type", f"Invalid grant_type: {grant}")
    if (params.get("client_id"), params.get("client_secret")) != (client.client_id, client.client_secret):
        return 401, {"error": "invalid_client", "error_description": "The OAuth client was not found."}
    return _redeem(tx, params, client) if grant == "authorization_code" else _refresh(tx, params, client)


def _refused(error: str, description: str) -> Answer:
    return 400, {"error": error, "error_description": description}


def _redeem(tx: Transaction, params: Mapping[str, str], client: Client) -> Answer:
    if params.get("code") != CODE:
        return _refused("invalid_grant", "Malformed auth code.")
    return 200, {**_grant(tx, client), "refresh_token": state(tx)["refresh_token"] or client.refresh_token}


def _refresh(tx: Transaction, params: Mapping[str, str], client: Client) -> Answer:
    now = state(tx)
    if "refresh" in now["revoked"] or params.get("refresh_token") != (now["refresh_token"] or client.refresh_token):
        return _refused("invalid_grant", "Token has been expired or revoked.")
    return 200, _grant(tx, client)


def consent(params: Mapping[str, str], client: Client) -> str | None:
    """Where GET /o/oauth2/v2/auth sends a person who agreed at once; None for a client or address that is none."""
    address = params.get("redirect_uri", "")
    if params.get("client_id") != client.client_id or not address.startswith(("http://", "https://")):
        return None
    return f"{address}{'&' if '?' in address else '?'}{urlencode({'code': CODE, 'state': params.get('state', '')})}"


def _claims_problem(assertion: str, host: str) -> str | None:
    parts = assertion.split(".")
    if len(parts) != 3:
        return "Invalid JWT: it must have three parts."
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError):
        return "Invalid JWT: the claims are not JSON."
    if "iss" not in claims or "exp" not in claims:
        return "Invalid JWT: iss and exp are required."
    # google-auth signs for Google's own address, whatever token_uri the key file names.
    if not str(claims.get("aud", "")).endswith(("/oauth2/token", "//oauth2.googleapis.com/token")):
        return f"Invalid JWT: aud must be {host}/oauth2/token."
    return None

"""Google's OAuth 2.0 token endpoint: a refresh token or a service account's signed assertion becomes an access token."""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any, Final, Protocol

LIFETIME_SECONDS: Final = 3599
JWT_BEARER: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"


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


def token(params: Mapping[str, str], client: Client, *, host: str) -> tuple[int, dict[str, Any]]:
    """Status and JSON of POST /oauth2/token, errors as RFC 6749 section 5.2 has them.

    The signature of an assertion is not verified: the sandbox knows no service account's public key.
    """
    granted = {
        "access_token": client.token,
        "expires_in": LIFETIME_SECONDS,
        "scope": "https://www.googleapis.com/auth/adwords",
        "token_type": "Bearer",
    }
    grant = params.get("grant_type")
    if grant == "refresh_token":
        if (params.get("client_id"), params.get("client_secret")) != (client.client_id, client.client_secret):
            return 401, {"error": "invalid_client", "error_description": "The OAuth client was not found."}
        if params.get("refresh_token") != client.refresh_token:
            return 400, {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}
        return 200, granted
    if grant == JWT_BEARER:
        problem = _claims_problem(params.get("assertion", ""), host)
        return (400, {"error": "invalid_grant", "error_description": problem}) if problem else (200, granted)
    return 400, {"error": "unsupported_grant_type", "error_description": f"Invalid grant_type: {grant}"}


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

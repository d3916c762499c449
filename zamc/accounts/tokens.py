"""The token endpoints of both platforms: what turns lasting credentials into the tokens that calls carry.

Google: developers.google.com/identity/protocols/oauth2/web-server#offline and /service-account (RFC 6749 and 7523).
Meta: developers.facebook.com/docs/facebook-login/guides/access-tokens/get-long-lived and /docs/graph-api/reference/debug_token.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from zamc.accounts.credentials import Google, GoogleServiceAccount, MetaToken
from zamc.database.engine import refuse_inside_transaction
from zamc.errors import CredentialsRefused, Later
from zamc.platforms.errors import FINAL, scrub

_SCOPE = "https://www.googleapis.com/auth/adwords"
_JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_NOT_FINAL_OF_META = {2, 4, 17, 341, 613}


@dataclass(frozen=True)
class Granted:
    """A token for calls. expires_at is None for one that does not expire. Its repr hides it."""

    token: str
    expires_at: datetime | None

    def __repr__(self) -> str:
        return f"Granted(***, {self.expires_at})"


@dataclass(frozen=True)
class TokenState:
    """What Meta says of a token."""

    valid: bool
    scopes: frozenset[str]
    expires_at: datetime | None
    reason: str = ""


class TokenEndpoints:
    """google_url: where refresh tokens are redeemed (a service account's key names its own); graph_url: Meta's Graph API, with version."""

    def __init__(self, *, google_url: str, graph_url: str, timeout_seconds: float, now: Callable[[], datetime] | None = None) -> None:
        self._google_url, self._graph_url, self._timeout = google_url, graph_url, timeout_seconds
        self._now = now or (lambda: datetime.now(UTC))

    def google(self, credentials: Google) -> Granted:
        """Raises CredentialsRefused when a person must connect the account again, Later when the endpoint has a bad day."""
        if isinstance(credentials, GoogleServiceAccount):
            url, form = credentials.token_uri, {"grant_type": _JWT_BEARER, "assertion": self._assertion(credentials)}
        else:
            url = self._google_url
            form = {
                "grant_type": "refresh_token",
                "client_id": credentials.client_id,
                "client_secret": credentials.client_secret.get_secret_value(),
                "refresh_token": credentials.refresh_token.get_secret_value(),
            }
        status, body = self._ask("Google", "POST", url, form)
        error = body.get("error")
        if status < 500 and error in FINAL:
            said = scrub(str(body.get("error_description") or error), secrets=form.values())
            raise CredentialsRefused(f"Google refused the credentials ({error}: {said})", code=str(error))
        return self._granted("Google", status, body)

    def _assertion(self, credentials: GoogleServiceAccount) -> str:
        from google.auth import crypt, jwt

        now = int(self._now().timestamp())
        try:
            signer = crypt.RSASigner.from_string(credentials.private_key.get_secret_value())
        except ValueError:
            raise CredentialsRefused("the service account's private_key is no RSA key in PEM form", code="private_key") from None
        claims: dict[str, Any] = {
            "iss": credentials.client_email,
            "scope": _SCOPE,
            "aud": credentials.token_uri,
            "iat": now,
            "exp": now + 3600,
        }
        if credentials.subject is not None:
            claims["sub"] = credentials.subject
        encoded: bytes = jwt.encode(signer, claims)
        return encoded.decode()

    def meta(self, credentials: MetaToken) -> Granted:
        """A token that lives longer, for one that is still good. Raises CredentialsRefused, Later."""
        token, secret = credentials.access_token.get_secret_value(), credentials.app_secret
        if credentials.app_id is None or secret is None:
            raise CredentialsRefused("without app_id and app_secret Meta's token cannot be renewed before it expires", code="no-app")
        form = {
            "grant_type": "fb_exchange_token",
            "client_id": credentials.app_id,
            "client_secret": secret.get_secret_value(),
            "fb_exchange_token": token,
        }
        status, body = self._ask("Meta", "POST", f"{self._graph_url}/oauth/access_token", form)
        self._refuse(status, body, secrets=form)
        return self._granted("Meta", status, body)

    def meta_state(self, credentials: MetaToken) -> TokenState:
        """What the token is worth, asked as its app; without app_id and app_secret by the token's own permissions."""
        token, secret = credentials.access_token.get_secret_value(), credentials.app_secret
        if credentials.app_id is None or secret is None:
            status, body = self._ask("Meta", "GET", f"{self._graph_url}/me/permissions", {"access_token": token})
            self._refuse(status, body, secrets={"token": token})
            granted = [each["permission"] for each in body.get("data", ()) if each.get("status") == "granted"]
            return TokenState(valid=True, scopes=frozenset(granted), expires_at=None)
        asked = {"input_token": token, "access_token": f"{credentials.app_id}|{secret.get_secret_value()}"}
        status, body = self._ask("Meta", "GET", f"{self._graph_url}/debug_token", asked)
        self._refuse(status, body, secrets=asked)
        data = body.get("data") or {}
        ends = int(data.get("expires_at") or 0)
        return TokenState(
            valid=bool(data.get("is_valid")),
            scopes=frozenset(data.get("scopes") or ()),
            expires_at=datetime.fromtimestamp(ends, UTC) if ends else None,
            reason=scrub(str((data.get("error") or {}).get("message", "")), secrets=asked.values()),
        )

    @staticmethod
    def _refuse(status: int, body: Mapping[str, Any], *, secrets: Mapping[str, str]) -> None:
        error = body.get("error")
        if isinstance(error, Mapping) and status < 500 and error.get("code") not in _NOT_FINAL_OF_META:
            code = "/".join(str(each) for each in (error.get("code"), error.get("error_subcode")) if each)
            raise CredentialsRefused(f"Meta {code}: {scrub(str(error.get('message')), secrets=secrets.values())}", code=code)

    def _granted(self, platform: str, status: int, body: Mapping[str, Any]) -> Granted:
        token = body.get("access_token")
        if status != 200 or not isinstance(token, str) or not token:
            raise Later(f"{platform}'s token endpoint answered HTTP {status} without a token", code=str(status), outage=True)
        seconds = body.get("expires_in")
        ends = self._now() + timedelta(seconds=float(seconds)) if isinstance(seconds, int | float) and seconds > 0 else None
        return Granted(token, ends)

    def _ask(self, platform: str, method: str, url: str, form: Mapping[str, str]) -> tuple[int, Mapping[str, Any]]:
        refuse_inside_transaction(f"{platform}'s token endpoint")
        carried: dict[str, Any] = {"data": dict(form)} if method == "POST" else {"params": dict(form)}
        try:
            answer = httpx.request(method, url, timeout=self._timeout, follow_redirects=False, **carried)
        except httpx.HTTPError as error:
            # Its text may hold the address, and with it a token.
            raise Later(f"{platform}'s token endpoint does not answer ({type(error).__name__})", code="token", outage=True) from None
        try:
            body = answer.json()
        except ValueError:
            body = {}
        return answer.status_code, body if isinstance(body, dict) else {}

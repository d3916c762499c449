"""Signing in with an OpenID provider: authorization code with PKCE, state, nonce and a browser that must be the same at the end.

Nobody becomes a user by this: whoever signs in was invited before, and is known by issuer and subject, the first time by an address that
the provider says is verified. The provider answers for the second factor.
"""

import json
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import UUID

import structlog

from zamc.clock import Clock
from zamc.database.engine import Database, refuse_inside_transaction
from zamc.errors import ConfigurationError, InvalidInput, Later
from zamc.identity import proof_repository, repository
from zamc.identity.email_rules import normalised_email
from zamc.identity.errors import SignInRefused
from zamc.projects.repository import audit

if TYPE_CHECKING:
    from joserfc.jwk import KeySet

log = structlog.get_logger()

_PREFIX = "zamc:oidc:"
_STATE_FOR = timedelta(minutes=10)
_TIMEOUT_SECONDS = 10.0
_CONFIGURATION_FOR = timedelta(hours=1)
_KEYS_AGAIN = timedelta(minutes=1)
_CLOCKS_DIFFER_SECONDS = 60
# Signatures that a provider's published keys can prove; none that a secret of ours, or nothing, would.
_ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
_REFUSED = "the sign-in did not work; begin again, or ask your operator for an invitation"
_LOCAL_PATH = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]{0,500}")


@dataclass(frozen=True)
class Provider:
    """As settings name it. issuer is https, or a loopback address."""

    issuer: str
    client_id: str
    client_secret: str

    def __post_init__(self) -> None:
        parts = urlsplit(self.issuer)
        if parts.scheme != "https" and parts.hostname not in {"127.0.0.1", "localhost", "::1"}:
            raise ConfigurationError("ZAMC_OIDC_ISSUER must be an https address")


@dataclass(frozen=True)
class Beginning:
    """url: where to send the browser. browser: what its cookie must say when it comes back."""

    url: str
    browser: str


def local_path(text: str) -> str:
    """A path on this server to return to; whatever else was asked for is the first page."""
    return text if _LOCAL_PATH.fullmatch(text) else "/"


class Oidc:
    """Threads share it. Raises Later while the provider does not answer, redis.RedisError while Redis does not."""

    def __init__(self, provider: Provider, database: Database, clock: Clock, *, redis_url: str, redirect_url: str) -> None:
        self._provider, self._database, self._clock = provider, database, clock
        self._redis_url, self._redirect_url = redis_url, redirect_url
        self._lock = Lock()
        self._configured: tuple[dict[str, Any], datetime] | None = None
        self._keys: tuple[KeySet, datetime] | None = None

    def begin(self, *, return_to: str) -> Beginning:
        from authlib.common.security import generate_token
        from authlib.oauth2.rfc7636 import create_s256_code_challenge

        browser, nonce, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(32), generate_token(64)
        with self._client() as client:
            url, state = client.create_authorization_url(
                self._configuration()["authorization_endpoint"],
                state=secrets.token_urlsafe(32),
                nonce=nonce,
                code_challenge=create_s256_code_challenge(verifier),
                code_challenge_method="S256",
            )
        content = {"nonce": nonce, "verifier": verifier, "browser": browser, "return_to": local_path(return_to)}
        self._redis.set(_PREFIX + state, json.dumps(content), ex=_STATE_FOR)
        return Beginning(url, browser)

    def finish(self, *, code: str, state: str, browser: str, issuer: str | None = None) -> tuple[UUID, str]:
        """(user id, path to return to). issuer: as the answer names it (RFC 9207). Raises SignInRefused."""
        if not (0 < len(state) <= 200 and 0 < len(code) <= 4096):
            raise SignInRefused("credentials", _REFUSED)
        # Taken out, so that a state is good once.
        kept = self._redis.getdel(_PREFIX + state)
        known = json.loads(kept) if kept else None
        if known is None or not secrets.compare_digest(known["browser"].encode(), browser.encode("utf-8", "replace")):
            raise SignInRefused("credentials", _REFUSED)
        if issuer is not None and issuer != self._provider.issuer:
            raise SignInRefused("credentials", _REFUSED)
        claims = self._claims(code, known["verifier"], known["nonce"])
        return self._user(claims), known["return_to"]

    def _claims(self, code: str, verifier: str, nonce: str) -> dict[str, Any]:
        """Of the ID token (OpenID Connect Core 3.1.3.7)."""
        from authlib.common.errors import AuthlibBaseError
        from httpx import HTTPError
        from joserfc.errors import JoseError

        refuse_inside_transaction("the OpenID provider")
        try:
            with self._client() as client:
                token = client.fetch_token(self._configuration()["token_endpoint"], code=code, code_verifier=verifier)
            return self._checked(str(token["id_token"]), nonce)
        except HTTPError as error:
            raise Later(f"the OpenID provider did not answer: {type(error).__name__}", outage=True) from None
        except (AuthlibBaseError, JoseError, KeyError, ValueError, TypeError) as error:
            log.info("identity.refused", why="oidc", error=type(error).__name__)
            raise SignInRefused("credentials", _REFUSED) from None

    def _checked(self, text: str, nonce: str) -> dict[str, Any]:
        from joserfc import jwt
        from joserfc.errors import InvalidKeyIdError

        try:
            token = jwt.decode(text, self._provider_keys(), algorithms=_ALGORITHMS)
        except (InvalidKeyIdError, ValueError):
            # The provider may have a new key.
            token = jwt.decode(text, self._provider_keys(again=True), algorithms=_ALGORITHMS)
        claims = token.claims
        now = self._clock.now().timestamp()
        audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
        good = (
            claims["iss"] == self._provider.issuer
            and self._provider.client_id in audience
            and (len(audience) == 1 or claims.get("azp") == self._provider.client_id)
            and claims.get("azp", self._provider.client_id) == self._provider.client_id
            and float(claims["exp"]) > now - _CLOCKS_DIFFER_SECONDS
            and float(claims["iat"]) <= now + _CLOCKS_DIFFER_SECONDS
            and secrets.compare_digest(str(claims["nonce"]).encode(), nonce.encode())
            and isinstance(claims["sub"], str)
        )
        if not good:
            raise ValueError("a claim of the ID token is not as it must be")
        return dict(claims)

    def _user(self, claims: dict[str, Any]) -> UUID:
        issuer, subject = self._provider.issuer, claims["sub"]
        with self._database.transaction() as session:
            user_id = proof_repository.identity(session, issuer, subject)
            if user_id is None and claims.get("email_verified") is True:
                user_id = self._linked(session, str(claims.get("email", "")), issuer, subject)
            user = repository.user(session, user_id) if user_id else None
        if user is None or user.disabled_at is not None:
            log.info("identity.refused", why="oidc", error="nobody")
            raise SignInRefused("credentials", _REFUSED)
        return user.id

    def _linked(self, session: Any, address: str, issuer: str, subject: str) -> UUID | None:
        try:
            user = repository.user_by_email(session, normalised_email(address))
        except InvalidInput:
            return None
        if user is None:
            return None
        proof_repository.put_identity(session, issuer, subject, user.id)
        repository.change_user(session, user.id, email_verified_at=self._clock.now())
        audit(session, actor=user.email, action="user.linked", project_id=None, subject_id=user.id, issuer=issuer)
        return user.id

    def _configuration(self) -> dict[str, Any]:
        now = self._clock.now()
        with self._lock:
            if self._configured is None or self._configured[1] <= now:
                found = self._get(f"{self._provider.issuer.rstrip('/')}/.well-known/openid-configuration")
                if found.get("issuer") != self._provider.issuer:
                    raise ConfigurationError("the OpenID provider calls itself another name than ZAMC_OIDC_ISSUER")
                self._configured = (found, now + _CONFIGURATION_FOR)
            return self._configured[0]

    def _provider_keys(self, *, again: bool = False) -> "KeySet":
        from joserfc.jwk import KeySet

        now, address = self._clock.now(), self._configuration()["jwks_uri"]
        with self._lock:
            kept = self._keys
            if kept is None or now - kept[1] > _CONFIGURATION_FOR or (again and now - kept[1] > _KEYS_AGAIN):
                kept = self._keys = (KeySet.import_key_set(self._get(address)), now)
            return kept[0]

    def _get(self, url: str) -> Any:
        import httpx

        try:
            answer = httpx.get(url, timeout=_TIMEOUT_SECONDS, follow_redirects=False)
            answer.raise_for_status()
            return answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise Later(f"the OpenID provider did not answer: {type(error).__name__}", outage=True) from None

    def _client(self) -> Any:
        from authlib.integrations.httpx_client import OAuth2Client

        return OAuth2Client(
            self._provider.client_id,
            self._provider.client_secret,
            scope="openid email",
            redirect_uri=self._redirect_url,
            timeout=_TIMEOUT_SECONDS,
        )

    @cached_property
    def _redis(self) -> Any:
        from redis import Redis

        return Redis.from_url(self._redis_url, socket_timeout=1.0, socket_connect_timeout=1.0)

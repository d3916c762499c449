"""Who is calling: OAuth token, developer token and login customer id from the call's metadata."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from sandbox import oauth
from sandbox.google.account import PLATFORM
from sandbox.google.errors import AdsError
from sandbox.store import Transaction


@dataclass(frozen=True)
class Credentials:
    """What the sandbox accepts."""

    token: str
    developer_token: str


_WORDS = {
    "OAUTH_TOKEN_INVALID": "The OAuth access token is invalid.",
    "OAUTH_TOKEN_EXPIRED": "The OAuth access token has expired.",
    "OAUTH_TOKEN_REVOKED": "The OAuth access token was revoked.",
}


def check(tx: Transaction, credentials: Credentials, metadata: Mapping[str, str]) -> None:
    """Raises AdsError AuthenticationError or RequestError as the platform does."""
    header = metadata.get("authorization", "")
    if not header:
        message = (
            "Request is missing required authentication credential. Expected OAuth 2 access token, login cookie or other "
            "valid authentication credential."
        )
        raise AdsError("authentication_error", "OAUTH_TOKEN_HEADER_INVALID", message)
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token:
        message = "The OAuth token in the header is invalid."
        raise AdsError("authentication_error", "OAUTH_TOKEN_HEADER_INVALID", message)
    if (code := oauth.problem(tx, token, credentials.token)) is not None:
        raise AdsError("authentication_error", code, _WORDS[code])
    developer_token = metadata.get("developer-token", "")
    if not developer_token:
        message = "The developer-token parameter was missing in the request header."
        raise AdsError("request_error", "DEVELOPER_TOKEN_PARAMETER_MISSING", message)
    if not hmac.compare_digest(developer_token.encode(), credentials.developer_token.encode()):
        raise AdsError("authentication_error", "DEVELOPER_TOKEN_INVALID", "The developer token is not valid.")


def check_login_customer(tx: Transaction, metadata: Mapping[str, str], customer_id: str | None) -> None:
    """The login customer is digits without hyphens, and either the customer itself or an account that manages it.

    Raises AdsError INVALID_LOGIN_CUSTOMER_ID, USER_PERMISSION_DENIED.
    """
    login = metadata.get("login-customer-id", "")
    if not login:
        return
    if not login.isdigit():
        message = f"The login customer id {login!r} is not a number without hyphens."
        raise AdsError("header_error", "INVALID_LOGIN_CUSTOMER_ID", message, trigger=login)
    if login == customer_id:
        return
    manager = tx.get(PLATFORM, login, "customer", login)
    if manager is None or not manager.body.get("manager"):
        message = "User doesn't have permission to access customer through this login customer."
        raise AdsError("authorization_error", "USER_PERMISSION_DENIED", message, trigger=login)


def check_customer_id(customer_id: str) -> None:
    """Raises AdsError INVALID_CUSTOMER_ID for what is not digits."""
    if not customer_id.isdigit():
        message = f"Invalid customer ID {customer_id!r}: digits without hyphens are expected."
        raise AdsError("request_error", "INVALID_CUSTOMER_ID", message, ("customer_id",), trigger=customer_id)

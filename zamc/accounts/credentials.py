"""Credentials of an ad account as typed values whose secrets show in no repr, and the texts that people bring them in."""

import json
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, TypeAdapter, ValidationError, field_serializer

from zamc.errors import InvalidInput
from zamc.strategies.yaml_reader import read_yaml


class _Credentials(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    @field_serializer("*", when_used="json")
    def _plain(self, value: Any) -> Any:
        """Only the vault asks for JSON, and it encrypts it."""
        return value.get_secret_value() if isinstance(value, SecretStr) else value.isoformat() if isinstance(value, datetime) else value


class GoogleRefreshToken(_Credentials):
    """A person's consent: OAuth client and refresh token, and the access token that it was last turned into."""

    kind: Literal["google_refresh_token"] = "google_refresh_token"
    client_id: str
    client_secret: SecretStr
    refresh_token: SecretStr
    developer_token: SecretStr | None = None
    login_customer_id: str | None = None
    access_token: SecretStr | None = None
    expires_at: datetime | None = None


class GoogleServiceAccount(_Credentials):
    """A service account with access to the customer, and the access token that its key was last turned into.

    subject: the user for whom it acts, where the domain has given it that right.
    """

    kind: Literal["google_service_account"] = "google_service_account"
    client_email: str
    private_key: SecretStr
    token_uri: str
    subject: str | None = None
    developer_token: SecretStr | None = None
    login_customer_id: str | None = None
    access_token: SecretStr | None = None
    expires_at: datetime | None = None


class MetaToken(_Credentials):
    """A system user's token, which need not expire, or a person's, which is exchanged for a new one before it does.

    app_secret: needed for that exchange, and to prove each call (appsecret_proof).
    """

    kind: Literal["meta_token"] = "meta_token"
    access_token: SecretStr
    app_id: str | None = None
    app_secret: SecretStr | None = None
    expires_at: datetime | None = None


Google = GoogleRefreshToken | GoogleServiceAccount
Credentials = Annotated[GoogleRefreshToken | GoogleServiceAccount | MetaToken, Field(discriminator="kind")]
_ANY: TypeAdapter[GoogleRefreshToken | GoogleServiceAccount | MetaToken] = TypeAdapter(Credentials)


def from_content(content: dict[str, Any]) -> GoogleRefreshToken | GoogleServiceAccount | MetaToken:
    """What the vault opened."""
    return _ANY.validate_python(content)


def read(platform: str, text: str) -> GoogleRefreshToken | GoogleServiceAccount | MetaToken:
    """What a person brings: for Google a google-ads.yaml with client_id, client_secret and refresh_token, or a service account's key
    file; for Meta the token alone, or JSON with access_token, app_id and app_secret.

    Raises InvalidInput that names what is missing and never quotes the text.
    """
    try:
        given = read_yaml(text)
    except InvalidInput:  # it says where and what, and so quotes the text
        raise InvalidInput("credentials", "the file is neither plain YAML nor JSON, or has more than 64 kB") from None
    if platform == "meta_ads" and isinstance(given, str):
        given = {"access_token": given.strip()}
    if not isinstance(given, dict):
        raise InvalidInput("credentials", f"for {platform} a file with named values is needed; docs/how-to/connect-accounts.md shows it")
    kind = "meta_token" if platform == "meta_ads" else "google_service_account" if "private_key" in given else "google_refresh_token"
    known = {name: str(value) for name, value in given.items() if value is not None and name not in ("kind", "type")}
    try:
        return _ANY.validate_python({**known, "kind": kind})
    except ValidationError as error:
        missing = ", ".join(str(each["loc"][-1]) for each in error.errors(include_input=False, include_url=False))
        raise InvalidInput("credentials", f"{missing} is missing or of the wrong form") from None


def content_of(credentials: GoogleRefreshToken | GoogleServiceAccount | MetaToken) -> dict[str, Any]:
    """For the vault alone."""
    content: dict[str, Any] = json.loads(credentials.model_dump_json(exclude_none=True))
    return content

"""The google-ads.yaml of an installation, and whose credentials stand in it.

Tokens are asked for by ourselves (zamc.accounts.tokens): with a time limit, without retries, and with errors that say what a person must
do. google-auth would do it inside a gRPC call, where a refusal comes out as an outage and is logged with all that it holds. What only the
SDK knows how to use (application default credentials, a proxy of its own) is left to it.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import SecretStr

from zamc.accounts.credentials import Google, GoogleRefreshToken, GoogleServiceAccount
from zamc.errors import ConfigurationError

_LEFT_TO_THE_SDK = ("use_application_default_credentials", "http_proxy")
_OF_A_PERSON = ("client_id", "client_secret", "refresh_token")


def load(path: Path) -> dict[str, Any]:
    """The file's values. Raises ConfigurationError, which never quotes the file."""
    try:
        known = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ConfigurationError(f"ZAMC_GOOGLE_ADS_YAML: {path} cannot be read ({type(error).__name__})") from None
    if not isinstance(known, dict):
        raise ConfigurationError(f"ZAMC_GOOGLE_ADS_YAML: {path} has no named values")
    return known


def credentials(known: Mapping[str, Any]) -> Google | None:
    """Those in the file; None where they are the SDK's matter. Raises ConfigurationError for a key file that cannot be used."""
    if any(known.get(name) for name in _LEFT_TO_THE_SDK):
        return None
    if all(known.get(name) for name in _OF_A_PERSON):
        who, secret, refresh = (str(known[name]) for name in _OF_A_PERSON)
        return GoogleRefreshToken(client_id=who, client_secret=SecretStr(secret), refresh_token=SecretStr(refresh))
    if not known.get("json_key_file_path"):
        raise ConfigurationError("ZAMC_GOOGLE_ADS_YAML: neither client_id, client_secret and refresh_token nor json_key_file_path are set")
    path = Path(str(known["json_key_file_path"]))
    try:
        key = json.loads(path.read_text(encoding="utf-8"))
        return GoogleServiceAccount(
            client_email=key["client_email"],
            private_key=SecretStr(key["private_key"]),
            token_uri=key["token_uri"],
            subject=known.get("impersonated_email"),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(f"ZAMC_GOOGLE_ADS_YAML: json_key_file_path {path} cannot be used ({type(error).__name__})") from None

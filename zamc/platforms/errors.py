"""What both connectors need to turn a platform's refusal into one of our errors without leaking a secret."""

import logging
import re
from collections.abc import Iterable

# Both log the address of every request, and Meta's addresses hold the access token.
for _name in ("httpx", "httpcore", "urllib3"):
    logging.getLogger(_name).setLevel(logging.WARNING)
# Logs what a token endpoint answered, with a traceback; the same error comes out of the call, and is told once.
logging.getLogger("grpc._plugin_wrapping").setLevel(logging.CRITICAL + 1)

# RFC 6749 section 5.2: a person must do something about these answers of a token endpoint; anything else is a bad day of its.
FINAL = frozenset({"invalid_grant", "invalid_client", "unauthorized_client", "invalid_scope", "access_denied"})
_LONGEST = 600
_SECRETS = re.compile(
    r"(?i)((?:access_token|input_token|fb_exchange_token|appsecret_proof|developer-token|client_secret|refresh_token|assertion|private_key)[\"']?\s*[=:]\s*[\"']?|bearer\s+)"
    r"[^\s&\"',}]+"
)
_META_TOKEN = re.compile(r"\bEA[A-Za-z0-9]{20,}")


def scrub(text: str, *, secrets: Iterable[str] = ()) -> str:
    """A platform's text without any credential, on one line, at most 600 characters: fit for logs, rows and screens."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "***")
    text = _META_TOKEN.sub("***", _SECRETS.sub(r"\1***", text))
    return " ".join(text.split())[:_LONGEST]

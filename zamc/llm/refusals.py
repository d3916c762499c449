"""What a provider said no with, as our errors: what surely was not billed is Later, what may have been is InDoubt.

Sources: OpenAI "Error codes" (429, 500, 503 "engine is overloaded"), Anthropic "Errors" (429, 500, 504, 529 overloaded_error),
text-generation-inference (429 "Model is overloaded", 424 generation error, 422 validation).
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from zamc.errors import CredentialsRefused, GiveUp, InDoubt, Later, Mend, OutsideError, Throttled
from zamc.llm.text_rules import neutral

_KEYS = re.compile(r"\b(?:sk|hf|pk|key|api|Bearer)[-_ ][A-Za-z0-9_\-.*]{6,}", re.IGNORECASE)
_LONGEST_SENTENCE = 300
# What is refused before a model has begun.
_NOT_BEGUN = {503, 529}
_EMPTY_PURSE = {"insufficient_quota", "billing_hard_limit_reached", "billing_error", "billing_not_active"}
_CONTENT = {"content_policy_violation", "content_filter", "moderation_blocked"}


def scrubbed(text: str, secret: str) -> str:
    """Text without the key, and without anything that looks like one."""
    if secret:
        text = text.replace(secret, "[key]")
    return _KEYS.sub("[key]", text)


def refusal(
    provider: str, *, status: int, code: str = "", message: str = "", headers: Mapping[str, str] | None = None, secret: str = ""
) -> OutsideError:
    """The error for an answer with an error status. message: the provider's own words; they are cut, scrubbed and made harmless."""
    headers = headers or {}
    said = neutral(scrubbed(message, secret))[:_LONGEST_SENTENCE].rstrip(". ")
    sentence = f"{provider} answered {status}" + (f" ({said})" if said else "")
    error = _refusal(provider, sentence, status, code, headers)
    error.code = scrubbed(code, secret) or str(status)
    error.request_id = headers.get("x-request-id") or headers.get("request-id") or ""
    return error


def _refusal(provider: str, sentence: str, status: int, code: str, headers: Mapping[str, str]) -> OutsideError:
    setting = f"ZAMC_{provider.upper()}"
    if code in _EMPTY_PURSE or status == 402:
        found: OutsideError = GiveUp(f"{sentence}: the account there is used up or not paid; settle that with {provider}")
    elif status == 429:
        found = Throttled(f"{sentence}: too many requests", delay=retry_after(headers), scope="developer")
    elif status in {401, 403}:
        found = CredentialsRefused(f"{sentence}: the key is not accepted; set {setting}_API_KEY anew")
    elif status in _NOT_BEGUN:
        found = Later(f"{sentence}: it is overloaded", delay=retry_after(headers), outage=True)
    elif status >= 500 or status in {408, 424}:
        found = InDoubt(f"{sentence}: nobody knows whether it was billed", outage=True)
    elif code in _CONTENT:
        found = Mend(f"{sentence}: refused for its content")
    else:
        found = GiveUp(f"{sentence}: the request is not accepted; see {setting}_MODEL and {setting}_URL")
    return found


def broken(provider: str, error: BaseException) -> OutsideError:
    """The error for a connection that did not come about (never sent) or that broke (it may have been billed)."""
    import httpx2

    if _any_of(error, (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)):
        return Later(f"{provider} cannot be reached; see ZAMC_{provider.upper()}_URL", code="unreachable", outage=True)
    late = _any_of(error, (httpx2.TimeoutException, TimeoutError))
    what = "did not answer in time" if late else "broke the connection off"
    return InDoubt(f"{provider} {what}: nobody knows whether it was billed", code="timeout" if late else "broken", outage=True)


def unreadable(provider: str) -> InDoubt:
    """An answer that says 200 and is none: a proxy's page, or half of one."""
    return InDoubt(f"{provider} answered with something that cannot be read: it may have been billed", code="unreadable", outage=True)


def retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """What the provider names: milliseconds, seconds or a date; None when it names nothing that can be read."""
    try:
        if value := headers.get("retry-after-ms"):
            return _sane(float(value) / 1000)
        value = headers.get("retry-after") or ""
        if re.fullmatch(r"\s*\d+(\.\d+)?\s*", value):
            return _sane(float(value))
        return _sane((parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds()) if value else None
    except (ValueError, TypeError):
        return None


def _sane(seconds: float) -> timedelta | None:
    return timedelta(seconds=min(max(seconds, 0.0), 86_400.0)) if seconds == seconds else None  # noqa: PLR0124 - NaN


def _any_of(error: BaseException | None, kinds: tuple[type[BaseException], ...]) -> bool:
    """Whether an error or what caused it is one of these."""
    for _ in range(8):
        if error is None:
            return False
        if isinstance(error, kinds):
            return True
        error = error.__cause__ or error.__context__
    return False


def body_of(body: Any) -> tuple[str, str]:
    """(code, message) of an error's body, as OpenAI, Anthropic and TGI write it."""
    if isinstance(body, Mapping):
        inner = body.get("error", body)
        if isinstance(inner, Mapping):
            return str(inner.get("code") or inner.get("type") or ""), str(inner.get("message") or "")
        return str(body.get("error_type") or ""), str(inner)
    return "", ""

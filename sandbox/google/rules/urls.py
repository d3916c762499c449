"""Final URLs of ads and asset groups."""

from urllib.parse import urlsplit

from sandbox.google.errors import AdsError, Path
from sandbox.google.rules.kind import Check

LONGEST = 2048


def url_errors(urls: list[str], path: Path) -> Check:
    """What is wrong with each URL; errors point at its element of the repeated field that `path` ends in."""
    *inner, last = path
    for index, url in enumerate(urls):
        at: Path = (*inner, (str(last), index))
        try:
            parts = urlsplit(url)
        except ValueError:
            yield AdsError("url_field_error", "MALFORMED_FINAL_URL", "The final URL is malformed.", at, trigger=url)
            continue
        if not parts.scheme:
            message = "The final URL has no protocol."
            yield AdsError("url_field_error", "MISSING_PROTOCOL_IN_FINAL_URL", message, at, trigger=url)
        elif parts.scheme.lower() not in ("http", "https"):
            message = "The final URL is neither http nor https."
            yield AdsError("url_field_error", "INVALID_PROTOCOL_IN_FINAL_URL", message, at, trigger=url)
        elif not parts.hostname:
            message = "The final URL has no host."
            yield AdsError("url_field_error", "MISSING_HOST_IN_FINAL_URL", message, at, trigger=url)
        elif any(char.isspace() for char in url) or len(url) > LONGEST:
            yield AdsError("url_field_error", "MALFORMED_FINAL_URL", "The final URL is malformed.", at, trigger=url)

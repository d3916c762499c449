"""A page's address without what only tells visits apart."""

from urllib.parse import urlsplit, urlunsplit


def without_query(url: str) -> str:
    """No query and no fragment; a host alone has the path "/"."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, parts.path or "/", "", "")) if parts.netloc else url.partition("?")[0]

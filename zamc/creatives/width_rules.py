"""How wide a line is, as Google Ads counts: a full-width character (Chinese, Japanese, Korean, emoji) takes two columns.

Source: ad_type_infos.proto and Google Ads Help 1704389 ("double-width languages"). Combining marks count as one column each, which is
never less than what the platform counts. The same measure is used for Meta, whose limits are characters: it errs on the short side.
"""

from functools import lru_cache
from unicodedata import east_asian_width


@lru_cache(maxsize=4096)
def _columns(character: str) -> int:
    return 2 if east_asian_width(character) in {"W", "F"} else 1


def display_width(text: str) -> int:
    """Columns of a line."""
    return len(text) if text.isascii() else sum(map(_columns, text))

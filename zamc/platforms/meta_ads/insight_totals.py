"""Whether a report came whole: its rows add up to the totals that came with its first page."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from zamc.analytics.rules import number
from zamc.errors import Later
from zamc.platforms.meta_ads.insight_queries import ADDITIVE


class Totals:
    """Adds up rows as they pass."""

    def __init__(self) -> None:
        self._said: Mapping[str, Any] = {}
        self._seen = dict.fromkeys(ADDITIVE, Decimal(0))

    def page(self, body: Mapping[str, Any]) -> None:
        self._said = self._said or body.get("summary") or {}

    def row(self, row: Mapping[str, Any]) -> None:
        for name in ADDITIVE:
            if name in row:
                self._seen[name] += number(row[name], what=name)

    def check(self) -> None:
        """Raises Later when something is missing. What the totals do not speak of is not checked."""
        for name, total in self._seen.items():
            if name in self._said and number(self._said[name], what=name) != total:
                sentence = f"Meta's report is incomplete: its rows have {total} {name}, and it says {self._said[name]}"
                raise Later(sentence, code="incomplete_report")

"""Keywords of ad groups and negative keywords of campaigns: read in bulk, and made what they are wanted to be."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from zamc.deployments.ports import Item
from zamc.platforms.google_ads.builders import resource_name
from zamc.platforms.google_ads.client import GoogleClient
from zamc.platforms.google_ads.reading import word

Keyword = tuple[str, str]
_CHUNK = 1_000  # ids in one IN (...)


class Keywords:
    """One customer. A keyword is its text and its match type."""

    def __init__(self, client: GoogleClient, customer_id: str) -> None:
        self._client, self._customer_id = client, customer_id

    def changes(self, item: Item, parent: str, wanted: set[Keyword]) -> Iterator[Any]:
        """What is missing is added, what is too much is removed; platforms do not tell upper from lower case."""
        have = self.read(parent, [item.external_id or ""])[item.external_id or ""]
        asked = {_folded(each): each for each in wanted}
        field = f"{parent}_criterion_operation"
        for key, name in have.items():
            if key not in asked:
                operation = self._client.message("MutateOperation")
                getattr(operation, field).remove = name
                yield operation
        for key, (text, match_type) in asked.items():
            if key not in have:
                operation = self._client.message("MutateOperation")
                made = getattr(operation, field).create
                setattr(made, parent, resource_name(self._customer_id, item))
                made.negative = parent == "campaign"
                made.keyword.text = text
                made.keyword.match_type = getattr(self._client.sdk.enums.KeywordMatchTypeEnum, match_type)
                yield operation

    def read(self, parent: str, ids: Sequence[str]) -> defaultdict[str, dict[Keyword, str]]:
        """Keywords of ad groups, or negative ones of campaigns, and their resource names, by the parent's external id."""
        criterion = f"{parent}_criterion"
        fields = (f"{parent}.id", *(f"{criterion}.{name}" for name in ("resource_name", "keyword.text", "keyword.match_type")))
        what = (
            f"{criterion}.type = 'KEYWORD' AND {criterion}.status != 'REMOVED'"
            f" AND {criterion}.negative = {'TRUE' if parent == 'campaign' else 'FALSE'}"
        )
        found: defaultdict[str, dict[Keyword, str]] = defaultdict(dict)
        for chunk in chunks(ids):
            for row in self._rows(criterion, fields, f"{parent}.id IN ({chunk}) AND {what}"):
                each = getattr(row, criterion)
                key = _folded((each.keyword.text, word(each.keyword, "match_type")))
                found[str(getattr(row, parent).id)][key] = each.resource_name
        return found

    def _rows(self, resource: str, fields: Iterable[str], where: str) -> Iterator[Any]:
        query = f"SELECT {', '.join(fields)} FROM {resource} WHERE {where}"  # noqa: S608 - GAQL of constants and ids
        return self._client.search(self._customer_id, query)


def _folded(keyword: Keyword) -> Keyword:
    return " ".join(keyword[0].casefold().split()), keyword[1]


def chunks(ids: Sequence[str]) -> Iterator[str]:
    """Ids as lists of a query, so many at a time."""
    for start in range(0, len(ids), _CHUNK):
        yield ", ".join(str(int(each)) for each in ids[start : start + _CHUNK])

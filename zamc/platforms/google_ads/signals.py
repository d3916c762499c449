"""Signals of asset groups, search themes and audiences: whom a Performance Max campaign begins with, read in words and put back."""

from collections.abc import Iterator, Sequence
from typing import Any

from zamc.deployments.ports import Item
from zamc.errors import GiveUp
from zamc.platforms.google_ads.builders import resource_name
from zamc.platforms.google_ads.client import GoogleClient


class Signals:
    """One customer."""

    def __init__(self, client: GoogleClient, customer_id: str) -> None:
        self._client, self._customer_id = client, customer_id

    def read(self, ids: str) -> Iterator[tuple[str, str, str]]:
        """(asset group's id, text, resource name)."""
        names = ("resource_name", "search_theme.text", "audience.audience")
        fields = ["asset_group.id", *(f"asset_group_signal.{name}" for name in names)]
        rows = [
            (str(row.asset_group.id), row.asset_group_signal)
            for row in self._rows("asset_group_signal", fields, f"asset_group.id IN ({ids})")
        ]
        audiences = sorted({each.audience.audience for _, each in rows if each.audience.audience})
        called = {}
        if audiences:
            listed = ", ".join(f"'{name}'" for name in audiences)
            for row in self._rows("audience", ["audience.resource_name", "audience.name"], f"audience.resource_name IN ({listed})"):
                called[row.audience.resource_name] = row.audience.name
        for parent, each in rows:
            named = each.audience.audience
            yield parent, f"audience: {called.get(named, named)}" if named else f"theme: {each.search_theme.text}", each.resource_name

    def changes(self, item: Item, wanted: Sequence[str]) -> Iterator[Any]:
        have = {text: name for _, text, name in self.read(str(int(item.external_id or "0")))}
        for text, name in have.items():
            if text not in wanted:
                operation = self._client.message("MutateOperation")
                operation.asset_group_signal_operation.remove = name
                yield operation
        for text in wanted:
            if text not in have:
                kind, _, value = text.partition(": ")
                operation = self._client.message("MutateOperation")
                made = operation.asset_group_signal_operation.create
                made.asset_group = resource_name(self._customer_id, item)
                if kind == "theme":
                    made.search_theme.text = value
                else:
                    made.audience.audience = self._audience(value)
                yield operation

    def _audience(self, name: str) -> str:
        """Resource name of an audience of ours; whatever else a name holds was never ours. Raises GiveUp when there is none."""
        for row in self._rows("audience", ["audience.resource_name", "audience.name"], "audience.name LIKE 'zamc ages %'"):
            if row.audience.name == name:
                found: str = row.audience.resource_name
                return found
        raise GiveUp(f"the audience {name!r} is not there any more", code="not-revertible")

    def _rows(self, resource: str, fields: Sequence[str], where: str) -> Iterator[Any]:
        query = f"SELECT {', '.join(fields)} FROM {resource} WHERE {where}"  # noqa: S608 - GAQL: ids and names of ours only
        return self._client.search(self._customer_id, query)

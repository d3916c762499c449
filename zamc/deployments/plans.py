"""From a source to the tree of its kind of campaign. Pure."""

from collections.abc import Callable, Mapping

from zamc.deployments.google_display_tree import build_display
from zamc.deployments.google_pmax_tree import build_performance_max
from zamc.deployments.google_search_tree import build_search
from zamc.deployments.meta_tree import build_meta
from zamc.deployments.tree import Source, Wanted
from zamc.errors import InvalidInput
from zamc.strategies.schema import CampaignKind

_BUILDERS: Mapping[CampaignKind, Callable[[Source], list[Wanted]]] = {
    "search": build_search,
    "performance_max": build_performance_max,
    "display": build_display,
    "meta": build_meta,
}


def build(source: Source) -> list[Wanted]:
    """The tree of one deployment, parents first. Raises InvalidInput when the account or the creatives lack what the platform needs."""
    if source.account.currency != source.plan.flight.currency:
        raise InvalidInput("currency", f"the plan is in {source.plan.flight.currency}, the ad account in {source.account.currency}")
    return _BUILDERS[source.channel.kind](source)

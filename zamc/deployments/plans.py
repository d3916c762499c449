"""From a source to the tree of its platform. Pure."""

from zamc.deployments.google_tree import build_google
from zamc.deployments.meta_tree import build_meta
from zamc.deployments.tree import Source, Wanted
from zamc.errors import InvalidInput


def build(source: Source) -> list[Wanted]:
    """The tree of one deployment, parents first. Raises InvalidInput when the account or the creatives lack what the platform needs."""
    if source.account.currency != source.plan.flight.currency:
        raise InvalidInput("currency", f"the plan is in {source.plan.flight.currency}, the ad account in {source.account.currency}")
    return build_google(source) if source.channel.platform == "google_ads" else build_meta(source)

"""One round of watching: reconcile with the platforms, carry out what that asks for, and tell what lasts too long."""

from collections.abc import Collection
from uuid import UUID

from zamc import steps
from zamc.deployments import conditions, reconcile, stops, updates
from zamc.deployments.context import Context


def run(ctx: Context, only: Collection[UUID] | None, *, full: bool = False) -> steps.Outcome:
    """Look at every account, then pause what is on against our record.

    counts: those of `reconcile.run`, and paused. errors: accounts that did not answer, by their id.
    """
    outcome = reconcile.run(ctx, only=only, full=full)
    outcome.counts["paused"] += stops.run(ctx).done
    updates.run(ctx, only=only)
    conditions.look(ctx)
    return outcome

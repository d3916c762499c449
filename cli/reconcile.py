"""`zamc reconcile`: compare everything on the platforms with our record, now."""

import typer

_WORDS = {
    "accounts": "accounts",
    "silent": "accounts that did not answer",
    "read": "deployments looked at",
    "objects": "objects that platforms showed",
    "new": "deployments with something new",
    "verdicts": "verdicts that changed",
    "drifted": "outside changes",
    "accepted": "accepted by policy",
    "reverted": "reverted by policy",
    "paused": "paused",
    "orphans": "strays",
    "removed": "strays removed",
}


def reconcile() -> None:
    """Read every account whole and compare it; pause what is on against our record, record what was changed outside.

    The schedule `watch` does the same every 15 minutes with what may have changed, and `nightly_reconcile` with everything. Exit code 1: an
    account did not answer.

    Example: zamc reconcile
    """
    from zamc.bootstrap import services

    outcome = services().deployments.reconcile()
    for name, words in _WORDS.items():
        if outcome.counts[name] or name in ("accounts", "read", "objects", "drifted"):
            typer.echo(f"{outcome.counts[name]:>10} {words}")
    for error in outcome.errors.values():
        typer.echo(f"zamc: {error}", err=True)
    if outcome.counts["silent"]:
        raise typer.Exit(1)

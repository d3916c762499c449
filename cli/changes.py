"""`zamc plan`, `zamc apply`, `zamc end`: change what is live, by a difference that was looked at."""

import json
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

if TYPE_CHECKING:
    from zamc.deployments.change_rules import Request
    from zamc.deployments.proposals import Proposal

Deployment = Annotated[UUID, typer.Argument(help="Id of a live or paused deployment; `zamc deployments list` prints them.")]
By = Annotated[str, typer.Option(help="Who asks; stands in the audit log.")]
_ROUNDS = 3


def plan(
    deployment: Deployment,
    daily_budget: Annotated[str | None, typer.Option(help="New budget a day, such as 25.00, in the deployment's currency.")] = None,
    ends_on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="New last day.")] = None,
    open_end: Annotated[bool, typer.Option("--open-end", help="Take the end away: it runs until somebody ends it.")] = False,
    field: Annotated[
        list[str] | None, typer.Option("--set", help="Another field: KIND:REF.FIELD=JSON, as in 'campaign:campaign.name=\"Spring\"'.")
    ] = None,
    by: By = "operator",
) -> None:
    """Show what a change would do: each field on the platform, in our record and as wanted, and the worst case in money.

    Reserves and sends nothing. The last line is the command that carries out exactly this.

    Example: zamc plan 01a2039d-fa4a-7b76-bcc7-81de2d2e9602 --daily-budget 25.00 --ends-on 2027-01-31
    """
    from zamc.bootstrap import services

    wired = services()
    with wired.database.transaction() as session:
        currency = wired.deployments.get(session, deployment).currency
    request = _request(currency, daily_budget, ends_on, open_end=open_end, fields=field or [])
    proposal = wired.deployments.plan_change(deployment, request, by=by)
    _print(proposal)
    if proposal.refusal:
        typer.echo(f"zamc: the spend policy does not allow it: {proposal.refusal}", err=True)
        raise typer.Exit(1)
    typer.echo(f"\nzamc apply {deployment} --hash {proposal.change_hash}")


def apply(
    deployment: Deployment,
    change_hash: Annotated[str, typer.Option("--hash", help="What `zamc plan` printed.")],
    by: By = "operator",
) -> None:
    """Carry out exactly the change that `zamc plan` showed, and wait until the platform shows it.

    Refuses when the world has moved since: the platform, the deployment, the money or the policy. Exit code 1: it was refused, or it is
    not read back yet; what is under way is carried on by the schedules. Applying twice is applying once.

    Example: zamc apply 01a2039d-fa4a-7b76-bcc7-81de2d2e9602 --hash 3f0c...
    """
    from zamc.bootstrap import services

    wired = services()
    wired.deployments.apply_change(deployment, change_hash, by=by)
    for _ in range(_ROUNDS):
        if not wired.deployments.carry_changes():
            break
    with wired.database.transaction() as session:
        change = wired.deployments.change(session, deployment, change_hash)
    said = {
        "done": "Done: the platform shows it.",
        "applying": "Under way: it is not read back yet.",
        "superseded": "A newer one came.",
    }
    typer.echo(said.get(change.state, f"Refused: {change.reason}"), err=change.state != "done")
    if change.state != "done":
        raise typer.Exit(1)


def end(
    deployment: Annotated[UUID, typer.Argument(help="Id of a deployment.")],
    wait_seconds: Annotated[float, typer.Option(min=0, help="How long to go on until the platform has confirmed it.")] = 60,
    by: By = "operator",
) -> None:
    """End a deployment for good: it is paused, read back twice, and never resumed; what it cannot spend any more is given back.

    Exit code 1: the pause is not confirmed yet; the schedules go on with it.

    Example: zamc end 01a2039d-fa4a-7b76-bcc7-81de2d2e9602 --by ana@example.org
    """
    from zamc.bootstrap import services

    wired = services()
    with wired.database.transaction() as session:
        wired.deployments.end(session, deployment, by=by)
    outcome = wired.deployments.confirm_stops([deployment], wait_seconds=wait_seconds)
    if outcome.counts["waiting"]:
        typer.echo(f"zamc: not confirmed off after {wait_seconds:g} seconds: {'; '.join(outcome.errors.values())}", err=True)
        raise typer.Exit(1)
    with wired.database.transaction() as session:
        status = wired.deployments.get(session, deployment).status
    typer.echo("Ended: off, confirmed by two read-backs." if status == "ended" else f"It stays {status}: nothing of it is on.")


def _request(currency: str, daily_budget: str | None, ends_on: datetime | None, *, open_end: bool, fields: list[str]) -> "Request":
    from zamc.deployments.change_rules import Request
    from zamc.money import Money

    return Request(
        daily_budget_micros=None if daily_budget is None else Money.parse(daily_budget, currency).micros,
        ends_on=None if ends_on is None else ends_on.date(),
        open_end=open_end,
        fields=_fields(fields),
    )


def _fields(texts: list[str]) -> dict[tuple[str, str, str], Any]:
    from zamc.errors import InvalidInput

    found = dict(_field(each) for each in texts)
    if len(found) < len(texts):
        raise InvalidInput("--set", "names a field twice")
    return found


def _field(text: str) -> tuple[tuple[str, str, str], Any]:
    from zamc.errors import InvalidInput

    where, equals, value = text.partition("=")
    kind, colon, rest = where.partition(":")
    ref, dot, name = rest.rpartition(".")
    if not (equals and colon and dot):
        raise InvalidInput("--set", f"{text!r} is not KIND:REF.FIELD=JSON")
    try:
        return (kind, ref, name), json.loads(value)
    except (ValueError, RecursionError):
        raise InvalidInput("--set", f"{value[:60]!r} is not JSON; a text stands in double quotes") from None


def _print(proposal: "Proposal") -> None:
    from rich.console import Console
    from rich.table import Table

    from zamc.money import Money

    console = Console()
    shown = Table(title=f"{proposal.name} ({proposal.status}, generation {proposal.generation})", title_justify="left")
    for column in ("object", "field", "on the platform", "recorded", "wanted"):
        shown.add_column(column, overflow="fold")
    for each in proposal.differences:
        values = (_value(each.field, value, proposal.currency) for value in (each.seen, each.recorded, each.wanted))
        shown.add_row(f"{each.kind}:{each.local_ref}", each.field, *values)
    console.print(shown)
    money = Table(title="Worst case that the platform may bill", title_justify="left")
    for column, justify in (("period", "left"), ("before", "right"), ("after", "right")):
        money.add_column(column, justify="right" if justify == "right" else "left")
    for period in sorted({*proposal.held_before, *proposal.held_after}):
        amounts = (held.get(period, 0) for held in (proposal.held_before, proposal.held_after))
        money.add_row(period, *(str(Money(amount, proposal.currency)) for amount in amounts))
    console.print(money)


def _value(field: str, value: Any, currency: str) -> str:
    from zamc.money import Money

    if field == "amount_micros" and isinstance(value, int):
        return str(Money(value, currency))
    if isinstance(value, list):
        return ", ".join(each.get("text", "") if isinstance(each, dict) else str(each) for each in value) or "none"
    return "none" if value is None else str(value)

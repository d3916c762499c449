"""`zamc accounts look-back` and `zamc projects reporting-currency`: what people decide about performance data."""

from typing import Annotated, Any

import typer

from cli.named import accounts_named, project_named

By = Annotated[str, typer.Option(help="Who asks; stands in the audit log.")]
_NONE = "none"


def look_back(
    account: Annotated[str, typer.Argument(help="The account's id as `zamc accounts list` shows it, or its id on the platform.")],
    at_least: Annotated[int | None, typer.Option(min=0, max=90, help="Closed days that are read again whatever the windows.")] = None,
    at_most: Annotated[int | None, typer.Option(min=0, max=90, help="No day older than this is read again.")] = None,
    action: Annotated[list[str] | None, typer.Option(help="Days of one conversion action or window: Purchase=45.")] = None,
    by: By = "operator",
) -> None:
    """Say how long an account's closed days are read again. Without options the rule decides: as long as a conversion may be credited.

    Example: zamc accounts look-back 1234567890 --at-least 5 --action Purchase=45
    """
    from zamc.analytics.wishes import set_look_back
    from zamc.bootstrap import services

    wishes: dict[str, Any] = {name: days for name, days in (("at_least", at_least), ("at_most", at_most)) if days is not None}
    if action:
        wishes["actions"] = dict(map(_days, action))
    with services().database.transaction() as session:
        rows = accounts_named(session, account)
        for row in rows:
            set_look_back(session, row, wishes, by=by)
    typer.echo(f"{account}: " + (", ".join(f"{name} {value}" for name, value in wishes.items()) or "as its conversions need it"))


def _days(text: str) -> tuple[str, int]:
    from zamc.errors import InvalidInput

    name, _, days = text.rpartition("=")
    if not name or not days.isdigit():
        raise InvalidInput("action", f"{text!r} must read like Purchase=45")
    return name, int(days)


def reporting_currency(
    name: Annotated[str, typer.Argument(help="The project's name.")],
    currency: Annotated[str, typer.Argument(help="ISO 4217 code, or 'none'.")],
    by: By = "operator",
) -> None:
    """Have reports show amounts in this currency too, beside the accounts' own. The next `exchange_rates` reads the rates it takes.

    Example: zamc projects reporting-currency "Blender Studio" USD
    """
    from zamc.analytics.wishes import set_reporting_currency
    from zamc.bootstrap import services

    wanted = None if currency == _NONE else currency
    with services().database.transaction() as session:
        set_reporting_currency(session, project_named(session, name), wanted, by=by)
    typer.echo(f"{name}: reports show amounts in {wanted} too" if wanted else f"{name}: reports show the accounts' own currencies alone")

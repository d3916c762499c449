"""`zamc projects policy`: what platforms may bill a project at worst, and how fast budgets may grow. Only people decide it."""

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Annotated, Literal, TypeVar

import typer

from cli.named import project_named

_NONE = "none"
T = TypeVar("T")


def policy(
    name: Annotated[str, typer.Argument(help="The project's name.")],
    currency: Annotated[str, typer.Option(help="ISO 4217 code; a project has one policy per currency.")],
    daily: Annotated[str, typer.Option(help="What may be billed on one day at worst, such as 300.00.")],
    monthly: Annotated[str, typer.Option(help="In a calendar month.")],
    total: Annotated[str | None, typer.Option(help="Altogether; no limit when left out.")] = None,
    platform_cap: Annotated[
        list[str] | None,
        typer.Option(help="A platform's own cap: google_ads:day=100.00 (day, month or total); 'none' removes all."),
    ] = None,
    largest_raise: Annotated[str | None, typer.Option(help="Of a daily budget in one step, such as 50.00; 'none': no limit.")] = None,
    largest_raise_percent: Annotated[str | None, typer.Option(help="The same, in percent of what it was.")] = None,
    raises_per_day: Annotated[str | None, typer.Option(help="All raises of daily budgets on one day together.")] = None,
    cooldown_hours: Annotated[str | None, typer.Option(help="Between two changes of one object's budget (campaign, ad set).")] = None,
    approval_above: Annotated[str | None, typer.Option(help="A daily budget above this needs people, even if the gate is open.")] = None,
    approvers: Annotated[int | None, typer.Option(min=1, max=2, help="How many different people that takes.")] = None,
    overspend: Annotated[Literal["pause", "alert"] | None, typer.Option(help="What happens when more is billed than was reserved.")] = None,
    by: Annotated[str, typer.Option(help="Who asks; stands in the audit log.")] = "operator",
) -> None:
    """Set what platforms may bill a project at worst. Without a policy nothing is launched.

    The caps are set as they are given. Of the other rules, those that are left out stay as they are, and 'none' removes one.
    Needs ZAMC_DATABASE_OWNER_URL: the application itself has no right to change a policy.

    Example: zamc projects policy "Blender Studio" --currency EUR --daily 300.00 --monthly 9000.00 --approval-above 200.00 --approvers 2
    """
    from zamc.bootstrap import services
    from zamc.money import Money
    from zamc.projects import repository
    from zamc.projects.rules import Caps, PolicyRules
    from zamc.projects.service import policy_rules

    def money(text: str) -> int:
        return Money.parse(text, currency).micros

    wired = services()
    with wired.owner_database.transaction() as session:
        project = project_named(session, name)
        before = repository.policy(session, project.id, currency)
        platforms = before.platform_caps if before is not None else {}
        caps = Caps(
            currency=currency,
            daily_micros=money(daily),
            monthly_micros=money(monthly),
            total_micros=None if total is None else money(total),
            platforms=platforms if platform_cap is None else _platform_caps(platform_cap, currency),
        )
        rules = policy_rules(before) if before is not None else PolicyRules()
        rules = PolicyRules(
            largest_raise_micros=_kept(largest_raise, rules.largest_raise_micros, money),
            largest_raise_share=_kept(largest_raise_percent, rules.largest_raise_share, partial(_share, "--largest-raise-percent")),
            daily_raise_micros=_kept(raises_per_day, rules.daily_raise_micros, money),
            cooldown_seconds=_kept(cooldown_hours, rules.cooldown_seconds, partial(_seconds, "--cooldown-hours")),
            approval_above_micros=_kept(approval_above, rules.approval_above_micros, money),
            approvers=approvers or rules.approvers,
            overspend=overspend or rules.overspend,
        )
        wired.projects.set_spend_policy(session, project.id, caps, by=by, rules=rules)
    typer.echo(f"{name}: at most {Money(caps.daily_micros, currency)} a day, {Money(caps.monthly_micros, currency)} a month")


def _kept(text: str | None, before: T | None, read: Callable[[str], T]) -> T | None:
    """Left out: as before; 'none': nothing; else what was written."""
    if text is None:
        return before
    return None if text == _NONE else read(text)


def _share(option: str, text: str) -> Decimal:
    return _number(option, text) / 100


def _seconds(option: str, text: str) -> int:
    return int(_number(option, text) * 3_600)


def _platform_caps(texts: list[str], currency: str) -> dict[str, dict[str, int]]:
    """Raises BadParameter for what is not platform:period=amount."""
    from zamc.money import Money

    caps: dict[str, dict[str, int]] = {}
    for text in texts:
        if text == _NONE:
            continue
        where, equals, amount = text.partition("=")
        platform, colon, period = where.partition(":")
        if not (equals and colon and platform and period):
            raise typer.BadParameter(f"{text!r} is not platform:period=amount, such as google_ads:day=100.00", param_hint="--platform-cap")
        caps.setdefault(platform, {})[period] = Money.parse(amount, currency).micros
    return caps


def _number(option: str, text: str) -> Decimal:
    """Raises BadParameter: a number that cannot be read must not be read as no limit."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or value < 0:
        raise typer.BadParameter(f"{text!r} is not a number of zero or more, or 'none'", param_hint=option)
    return value

"""`zamc projects models`: which model providers a project asks, and for how much a month. Only people decide it."""

from typing import Annotated

import typer

from cli.named import project_named


def models(
    name: Annotated[str, typer.Argument(help="The project's name.")],
    provider: Annotated[
        list[str] | None, typer.Option(help="anthropic, openai or huggingface; given several times, in the order in which they are asked.")
    ] = None,
    monthly: Annotated[
        str | None,
        typer.Option(help="US dollars for models in a calendar month, such as 20.00; left out: none that costs is asked."),
    ] = None,
    offline: Annotated[bool, typer.Option(help="Whether the offline writer may stand in when every provider has failed.")] = False,
    pages: Annotated[bool, typer.Option(help="Whether landing pages may be read and told to a model, and logos of briefs.")] = False,
    by: Annotated[str, typer.Option(help="Who asks; stands in the audit log.")] = "operator",
) -> None:
    """Set which model providers write for a project, in which order, for how much a month, and whether they may know landing pages.

    Needs ZAMC_DATABASE_OWNER_URL: the application itself has no right to change it.

    Example: zamc projects models "Blender Studio" --provider anthropic --provider openai --monthly 20.00 --offline
    """
    from zamc.bootstrap import services
    from zamc.llm.service import set_policy
    from zamc.money import Money

    budget = Money.parse(monthly, "USD") if monthly is not None else None
    with services().owner_database.transaction() as session:
        project = project_named(session, name)
        set_policy(
            session, project.id, providers=provider or None, offline=offline, monthly_budget_micros=budget.micros if budget else None,
            pages=pages, by=by,
        )  # fmt: skip
    order = ", ".join(provider) if provider else "the installation's providers"
    stand_in = "then the offline writer" if offline else "no offline writer"
    typer.echo(f"{name}: {order}, {stand_in}, at most {budget or Money(0, 'USD')} a month; pages {'read' if pages else 'not read'}")

"""`zamc strategies`: who wrote each plan, what that cost, and what the checks said."""

from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True)


@app.callback()
def strategies() -> None:
    """Strategies: plans written from briefs."""


@app.command("list")
def list_(
    name: Annotated[str, typer.Argument(help="The project's name.")],
    notes: Annotated[bool, typer.Option("--notes", help="Also what a reader should know of each: what was left out, who failed.")] = False,
) -> None:
    """List a project's strategies, newest first: status, provider and model, prompt, cost, and the checks of its creatives.

    Example: zamc strategies list "Blender Studio" --notes
    """
    from cli.projects import named
    from zamc.bootstrap import services
    from zamc.llm.views import of_project
    from zamc.money import Money

    with services().database.transaction() as session:
        views = of_project(session, named(session, name).id)
    for view in views:
        cost = f"{Money(view.cost_micros, 'USD')}{', from the cache' if view.cache_hit else ''}"
        wrote = f"{view.provider} {view.model} ({view.prompt_version}), {cost}" if view.provider else "not written yet"
        typer.echo(f"{view.strategy_id}  {view.name}  {view.status}\n  {wrote}; creatives: {view.checks}")
        for note in view.notes if notes else ():
            typer.echo(f"    {note}")
    if not views:
        typer.echo(f"{name} has no strategy yet; `zamc request` asks for one")

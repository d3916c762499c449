"""`zamc strategies`: who wrote each plan and for how much; its versions, what differs between two, and a person's edits and decisions."""

import json
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from cli.named import project_named

app = typer.Typer(no_args_is_help=True)
_Strategy = Annotated[UUID, typer.Argument(help="Id of a strategy: `zamc strategies list NAME` shows them.")]
_By = Annotated[str, typer.Option(help="Who decides.")]
_MOST_SHOWN = 300


@app.callback()
def strategies() -> None:
    """Strategies: plans written from briefs, in versions."""


@app.command("list")
def list_(
    name: Annotated[str, typer.Argument(help="The project's name.")],
    notes: Annotated[bool, typer.Option("--notes", help="Also what a reader should know of each: what was left out, who failed.")] = False,
) -> None:
    """List a project's strategies, newest first: status, provider and model, prompt, cost, and the checks of its creatives.

    Example: zamc strategies list "Blender Studio" --notes
    """
    from zamc.bootstrap import services
    from zamc.llm.views import of_project
    from zamc.money import Money

    with services().database.transaction() as session:
        views = of_project(session, project_named(session, name).id)
    for view in views:
        cost = f"{Money(view.cost_micros, 'USD')}{', from the cache' if view.cache_hit else ''}"
        wrote = f"{view.provider} {view.model} ({view.prompt_version}), {cost}" if view.provider else "not written yet"
        typer.echo(f"{view.strategy_id}  {view.name}  {view.status}\n  {wrote}; creatives: {view.checks}")
        if view.expected:
            typer.echo(f"  foreseen: {view.expected}")
        for sentence in view.too_small:
            typer.echo(f"    {sentence}")
        for note in view.notes if notes else ():
            typer.echo(f"    {note}")
    if not views:
        typer.echo(f"{name} has no strategy yet; `zamc request` asks for one")


@app.command("versions")
def versions(strategy: _Strategy) -> None:
    """List the versions of a strategy's plan, newest first: who made each, when, its hash, and what was decided about it.

    Example: zamc strategies versions 01a2039d-fa4a-7b76-bcc7-81de2d2e9602
    """
    from zamc.bootstrap import services
    from zamc.strategies.version_views import versions as read

    with services().database.transaction() as session:
        found = read(session, strategy)
    for view in found:
        decided = f" by {view.decided_by} {view.decided_at:%Y-%m-%d %H:%M}" if view.decided_by and view.decided_at else ""
        state = f"{view.status}{decided}{', in force' if view.in_force else ''}{f': {view.reason}' if view.reason else ''}"
        typer.echo(f"{view.version}  {view.plan_hash}  {state}\n  {view.author}, {view.written_at:%Y-%m-%d %H:%M}{_said(view.note)}")
    if not found:
        typer.echo("nothing is written yet")


@app.command("show")
def show(
    strategy: _Strategy,
    version: Annotated[int | None, typer.Option(help="A version; the newest by default.")] = None,
    words: Annotated[bool, typer.Option("--words", help="Only what a person may edit, as YAML for `zamc strategies edit`.")] = False,
) -> None:
    """Show a version of a plan whole, as JSON, or its words as YAML.

    Example: zamc strategies show 01a2039d-fa4a-7b76-bcc7-81de2d2e9602 --words > words.yaml
    """
    import yaml

    from zamc.bootstrap import services
    from zamc.strategies.version_views import version as read

    with services().database.transaction() as session:
        found = read(session, strategy, version)
    if words:
        about = f"# Version {found.about.version} of {strategy}; edit with\n"
        command = f"# zamc strategies edit {strategy} --file FILE --hash {found.about.plan_hash} --by YOU\n"
        typer.echo(about + command + yaml.safe_dump(found.words, allow_unicode=True, sort_keys=False, width=120), nl=False)
    else:
        typer.echo(json.dumps(found.plan, ensure_ascii=False, indent=1))


@app.command("diff")
def diff(
    strategy: _Strategy,
    before: Annotated[int, typer.Argument(help="The older version.")],
    after: Annotated[int, typer.Argument(help="The newer version.")],
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, with whole values.")] = False,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="End with exit code 1 when they differ, for scripts.")] = False,
) -> None:
    """Compare two versions field by field. Exit code 0, also when they differ; see --exit-code.

    Example: zamc strategies diff 01a2039d-fa4a-7b76-bcc7-81de2d2e9602 1 2
    """
    from dataclasses import asdict

    from zamc.bootstrap import services
    from zamc.strategies.version_views import differences

    with services().database.transaction() as session:
        changes = differences(session, strategy, before=before, after=after)
    if as_json:
        typer.echo(json.dumps([asdict(change) for change in changes], ensure_ascii=False, indent=1))
    else:
        for change in changes:
            typer.echo(f"{change.kind}  {change.path}")
            for sign, value in (("-", change.before), ("+", change.after)):
                if value is not None:
                    typer.echo(f"  {sign} {_short(value)}")
        if not changes:
            typer.echo("the versions are the same")
    raise typer.Exit(1 if exit_code and changes else 0)


@app.command("edit")
def edit(
    strategy: _Strategy,
    file: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="The words, as `zamc strategies show --words` prints them.")],
    plan_hash: Annotated[str, typer.Option("--hash", help="Hash of the version that was edited; it stands in the file's first lines.")],
    by: Annotated[str, typer.Option(help="Who edits.")],
    note: Annotated[str, typer.Option(help="Why, in a few words.")] = "",
) -> None:
    """Make the next version of a plan from a person's words. It waits for approval; what is approved or live stays as it is.

    Budgets, dates, addresses, accounts and targeting are computed from the brief: a file that names them is refused.

    Example: zamc strategies edit 01a2039d-fa4a-7b76-bcc7-81de2d2e9602 --file words.yaml --hash 5f1c... --by ana@example.org
    """
    from cli.briefs import text_of
    from zamc.bootstrap import services

    wired = services()
    with wired.database.transaction() as session:
        made = wired.strategies.edit(session, strategy, text_of(file), by=by, seen_hash=plan_hash, note=note)
    typer.echo(f"Version {made.version} waits for approval: {len(made.changes)} changed. Its hash is {made.plan_hash}")


@app.command("approve")
def approve(
    strategy: _Strategy,
    plan_hash: Annotated[str, typer.Option("--hash", help="Hash of the version that was looked at.")],
    by: _By,
) -> None:
    """Approve exactly the version with this hash. Creatives are made from it next.

    An edited version of a strategy that is live takes over only when its campaigns have ended.

    Example: zamc strategies approve 01a2039d-fa4a-7b76-bcc7-81de2d2e9602 --hash 5f1c... --by ana@example.org
    """
    from zamc.bootstrap import services

    wired = services()
    with wired.database.transaction() as session:
        wired.strategies.approve(session, strategy, by=by, plan_hash=plan_hash)
    typer.echo(f"Approved by {by}. The next run makes its creatives.")


@app.command("reject")
def reject(strategy: _Strategy, by: _By, reason: Annotated[str, typer.Option(help="Why; it is kept with the version.")]) -> None:
    """Turn a plan down, or, of an approved strategy, the edited version that waits.

    Example: zamc strategies reject 01a2039d-fa4a-7b76-bcc7-81de2d2e9602 --by ana@example.org --reason "wrong season"
    """
    from zamc.bootstrap import services

    wired = services()
    with wired.database.transaction() as session:
        wired.strategies.reject(session, strategy, by=by, reason=reason)
    typer.echo(f"Rejected by {by}.")


def _said(note: str) -> str:
    return f": {note}" if note else ""


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}..."

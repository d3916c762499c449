"""`zamc drift`: what was changed outside, and what becomes of it."""

from typing import Annotated
from uuid import UUID

import typer

app = typer.Typer(no_args_is_help=True)

By = Annotated[str, typer.Option(help="Who asks; stands in the audit log.")]
Which = Annotated[UUID, typer.Argument(help="Id of an outside change; `zamc drift list` prints them.")]


@app.command("list")
def list_(
    everything: Annotated[bool, typer.Option("--all", help="Decided ones too.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many, newest first.")] = 50,
) -> None:
    """Print what somebody changed outside: what was wanted, what is there, and who did it as far as the platform tells.

    Example: zamc drift list
    """
    from rich.console import Console
    from rich.table import Table

    from zamc.bootstrap import services

    wired = services()
    with wired.database.transaction() as session:
        rows = wired.deployments.drifts(session, everything=everything, limit=limit)
    table = Table()
    for column in ("id", "deployment", "object", "field", "wanted", "there", "who", "state"):
        table.add_column(column, overflow="fold", no_wrap=column == "id")
    for drift, row, target in rows:
        who = " through ".join(each for each in (drift.who, drift.through) if each)
        values = (str(side["value"]) for side in (drift.wanted, drift.seen))
        table.add_row(str(drift.id), row.name, f"{target.kind}:{target.local_ref}", drift.field, *values, who, drift.note or drift.state)
    Console().print(table if rows else "Nothing was changed outside.")


@app.command()
def accept(drift: Which, by: By = "operator") -> None:
    """Let our record follow the platform. A budget passes the spend policy and the ledger; what was paused stays paused.

    Example: zamc drift accept 01a2039d-fa4a-7b76-bcc7-81de2d2e9602 --by ana@example.org
    """
    from zamc.bootstrap import services

    wired = services()
    with wired.database.transaction() as session:
        wired.deployments.accept_drift(session, drift, by=by)
    wired.deployments.run_stops()
    typer.echo("Accepted: our record says what is there.")


@app.command()
def revert(drift: Which, by: By = "operator") -> None:
    """Let the platform follow our record. Exit code 0 when it is asked for; `zamc drift list --all` says when it is read back.

    Example: zamc drift revert 01a2039d-fa4a-7b76-bcc7-81de2d2e9602 --by ana@example.org
    """
    from zamc.bootstrap import services

    wired = services()
    with wired.database.transaction() as session:
        wired.deployments.revert_drift(session, drift, by=by)
    wired.deployments.carry_changes()
    typer.echo("Reverting: what was paused is enabled by the next run, anything else is sent and read back now.")


@app.command()
def policy(
    project: Annotated[str, typer.Argument(help="The project's name.")],
    rule: Annotated[list[str], typer.Option(help="WHAT=ask, accept or revert; what: budget_raise, budget_cut, ends_later, name ...")],
    by: By = "operator",
) -> None:
    """Say what a project does by itself about outside changes. What no rule names is asked.

    Needs ZAMC_DATABASE_OWNER_URL: the application itself has no right to change a policy.

    Example: zamc drift policy "Blender Studio" --rule budget_raise=revert --rule name=accept
    """
    from zamc.bootstrap import services
    from zamc.errors import InvalidInput, NotFound
    from zamc.projects import repository

    wired = services()
    rules = dict(_rule(each) for each in rule)
    if len(rules) < len(rule):
        raise InvalidInput("--rule", "answers the same thing twice")
    with wired.owner_database.transaction() as session:
        found = repository.project_by_name(session, project)
        if found is None:
            raise NotFound(f"no project is called {project!r}; `zamc accounts list` shows names, and capital letters count")
        wired.deployments.set_drift_policy(session, found.id, rules, by=by)
    typer.echo(f"{project}: {', '.join(f'{what} {answer}' for what, answer in rules.items())}")


def _rule(text: str) -> tuple[str, str]:
    from zamc.errors import InvalidInput

    what, equals, answer = text.partition("=")
    if not equals:
        raise InvalidInput("--rule", f"{text!r} is not WHAT=ANSWER, such as budget_raise=revert")
    return what, answer

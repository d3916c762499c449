"""`zamc dead-letters`: what could not be read or was given up; take it up again, or drop it with a reason."""

import json
from typing import TYPE_CHECKING, Annotated, Literal
from uuid import UUID

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from zamc.events.tables import DeadLetter

app = typer.Typer(no_args_is_help=True)

Id = Annotated[UUID, typer.Argument(help="Id of the letter, as `zamc dead-letters list` shows it.")]
By = Annotated[str, typer.Option(help="Who asks; stands in the audit log.")]
_SHORT = 110
_MOST_OF_A_MESSAGE = 4_000


@app.command("list")
def list_letters(
    state: Annotated[Literal["open", "replayed", "resolved", "dropped", "all"], typer.Option(help="Only letters in this state.")] = "open",
    kind: Annotated[
        Literal["message", "strategy", "creatives", "deployment", "sync", "notification"] | None,
        typer.Option(help="Only letters of this kind."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many, oldest first.")] = 50,
) -> None:
    """List dead letters, oldest first, with why each was given up.

    Example: zamc dead-letters list --kind deployment
    """
    from zamc.bootstrap import services
    from zamc.events import dead_letters

    with services().database.transaction() as session:
        found = dead_letters.letters(session, state=None if state == "all" else state, kind=kind, limit=limit)
        waiting = dead_letters.count_open(session)
    if not found:
        typer.echo(f"No dead letters{'' if state == 'all' else f' in state {state}'}.")
        return
    table = Table("id", "since", "kind", "times", "state", "what", "reason")
    for letter in found:
        since = letter.created_at.isoformat(timespec="seconds")
        about = letter.details.get("name") or letter.details.get("account") or letter.subject
        table.add_row(
            str(letter.id), since, letter.kind, str(letter.times), letter.state, escape(str(about)), escape(letter.reason[:_SHORT])
        )
    Console().print(table)
    typer.echo(f"{waiting} open. `zamc dead-letters show ID` tells all of one; replay takes it up again, drop closes it.")


@app.command()
def show(letter_id: Id) -> None:
    """Show everything about one letter: what it holds, why it was given up, and what became of it.

    Example: zamc dead-letters show 01a2039d-fa4a-7b76-bcc7-81de2d2e9602
    """
    from zamc.bootstrap import services
    from zamc.errors import NotFound
    from zamc.events import dead_letters

    with services().database.transaction() as session:
        letter = dead_letters.letter(session, letter_id)
    if letter is None:
        raise NotFound(f"no dead letter {letter_id}; `zamc dead-letters list --state all` shows every one")
    table = Table.grid("name", "value", padding=(0, 2))
    for name, value in _lines(letter):
        table.add_row(name, escape(value))
    Console().print(table)


def _lines(letter: "DeadLetter") -> list[tuple[str, str]]:
    lines = [
        ("kind", letter.kind), ("subject", letter.subject), ("state", letter.state), ("since", letter.created_at.isoformat()),
        ("given up", f"{letter.times} times"), ("code", letter.code or "-"), ("reason", letter.reason),
        ("details", json.dumps(letter.details, ensure_ascii=False)),
    ]  # fmt: skip
    if letter.payload is not None:
        lines.append(("message", letter.payload[:_MOST_OF_A_MESSAGE].decode("utf-8", errors="backslashreplace")))
        lines.append(("in stream", f"sequence {letter.stream_sequence} of the stream made at {letter.stream_created}"))
    if letter.closed_at is not None:
        lines.append(("closed", f"{letter.closed_at.isoformat()} by {letter.closed_by}: {letter.closing}"))
    return lines


@app.command()
def replay(letter_id: Id, by: By = "operator") -> None:
    """Take up again what a letter holds, once. Safe while everything runs: what was in doubt is looked up before it is sent again.

    Example: zamc dead-letters replay 01a2039d-fa4a-7b76-bcc7-81de2d2e9602 --by ana@example.org
    """
    from zamc.bootstrap import services

    typer.echo(services().replays.replay(letter_id, by=by))


@app.command()
def drop(
    letter_id: Id,
    reason: Annotated[str, typer.Option(help="Why nobody needs it any more; stands in the audit log.")],
    by: By = "operator",
) -> None:
    """Close a letter without doing anything.

    Example: zamc dead-letters drop 01a2039d-fa4a-7b76-bcc7-81de2d2e9602 --reason "the customer left"
    """
    from zamc.bootstrap import services

    services().replays.drop(letter_id, by=by, reason=reason)
    typer.echo("Dropped.")

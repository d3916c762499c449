"""`zamc request`: hand in a brief from a file."""

from pathlib import Path
from typing import Annotated

import typer


def request(
    file: Annotated[Path, typer.Argument(help="The brief (YAML), with its project's name; examples/briefs/ show how one is written.")],
    by: Annotated[str, typer.Option(help="Who asks; stands in the strategy's provenance.")] = "operator",
) -> None:
    """Ask for a strategy. The project's gates say how far it goes by itself. The same brief twice is one strategy.

    Example: zamc request examples/briefs/lisbon-bakery-local.yaml
    """
    from cli.briefs import read_file
    from zamc.bootstrap import services
    from zamc.creatives.brief_logos import hint
    from zamc.errors import NotFound
    from zamc.projects import repository

    read = read_file(file)
    wired = services()
    with wired.database.transaction() as session:
        project = repository.project_by_name(session, read.project)
        if project is None:
            raise NotFound(f'no project is called {read.project!r}; `zamc projects create "{read.project}"` makes one')
        strategy = wired.strategies.request(session, project_id=project.id, brief=read.brief, requested_by=by)
        said = hint(session, project.id, read.brief.brand.logo)
    typer.echo(str(strategy))
    if said:
        typer.echo(said, err=True)

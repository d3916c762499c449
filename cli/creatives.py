"""`zamc creatives`: see what was made for a strategy, why it may be said, and where the files are."""

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from cli.named import project_named
from zamc.errors import InvalidInput

app = typer.Typer(no_args_is_help=True)
_MOST_OPENED = 8
_MOST_LOGO_BYTES = 10_000_000


@app.callback()
def creatives() -> None:
    """Creatives: copy, pictures and videos."""


@app.command()
def logo(
    project: Annotated[str, typer.Argument(help="The project's name.")],
    file: Annotated[Path | None, typer.Option(help="A PNG or JPEG file, 128 pixels or more on each side.")] = None,
    url: Annotated[str, typer.Option(help="Where to fetch it from; the project must let the web be read.")] = "",
    remove: Annotated[bool, typer.Option(help="Draw the brand's initial again.")] = False,
    by: Annotated[str, typer.Option(help="Who asks; stands in the audit log.")] = "operator",
) -> None:
    """Set a brand's own logo: it is drawn in the pictures and videos that are made from now on, and is what platforms get as the logo.

    Example: zamc creatives logo "Blender Studio" --file logo.png
    """
    from zamc.bootstrap import services

    if (file is not None) + bool(url) + remove != 1:
        raise InvalidInput("logo", "needs one of --file, --url and --remove")
    wired = services()
    with wired.database.transaction() as session:
        project_id = project_named(session, project).id
    if remove:
        wired.logos.remove(project_id, by=by)
        typer.echo(f"{project}: no logo of its own")
        return
    kept = wired.logos.set(project_id, _read(file), by=by) if file is not None else wired.logos.fetch(project_id, url, by=by)
    typer.echo(f"{project}: {kept['width']} x {kept['height']} pixels\n{wired.objects.path(kept['sha256'], kept['media_type'])}")


@app.command()
def film(
    strategy: Annotated[UUID, typer.Argument(help="Id of a strategy: `zamc strategies list NAME` shows them.")],
    size: Annotated[str, typer.Option(help="square, vertical or landscape.")] = "landscape",
    seconds: Annotated[int, typer.Option(help="6 or 15.")] = 15,
    language: Annotated[str, typer.Option(help="One of the plan's languages; its first by default.")] = "",
) -> None:
    """Make one more video of a plan, of any size and length, and print where it is. It belongs to no set and is not launched.

    Example: zamc creatives film 01a2039d-fa4a-7b76-bcc7-81de2d2e9602 --size landscape --seconds 15 --language de
    """
    from zamc.bootstrap import services

    wired = services()
    made = wired.creatives.film(strategy, size=size, language=language, seconds=seconds)
    said = ", ".join(made.words.captions)
    typer.echo(f"{made.width} x {made.height}, {made.seconds} s, {made.sound.name}: {said}")
    typer.echo(wired.objects.path(made.stored.sha256, made.stored.media_type))


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(_MOST_LOGO_BYTES + 1)
    except OSError as error:
        raise InvalidInput("--file", f"cannot be read: {error.strerror}") from error


@app.command()
def show(
    wanted: Annotated[
        UUID | None, typer.Argument(metavar="[SET or STRATEGY]", help="Id of a set or a strategy; the newest set by default.")
    ] = None,
    member: Annotated[str, typer.Option(help='Only members whose name has this in it, such as "meta_square/de".')] = "",
    open_files: Annotated[bool, typer.Option("--open", help="Open the pictures and videos that are listed.")] = False,
) -> None:
    """List the members of a set: status, checks, each text with the line of the brief behind it, and where the file is.

    Example: zamc creatives show 01a2039d-fa4a-7b76-bcc7-81de2d2e9602 --member meta_video_square --open
    """
    from zamc.bootstrap import services
    from zamc.creatives.views import set_view
    from zamc.money import Money

    wired = services()
    with wired.database.transaction() as session:
        seen = set_view(session, wanted)
    chosen = [each for each in seen.members if member in each.local_ref]
    if member and not chosen:
        names = ", ".join(each.local_ref for each in seen.members[:3])
        raise InvalidInput("--member", f"{member!r} is in no name of the set's {len(seen.members)} members, which are such as {names}")
    files = [wired.objects.path(*each.file) for each in chosen if each.file]
    if open_files and len(files) > _MOST_OPENED:
        raise InvalidInput("--open", f"would open {len(files)} files; name some of them with --member, at most {_MOST_OPENED}")
    typer.echo(f"Set {seen.id} of {seen.strategy_name!r} (strategy {seen.strategy_id}, version {seen.version}): {seen.status}")
    if seen.error:
        typer.echo(f"  {seen.error}")
    for each in chosen:
        checks = ", ".join(f"{check['check']} {check.get('findings', 0)} findings" for check in each.checks) or "none yet"
        typer.echo(f"\n{each.local_ref}  {each.status}  {each.size}".rstrip() + f"\n  checks: {checks}")
        if each.error:
            typer.echo(f"  {each.error}")
        if each.model:
            cost = Money(each.model["cost_micros"], "USD")
            typer.echo(f"  {each.model['provider']} {each.model['model']}, prompt {each.model['prompt_version']}, {cost}")
        for note in each.notes:
            typer.echo(f"  {note}")
        for said in each.texts:
            grounds = " | ".join(said.grounds)
            angle = f"  [{said.angle}]" if said.angle else ""
            why = f"{said.change} {said.source}".strip()
            typer.echo(f"  {said.field}{angle}: {said.text}\n      {why}" + (f": {grounds}" if grounds else ""))
        if each.file:
            typer.echo(f"  {wired.objects.path(*each.file)}")
    for left in seen.left_out:
        typer.echo(f"\nLeft out: {left['local_ref']}: {left['reason']}")
    for path in files if open_files else ():
        typer.launch(path)

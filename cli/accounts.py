"""`zamc accounts`: connect ad accounts, see how they stand, check that they are fit for a launch, disconnect them."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cli.named import accounts_named
from cli.performance import look_back

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from zamc.projects.tables import AdAccount

app = typer.Typer(no_args_is_help=True)
app.command("look-back")(look_back)

Account = Annotated[str, typer.Argument(help="The account's id as `zamc accounts list` shows it, or its id on the platform.")]
By = Annotated[str, typer.Option(help="Who asks; stands in the audit log.")]
File = Annotated[
    str | None,
    typer.Option(
        "--credentials",
        help="File with credentials of the account's own, - for standard input; never a value. Without it, those of the settings.",
    ),
]


@app.command()
def add(
    project: Annotated[str, typer.Argument(help="The project's name.")],
    platform: Annotated[Literal["google_ads", "meta_ads"], typer.Option(help="The platform.")],
    external_id: Annotated[str, typer.Option(help="Digits without dashes for Google Ads, act_... for Meta.")],
    currency: Annotated[str, typer.Option(help="ISO 4217 code of the account.")],
    time_zone: Annotated[str, typer.Option(help="IANA name, such as Europe/Berlin.")],
    credentials: File = None,
    page_id: Annotated[str | None, typer.Option(help="Meta: the page that the ads speak for.")] = None,
    pixel_id: Annotated[str | None, typer.Option(help="Meta: the pixel that counts conversions.")] = None,
    conversion_action: Annotated[str | None, typer.Option(help="Google: resource name; Meta: the event that counts.")] = None,
    by: By = "operator",
) -> None:
    """Tell a project about an ad account, and connect it. Adding it again with other credentials replaces them.

    Credentials are encrypted with ZAMC_CREDENTIALS_KEY before they are stored. docs/how-to/connect-accounts.md says where to get them.

    Example: zamc accounts add "Blender Studio" --platform google_ads --external-id 1234567890 --currency EUR --time-zone Europe/Berlin
    --credentials google.yaml
    """
    from zamc.bootstrap import services
    from zamc.errors import NotFound
    from zamc.projects import repository

    text = None if credentials is None else _read(credentials)
    wired = services()
    with wired.database.transaction() as session:
        found = repository.project_by_name(session, project)
        if found is None:
            raise NotFound(f'no project is called {project!r}; `zamc projects create "{project}"` makes one')
        added = wired.projects.add_account(
            session, found.id, platform=platform, external_id=external_id, currency=currency, time_zone=time_zone, by=by,
            page_id=page_id, pixel_id=pixel_id, conversion_action=conversion_action,
        )  # fmt: skip
        wired.accounts.use_again(session, added.id)
        if text is not None:
            wired.accounts.connect(session, added.id, text, by=by)
    typer.echo(f"{added.id}\nNext: zamc accounts check {added.external_id}")


def _read(file: str) -> str:
    from zamc.errors import InvalidInput

    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput("credentials", f"{file} cannot be read ({type(error).__name__})") from None


@app.command("list")
def list_accounts(
    project: Annotated[str | None, typer.Option(help="Only those of this project.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Removed ones too.")] = False,
) -> None:
    """List ad accounts and how they stand. Shows no credential.

    Example: zamc accounts list --project "Blender Studio"
    """
    from zamc.bootstrap import services
    from zamc.errors import NotFound
    from zamc.projects import repository

    wired = services()
    with wired.database.transaction() as session:
        if project is not None and repository.project_by_name(session, project) is None:
            raise NotFound(f'no project is called {project!r}; `zamc projects create "{project}"` makes one')
        found = wired.accounts.listed(session, project=project, removed=everything)
    if not found:
        typer.echo("No ad accounts; `zamc accounts add` connects one.")
        return
    table = Table("id", "project", "platform", "account", "currency", "time zone", "connection", "credentials", "until")
    for each in found:
        until = each.expires_at.isoformat(timespec="minutes") if each.expires_at else ""
        own = f"its own (key {each.key})" if each.key else "of the settings"
        table.add_row(
            str(each.id), escape(each.project), each.platform, each.external_id, each.currency, each.time_zone,
            "removed" if each.removed else each.connection, own, until,
        )  # fmt: skip
    Console().print(table)
    for each in found:
        if each.reason and not each.removed:
            typer.echo(f"{each.external_id}: {each.reason}")


@app.command()
def check(account: Account, by: By = "operator") -> None:
    """Ask the platform about everything that a launch needs: token, rights, currency, time zone, page, pixel, conversion action.

    Exit code 1: something is missing; each line says what to do. When all is well, an account that was refused is connected again.

    Example: zamc accounts check 1234567890
    """
    from zamc.bootstrap import services

    wired = services()
    with wired.database.transaction() as session:
        ids = [row.id for row in accounts_named(session, account)]
    good = True
    for each in ids:
        for finding in wired.accounts.check(each, by=by):
            good &= finding.good
            typer.echo(f"{'ok  ' if finding.good else 'FAIL'}  {finding.name}: {finding.said}")
            if finding.todo:
                typer.echo(f"      {finding.todo}")
    if not good:
        raise typer.Exit(1)


@app.command()
def remove(account: Account, by: By = "operator") -> None:
    """Forget an account's credentials and use it for nothing new. What it did stays in the record.

    Example: zamc accounts remove act_123 --by ana@example.org
    """
    from zamc.bootstrap import services

    wired = services()
    with wired.database.transaction() as session:
        wired.accounts.remove(session, _the_one(session, account).id, by=by)
    typer.echo("Removed. Take away its access on the platform too: nobody needs it any more.")


@app.command("encrypt-anew")
def encrypt_anew(by: By = "operator") -> None:
    """Encrypt all credentials with the newest key of ZAMC_CREDENTIALS_KEY. Afterwards older keys may go.

    Example: zamc accounts encrypt-anew
    """
    from zamc.bootstrap import services

    wired = services()
    with wired.database.transaction() as session:
        changed = wired.accounts.encrypt_anew(session, by=by)
    typer.echo(f"{changed} accounts were encrypted with the key {wired.vault.newest}.")


def _the_one(session: "Session", account: str) -> "AdAccount":
    """Several projects may use one account: what is taken away is taken from one of them. Raises NotFound, Conflict."""
    from zamc.errors import Conflict

    rows = accounts_named(session, account)
    if len(rows) > 1:
        ids = ", ".join(str(row.id) for row in rows)
        raise Conflict(f"{len(rows)} projects use {account}; name one of {ids} (`zamc accounts list` says whose each is)")
    return rows[0]

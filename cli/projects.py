"""`zamc projects`: what a customer sets up before the first brief. Spend policies need the database's owner, as an operator has it."""

from typing import Annotated

import typer

from cli.models import models
from cli.named import project_named
from cli.performance import reporting_currency
from cli.policy import policy

app = typer.Typer(no_args_is_help=True)
app.command()(policy)
app.command()(models)
app.command("reporting-currency")(reporting_currency)

Name = Annotated[str, typer.Argument(help="The project's name.")]
By = Annotated[str, typer.Option(help="Who asks; stands in the audit log.")]


@app.command()
def create(
    name: Name,
    auto: Annotated[list[str] | None, typer.Option(help="A gate that the machine may pass by itself; a person keeps the others.")] = None,
    by: By = "operator",
) -> None:
    """Make a project, and say which gates are open.

    Example: zamc projects create "Blender Studio" --auto strategy --auto creatives
    """
    from zamc.bootstrap import services

    wired = services()
    with wired.database.transaction() as session:
        made = wired.projects.create_project(session, name, by=by).id
        if auto:
            wired.projects.set_gates(session, made, dict.fromkeys(auto, "auto"), by=by)
    typer.echo(f"{name}: {made}")


@app.command()
def account(
    name: Name,
    platform: Annotated[str, typer.Option(help="google_ads or meta_ads.")],
    external_id: Annotated[str, typer.Option(help="Digits without dashes for Google Ads, act_... for Meta.")],
    currency: Annotated[str, typer.Option(help="ISO 4217 code of the account.")],
    time_zone: Annotated[str, typer.Option(help="IANA name, such as Europe/Berlin.")],
    page_id: Annotated[str | None, typer.Option(help="Meta: the page that the ads speak for.")] = None,
    pixel_id: Annotated[str | None, typer.Option(help="Meta: the pixel that counts conversions.")] = None,
    conversion_action: Annotated[str | None, typer.Option(help="Google: resource name; Meta: the event that counts.")] = None,
    by: By = "operator",
) -> None:
    """Tell a project about an ad account that exists on a platform.

    Example: zamc projects account "Blender Studio" --platform google_ads --external-id 1234567890 --currency EUR --time-zone Europe/Berlin
    """
    from zamc.bootstrap import services

    wired = services()
    with wired.database.transaction() as session:
        project_id = project_named(session, name).id
        added = wired.projects.add_account(
            session, project_id, platform=platform, external_id=external_id, currency=currency, time_zone=time_zone, by=by,
            page_id=page_id, pixel_id=pixel_id, conversion_action=conversion_action,
        )  # fmt: skip
    typer.echo(f"{platform} {external_id}: {added.id}")

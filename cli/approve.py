"""`zamc approve`: a person's yes to exactly the plan that was shown."""

from typing import Annotated
from uuid import UUID

import typer


def approve(
    deployment: Annotated[UUID, typer.Argument(help="Id of a deployment that waits for approval.")],
    plan_hash: Annotated[str, typer.Option("--hash", help="Hash of the plan that was looked at; it stands beside the deployment.")],
    by: Annotated[str, typer.Option(help="Who approves. Two approvals must come from two people.")],
) -> None:
    """Approve the launch of one deployment, for exactly the plan with this hash.

    A plan that has changed since has another hash, and needs to be looked at again. Above the threshold of the project's spend policy it
    takes as many people as the policy says, and an open gate is not enough.

    Example: zamc approve 01a2039d-fa4a-7b76-bcc7-81de2d2e9602 --hash 5f1c... --by ana@example.org
    """
    from zamc.bootstrap import services

    wired = services()
    with wired.database.transaction() as session:
        given = wired.deployments.approve(session, deployment, by=by, plan_hash=plan_hash)
    people = ", ".join(given.people)
    if given.complete:
        typer.echo(f"Approved by {people}. The next run launches it.")
    else:
        typer.echo(f"Approved by {people}: {given.needed - len(given.people)} more must approve the same plan.")

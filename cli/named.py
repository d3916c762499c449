"""What somebody named on the command line: a project by its name, an ad account by an id."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from zamc.projects.tables import AdAccount, Project


def project_named(session: "Session", name: str) -> "Project":
    """Raises NotFound."""
    from zamc.errors import NotFound
    from zamc.projects import repository

    found = repository.project_by_name(session, name)
    if found is None:
        raise NotFound(f'no project is called {name!r}; `zamc projects create "{name}"` makes one')
    return found


def accounts_named(session: "Session", account: str) -> "list[AdAccount]":
    """By our id or by the platform's; several projects may use one account. Raises NotFound."""
    from zamc.accounts import repository
    from zamc.errors import NotFound

    rows = [row for _, row in repository.accounts(session) if account in (str(row.id), row.external_id)]
    if not rows:
        raise NotFound(f"no ad account {account}; `zamc accounts list` shows them")
    return rows

"""What people decide about performance data: how long an account's days are read again, and which currency a project's reports show."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from zamc.analytics.look_back_rules import Overrides
from zamc.money import decimals_of
from zamc.projects.repository import audit
from zamc.projects.tables import AdAccount, Project


def set_look_back(session: Session, account: AdAccount, wishes: Mapping[str, Any], *, by: str) -> None:
    """Replace an account's wishes (look_back_rules.Overrides as JSON; {} leaves all to the rule). Raises InvalidInput."""
    Overrides.parse(wishes)
    account.look_back = dict(wishes)
    audit(session, actor=by, action="account.look_back", project_id=account.project_id, subject_id=account.id, look_back=dict(wishes))


def set_reporting_currency(session: Session, project: Project, currency: str | None, *, by: str) -> None:
    """An ISO 4217 code, or None: reports show amounts in the accounts' own currencies alone. Raises InvalidInput."""
    if currency is not None:
        decimals_of(currency)
    project.reporting_currency = currency
    audit(session, actor=by, action="project.reporting_currency", project_id=project.id, currency=currency)

"""Use cases of models: what a project allows, decided by people."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from zamc.errors import InvalidInput, NotFound
from zamc.llm import repository
from zamc.projects.repository import audit, lock_project

PROVIDERS = ("anthropic", "openai", "huggingface")


def set_policy(
    session: Session,
    project_id: UUID,
    *,
    providers: Sequence[str] | None,
    offline: bool,
    monthly_budget_micros: int | None,
    by: str,
    pages: bool = False,
) -> None:
    """Which providers a project asks in which order (None: the installation's), whether the offline writer may stand in when all fail,
    what it may spend on them in a calendar month (micros of US dollars; None: nothing, so that no provider that costs is asked), and
    whether the web may be read for it: landing pages, which are told to a model, and the logos that briefs name.

    The session must be of zamc_owner: zamc_app has no right to write policies. Raises InvalidInput and NotFound.
    """
    for name in providers or ():
        if name not in PROVIDERS:
            raise InvalidInput("providers", f"{name!r} is none of {', '.join(PROVIDERS)}; the offline writer is allowed by its own option")
    if len(set(providers or ())) < len(providers or ()):
        raise InvalidInput("providers", "names one twice")
    if monthly_budget_micros is not None and monthly_budget_micros < 0:
        raise InvalidInput("monthly", "must be zero or more")
    if lock_project(session, project_id) is None:
        raise NotFound(f"no project {project_id}")
    values: dict[str, Any] = {
        "providers": list(providers) if providers is not None else None,
        "offline": offline,
        "monthly_budget_micros": monthly_budget_micros,
        "pages": pages,
    }
    repository.put_model_policy(session, project_id, {**values, "decided_by": by})
    audit(session, actor=by, action="model_policy.set", project_id=project_id, **values)
